import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from archive_tiering.factory import open_store, parse_uri
from archive_tiering.prices.storage_class import FACTS, copy_expiry, facts_of
from archive_tiering.stores.local import LocalFolder
from archive_tiering.vault.store import CONFIG, FolderVault, load_terms
from catalog.model import Location, LocationKind, RestoreState
from catalog.query import COLD_CLASSES
from foundation.errors import BadSettings, NeedsRestore, TierUnavailable
from foundation.ids import LocationId
from foundation.settings import Settings
from tests.conftest import ROOT
from tests.fakes.clock import FakeClock


def location(uri: str, kind: LocationKind) -> Location:
    return Location(LocationId("loc_x"), "masters", uri, kind)


def test_cold_classes_of_the_catalog_are_those_that_need_a_restore() -> None:
    assert set(COLD_CLASSES) == {name for name, facts in FACTS.items() if facts.is_cold}


def test_faster_tiers_are_faster() -> None:
    for facts in FACTS.values():
        seconds = list(facts.retrieval_seconds.values())
        assert seconds == sorted(seconds)
        assert bool(seconds) is facts.may_sleep


def test_deep_archive_has_no_expedited_and_unknown_classes_are_named() -> None:
    with pytest.raises(TierUnavailable, match="standard, bulk"):
        facts_of("DEEP_ARCHIVE").seconds("expedited")
    with pytest.raises(BadSettings, match="CRYPT"):
        facts_of("CRYPT")


@pytest.mark.parametrize(
    ("ready", "days", "expiry"),
    [
        ("2026-03-10T12:00:00+00:00", 1, "2026-03-12T00:00:00+00:00"),
        ("2026-03-10T00:00:00+00:00", 1, "2026-03-11T00:00:00+00:00"),
        ("2026-03-10T00:00:01+00:00", 3, "2026-03-14T00:00:00+00:00"),
        ("2026-12-31T23:30:00-05:00", 1, "2027-01-03T00:00:00+00:00"),
    ],
)
def test_copies_go_away_at_the_next_midnight(ready: str, days: int, expiry: str) -> None:
    clock = FakeClock()
    parse = clock().fromisoformat
    assert copy_expiry(parse(ready), days) == parse(expiry)


def test_a_vault_without_terms_has_the_defaults(tmp_path: Path) -> None:
    terms = load_terms(tmp_path)
    assert dict(terms.seconds) == {"expedited": 1.0, "standard": 5.0, "bulk": 10.0}
    assert terms.storage_class == "VAULT_COLD"
    assert terms.prices.standard == 0


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"retrieval": {"standard": -1}}',
        '{"retrieval": {"tomorrow": 1}}',
        '{"storage_class": "STANDARD"}',
        '{"storage_class": "CRYPT"}',
        '{"delay": 3}',
        '{"prices": {"standard": -1}}',
    ],
)
def test_bad_terms_are_refused_with_the_file_or_class_named(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIG).write_text(text)
    with pytest.raises(BadSettings, match=r"vault\.json|CRYPT"):
        load_terms(tmp_path)


def test_tiers_the_vault_does_not_name_are_not_on_offer(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text('{"retrieval": {"bulk": 1}}')
    (tmp_path / "film.mov").touch()
    store = FolderVault(tmp_path, tmp_path.with_name("ledger"), load_terms(tmp_path), FakeClock())
    with pytest.raises(TierUnavailable, match="bulk"):
        store.request_restore("film.mov", retrieval_tier="standard", days=1)


def test_a_copy_that_expires_while_read_stops_the_read(tmp_path: Path) -> None:
    (tmp_path / "film.mov").write_bytes(bytes(3 << 20))
    clock = FakeClock()
    store = FolderVault(tmp_path, tmp_path.with_name("ledger"), load_terms(tmp_path), clock)
    store.request_restore("film.mov", retrieval_tier="standard", days=1)
    clock.advance(minutes=1)
    chunks = store.read("film.mov")
    next(chunks)
    clock.advance(days=3)
    with pytest.raises(NeedsRestore):
        next(chunks)


@pytest.mark.slow
def test_processes_share_the_ledger_and_the_vault_stays_untouched(tmp_path: Path) -> None:
    root, home = tmp_path / "vault", tmp_path / "home"
    root.mkdir()
    for number in range(4):
        (root / f"{number}.mov").touch()
    before = sorted(path.name for path in root.iterdir())
    script = (
        "import sys;from pathlib import Path;from foundation.settings import Settings;"
        "from archive_tiering.factory import open_store;from catalog.model import Location,LocationKind;"
        "s=open_store(Location('loc','v',f'vault:{sys.argv[1]}',LocationKind.VAULT),Settings(home=Path(sys.argv[2])));"
        "s.request_restore(sys.argv[3],retrieval_tier='bulk',days=1)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", script, str(root), str(home), f"{number}.mov"], cwd=ROOT)
        for number in range(4)
    ]
    assert [child.wait() for child in children] == [0] * 4
    store = open_store(location(f"vault:{root}", LocationKind.VAULT), Settings(home=home))
    states = [item.restore for item in store.list()]  # type: ignore[union-attr]
    assert RestoreState.NEEDED not in states
    assert len(states) == 4
    assert sorted(path.name for path in root.iterdir()) == before
    (ledger,) = (home / "vaults").iterdir()
    assert sorted(path.name for path in ledger.iterdir()) == ["awake.json", "lock"]
    assert len(json.loads((ledger / "awake.json").read_bytes())) == 4


def test_expired_restores_leave_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "a.mov").touch()
    (tmp_path / "b.mov").touch()
    clock = FakeClock()
    ledger = tmp_path.with_name("ledger")
    store = FolderVault(tmp_path, ledger, load_terms(tmp_path), clock)
    store.request_restore("a.mov", retrieval_tier="standard", days=1)
    clock.moment += timedelta(days=5)
    store.request_restore("b.mov", retrieval_tier="standard", days=1)
    assert list(json.loads((ledger / "awake.json").read_bytes())) == ["b.mov"]


@pytest.mark.parametrize(
    ("text", "kind", "uri"),
    [
        ("/mnt/nas/", LocationKind.FOLDER, "/mnt/nas"),
        ("/mnt//nas/./x/..", LocationKind.FOLDER, "/mnt/nas"),
        ("file:///mnt/a%20b", LocationKind.FOLDER, "/mnt/a b"),
        ("/mnt/a%20b", LocationKind.FOLDER, "/mnt/a%20b"),
        ("vault:/mnt/tape", LocationKind.VAULT, "vault:/mnt/tape"),
        ("vault:///mnt/tape/", LocationKind.VAULT, "vault:/mnt/tape"),
        ("s3://films", LocationKind.S3, "s3://films"),
        ("S3://films/2024/", LocationKind.S3, "s3://films/2024"),
    ],
)
def test_addresses_have_one_stored_form(text: str, kind: LocationKind, uri: str) -> None:
    assert parse_uri(text) == (kind, uri)
    assert parse_uri(uri) == (kind, uri)


@pytest.mark.parametrize("text", ["", "https://x/y", "s3://", "ftp://x"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(BadSettings):
        parse_uri(text)


def test_relative_folders_and_odd_roots_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "\udcff").mkdir()
    (tmp_path / "\udcff" / "film.mov").touch()
    kind, uri = parse_uri("\udcff")
    uri.encode()
    store = open_store(location(uri, kind), Settings(home=tmp_path / "home"))
    assert isinstance(store, LocalFolder)
    assert [item.key for item in store.list()] == ["film.mov"]
