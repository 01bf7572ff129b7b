"""The audit over the API: newest first, page by page, filtered; who decides nothing sees what they did."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from foundation.errors import BadCursor, NotAllowed
from foundation.ids import PrincipalId
from foundation.settings import AccessSettings, Settings
from scripts.rekindle import run
from search_api.app import create_app
from search_api.client import Client
from tests.fakes.app_client import AppTransport, client_of
from tests.fakes.small_archive import SmallArchive

ADA, TOKEN = PrincipalId("prn_ada"), "a-token-of-many-characters"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SmallArchive]:
    settings = Settings(
        home=tmp_path / "home", access=AccessSettings.model_validate({"tokens": {ADA: TOKEN}})
    )
    made = SmallArchive(tmp_path, settings)
    yield made
    made.catalog.close()


@pytest.fixture
def http(archive: SmallArchive) -> Iterator[TestClient]:
    with TestClient(create_app(archive.services()), base_url="http://127.0.0.1") as http:
        yield http


@pytest.fixture
def client(http: TestClient, archive: SmallArchive) -> Client:
    with archive.catalog.write() as writer:
        for number in range(7):
            whose = ADA if number % 2 else PrincipalId("prn_local")
            action = "restore.request" if number % 3 else "restored"
            writer.audit.append(whose, action, f"quo_{number}", {"cost": str(number)})
    return client_of(http)


def test_newest_first_and_page_by_page(client: Client) -> None:
    page = client.audit.page(limit=3)
    assert [entry.subject for entry in page.entries] == ["quo_6", "quo_5", "quo_4"]
    assert page.entries[0].detail == {"cost": "6"}
    after = client.audit.page(limit=3, cursor=page.next_cursor)
    assert [entry.seq for entry in after.entries] == [4, 3, 2]
    assert [entry.seq for entry in client.audit.entries(most=100)] == [7, 6, 5, 4, 3, 2, 1]
    assert [entry.seq for entry in client.audit.entries(most=2)] == [7, 6]
    assert client.audit.page(limit=7).next_cursor is None
    with pytest.raises(BadCursor):
        client.audit.page(action="restore", cursor=page.next_cursor)


def test_by_principal_and_by_action(client: Client) -> None:
    assert [entry.seq for entry in client.audit.entries(principal=ADA, most=9)] == [6, 4, 2]
    assert [entry.seq for entry in client.audit.entries(action="restore", most=9)] == [6, 5, 3, 2]
    assert [entry.seq for entry in client.audit.entries(action="restored", most=9)] == [7, 4, 1]
    assert not list(client.audit.entries(action="restore.req%", most=9))


def test_by_asset(client: Client, archive: SmallArchive) -> None:
    made = client.projects.create("North")
    client.projects.assign("North", assets=[archive.film.id])
    with archive.catalog.write() as writer:
        writer.audit.append(ADA, "keep.copied", archive.film.id, {})
        writer.audit.append(ADA, "tier.move.cancelled", "mov_x", {"asset": archive.film.id})
        writer.audit.append(ADA, "tier.move.cancelled", "mov_y", {"asset": archive.still.id})
    found = [entry.subject for entry in client.audit.entries(asset=archive.film.id, most=9)]
    assert found == ["mov_x", archive.film.id]
    assert made.id in [entry.subject for entry in client.audit.entries(most=9)]


def test_who_decides_nothing_sees_what_they_did(client: Client, http: TestClient) -> None:
    ada = Client("http://127.0.0.1", transport=AppTransport(http), token=TOKEN)
    assert [entry.seq for entry in ada.audit.entries(most=9)] == [6, 4, 2]
    assert [entry.seq for entry in ada.audit.entries(principal=ADA, most=9)] == [6, 4, 2]
    with pytest.raises(NotAllowed):
        ada.audit.page(principal="prn_local")


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = SmallArchive(tmp_path)
    with archive.catalog.write() as writer:
        writer.audit.append(ADA, "restore.request", "quo_1", {"cost": "4.20"})
    archive.catalog.close()
    home = ["--home", str(archive.home.root), "audit"]
    assert run([*home, "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert (entry["principal"], entry["detail"]) == (ADA, {"cost": "4.20"})
    assert run(home) == 0
    assert '{"cost": "4.20"}' in capsys.readouterr().out
    assert run([*home, "--action", "tier"]) == 0
    assert "no such entry" in capsys.readouterr().err
