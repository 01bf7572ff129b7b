"""What is left out of the settings in a backup, and that the rest can be read again."""

import tomllib
from pathlib import Path

import pytest

from foundation.settings import load
from scripts.backup.secrets import without_secrets

SECRET = "T0123-very-secret"
HOOK = f'url = "https://chat.example.org/{SECRET}"\nsecret = "{SECRET}"\n'


@pytest.mark.parametrize(
    "text",
    [
        f'[access]\ntoken = "{SECRET}"\n',
        f'[access.tokens]\nprn_ada = "{SECRET}"\n',
        f'access = {{ tokens = {{ prn_ada = "{SECRET}" }} }}\n',
        f'[notify.mail]\nuser = "ada"\npassword = "{SECRET}"\n',
        f'[vectors]\nqdrant_api_key = "{SECRET}"\n',
        f'[vectors]\nqdrant_url = "https://ada:{SECRET}@qdrant.example.org:6333"\n',
        f'[s3]\nendpoint_url = "https://{SECRET}@s3.example.org"\n',
        f'[s3.locations.vault]\nendpoint_url = "https://ada:{SECRET}@s3.example.org"\n',
        f'[api]\nurl = "http://ada:{SECRET}@127.0.0.1:1"\n',
        f"[notify.webhooks.chat]\n{HOOK}",
        f'[notify.webhooks."a chat"]  # ours\n# of the team\n\n{HOOK}',
        f'[notify.webhooks]\nchat.url = "https://x.example/{SECRET}"\nchat.secret = "short"\n',
        f'[notify.webhooks]\nchat = {{ url = "https://x.example/{SECRET}", secret = "short" }}\n',
        f'notify.webhooks.chat = {{ url = "https://x.example/{SECRET}", secret = "short" }}\n',
    ],
)
@pytest.mark.parametrize("after", ["", "[demand]\ndays = 30\n"])
def test_secrets_go_and_the_rest_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, after: str
) -> None:
    (tmp_path / "rekindle.toml").write_text(text + after)
    load(tmp_path)
    monkeypatch.setenv("REKINDLE_ACCESS__TOKEN", "another-one-of-the-environment")
    kept = without_secrets(text + after)
    assert kept is not None
    assert "very-secret" not in kept
    assert "left out of the backup" in kept
    (tmp_path / "rekindle.toml").write_text(kept)
    again = load(tmp_path)
    assert again.notify.webhooks == {}
    assert again.demand.days == (30 if after else 365)


@pytest.mark.parametrize(
    "text",
    [
        '[access]\ntoken = """\\\na-token=of-many-characters\\\n"""\n',
        '[access.tokens]\nprn_ada = """\\\na-token=of-many-characters\\\n"""\n',
        '[access]\ntoken = "a\\u002dtoken=of-many-characters"\n',
        '[ notify . webhooks . chat ]\nurl = """https://a-token=of-many-\\\ncharacters"""\nsecret = "x"\n',
    ],
)
def test_what_cannot_be_told_apart_goes_as_a_whole(text: str) -> None:
    assert "of-many" in str(tomllib.loads(text))
    kept = without_secrets(text)
    assert kept is None or ("of-many" not in kept and not _texts(tomllib.loads(kept)))


def _texts(values: object) -> list[str]:
    if isinstance(values, dict):
        return [text for value in values.values() for text in _texts(value)]
    return [values] if isinstance(values, str) else []


def test_a_line_does_not_tell_the_first_half_of_a_secret() -> None:
    kept = without_secrets('[access]\n# was "token=of-many-characters"\ntoken = "token=of-many-characters"\n')
    assert kept is not None
    assert "of-many" not in kept
    assert 'was "token' not in kept


def test_what_is_no_secret_stays_as_it_was_written() -> None:
    text = (
        '# ours\n[s3]\nendpoint_url = "https://s3.example.org" # near\n'
        '[s3.inventories]\nvault = "s3://reports/vault/daily"\n'
        '[notify.mail]\nhost = "mail.example.org"\naddresses = { prn_ada = "ada@example.org" }\n'
        '[vectors]\nqdrant_url = "http://127.0.0.1:6333"\n'
    )
    assert without_secrets(text) == text
