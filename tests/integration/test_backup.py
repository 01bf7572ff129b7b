"""A home kept elsewhere, and the way back: whole, linked, without secrets, never half there."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import RestoreStatus
from catalog.query import AssetFilter
from foundation.errors import (
    AlreadyOwned,
    BackupDamaged,
    BackupNotFound,
    CatalogCorrupt,
    InputError,
    NoSpace,
    StateConflict,
)
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL
from foundation.settings import load
from scripts.backup.making import make
from scripts.backup.manifest import Kept, about, backups_in, digest_of, listed
from scripts.backup.recovery import Recovered, recover
from scripts.backup.thinning import thin
from scripts.locks import held
from scripts.rekindle import run
from tests.contract.catalog.examples import restore
from tests.fakes.small_archive import SmallArchive

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-token-of-many-characters"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    archive = SmallArchive(tmp_path)
    archive.store_vectors()
    archive.catalog.close()
    return archive.home


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


def silent(what: str, size: int) -> None:
    del what, size


def backup(home: Home, shelf: Path, *, derived: bool = True) -> Path:
    return make(load(home.root), shelf, silent, derived=derived)


def back(shelf: Path, root: Path) -> Recovered:
    return recover(Home(root).create(), shelf, silent)


def names(home: Home) -> list[str]:
    with closing(open_catalog(home)) as catalog, catalog.read() as view:
        return sorted(asset.name for asset in view.assets.page(AssetFilter(), after=None, limit=100))


def derived_of(root: Path) -> dict[str, bytes]:
    files = (path for path in (root / "derived").rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_a_recovered_home_is_whole_and_finds_the_same(
    home: Home, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(root: Path, *typed: str) -> object:
        assert run(["--home", str(root), *typed, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    before = told(home.root, "search", "torch")["hits"]  # type: ignore[index]
    assert before
    made = told(home.root, "backup", str(shelf), "--derived")
    shutil.rmtree(home.root)
    done = told(tmp_path / "new", "recover", str(shelf))
    assert (done["backup"], done["assets"]) == (made["backup"], made["assets"])  # type: ignore[index]
    assert told(tmp_path / "new", "check", "--deep") == []
    after = told(tmp_path / "new", "search", "torch")["hits"]  # type: ignore[index]
    assert [hit["asset"] for hit in after] == [hit["asset"] for hit in before]


def test_what_no_store_was_asked_for_yet_is_not_paid_unseen(home: Home, shelf: Path, tmp_path: Path) -> None:
    with closing(open_catalog(home)) as catalog, catalog.write() as writer:
        (asset, *_) = writer.assets.page(AssetFilter(), after=None, limit=1)
        fresh, asked = restore(asset, version="v1"), restore(asset, version="v2")
        writer.restores.begin([fresh, asked], [], "2026-03")
        writer.restores.update(replace(asked, status=RestoreStatus.IN_PROGRESS))
    backup(home, shelf)
    back(shelf, tmp_path / "new")
    with closing(open_catalog(Home(tmp_path / "new"))) as catalog, catalog.read() as view:
        found = {item.id: item.status for item in view.restores.find()}
        assert found == {fresh.id: RestoreStatus.CANCELLED, asked.id: RestoreStatus.IN_PROGRESS}
        assert view.restores.spent("2026-03") == asked.cost
        assert view.audit.tail(1)[0].detail["restores_cancelled"] == 1


def test_everything_comes_back_as_it_was(home: Home, shelf: Path, tmp_path: Path) -> None:
    (home.root / "tiering.yaml").write_text("rules: []\n")
    (home.packs / "active.json").write_text("{}")
    made = backup(home, shelf)
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made, check=True)
    done = back(shelf, tmp_path / "new")
    new = Home(tmp_path / "new")
    assert derived_of(new.root) == derived_of(home.root)
    assert names(new) == names(home)
    assert (new.root / "tiering.yaml").read_text() == "rules: []\n"
    assert (new.packs / "active.json").read_text() == "{}"
    assert (done.files, done.stayed) == (about(made).files, 0)
    with closing(open_catalog(new)) as catalog, catalog.read() as view:
        entry = view.audit.tail(1)[0]
        assert (entry.action, entry.subject) == ("catalog.recover", made.name)


def test_what_did_not_change_is_linked_to_the_backup_before(home: Home, shelf: Path) -> None:
    first = backup(home, shelf)
    paths = sorted(derived_of(home.root))
    (home.root / paths[0]).write_bytes(b"made anew, and longer than before" * 200)
    second = backup(home, shelf)
    assert about(second).linked == len(paths) - 1
    assert (second / paths[0]).read_bytes() == (home.root / paths[0]).read_bytes()
    assert (first / paths[0]).read_bytes() != (second / paths[0]).read_bytes()
    assert (first / paths[1]).samefile(second / paths[1])
    assert not (home.root / paths[1]).samefile(second / paths[1])
    assert [kept.path for kept in listed(first)] == [kept.path for kept in listed(second)]


def test_the_derived_store_is_left_out_unless_asked_for(home: Home, shelf: Path, tmp_path: Path) -> None:
    assert not (backup(home, shelf, derived=False) / "derived").exists()
    shutil.copytree(home.derived, tmp_path / "new" / "derived")
    back(shelf, tmp_path / "new")
    assert derived_of(tmp_path / "new") == derived_of(home.root)


@pytest.mark.parametrize(
    "line",
    [
        f'tokens = {{ prn_ada = "{SECRET}" }}',
        f"token = '{SECRET}'",
        f'tokens.prn_ada = """{SECRET}"""',
        'tokens.prn_ada = """\\\n' + SECRET + '"""',
        'token = "a\\u002dtoken-of-many-characters"',
    ],
)
def test_secrets_stay_out(home: Home, shelf: Path, line: str) -> None:
    (home.root / "rekindle.toml").write_text(f"[api]\nport = 9999\n[access]\n{line}\n")
    kept = (backup(home, shelf) / "rekindle.toml").read_text()
    assert SECRET not in kept
    assert "left out of the backup" in kept
    assert "port = 9999" in kept or "could not be told apart" in kept


def test_the_newest_is_taken_and_the_oldest_are_removed(home: Home, shelf: Path, tmp_path: Path) -> None:
    made = [backup(home, shelf, derived=False) for _ in range(4)]
    assert sorted(made) == sorted(backups_in(shelf))
    assert len(thin(made[-1], 2).gone) == 2
    assert len(backups_in(shelf)) == 2
    assert back(shelf, tmp_path / "new").backup == backups_in(shelf)[-1]


def test_a_home_that_has_a_catalog_stays_as_it_is(home: Home, shelf: Path) -> None:
    backup(home, shelf)
    before = home.catalog.read_bytes()
    with pytest.raises(StateConflict):
        back(shelf, home.root)
    assert home.catalog.read_bytes() == before


def test_a_home_that_somebody_works_with_stays_as_it_is(home: Home, shelf: Path, tmp_path: Path) -> None:
    backup(home, shelf)
    new = Home(tmp_path / "new").create()
    with held(new.owner_lock), pytest.raises(AlreadyOwned):
        back(shelf, new.root)


@pytest.mark.parametrize("what", ["catalog.db", "SHA256SUMS", "proxy.mp4", "backup.json"])
def test_flipped_bits_of_a_backup_are_told_and_nothing_is_in_place(
    home: Home, shelf: Path, tmp_path: Path, what: str
) -> None:
    path = next(backup(home, shelf).rglob(what))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x80
    path.write_bytes(data)
    with pytest.raises(BackupDamaged):
        back(shelf, tmp_path / "new")
    assert not (tmp_path / "new" / "catalog.db").exists()


_NEWER = "UPDATE alembic_version SET version_num = '9999_of_tomorrow'"
_ALTERED = "DROP TRIGGER audit_no_update; UPDATE audit SET action = 'nothing' WHERE seq = 1"


def changed(made: Path, script: str) -> None:
    """A backup as one would be whose catalog was like this; its digests are right."""
    with closing(sqlite3.connect(made / "catalog.db")) as catalog:
        catalog.executescript(script)
    (made / "catalog.db-wal").unlink(missing_ok=True)
    (made / "catalog.db-shm").unlink(missing_ok=True)
    lines = [Kept(kept.path, digest_of(made / kept.path)).line for kept in listed(made)]
    (made / "SHA256SUMS").write_text("".join(lines))
    told = json.loads((made / "backup.json").read_text())
    (made / "backup.json").write_text(json.dumps({**told, "sums": digest_of(made / "SHA256SUMS")}))


@pytest.mark.parametrize("script", [_NEWER, _ALTERED], ids=["newer", "altered"])
def test_a_catalog_that_cannot_be_used_leaves_nothing_and_an_older_backup_does(
    home: Home, shelf: Path, tmp_path: Path, script: str
) -> None:
    with closing(open_catalog(home)) as catalog, catalog.write() as writer:
        writer.audit.append(LOCAL_PRINCIPAL, "something", "somewhere", {})
    (home.root / "rekindle.toml").write_text("[api]\nport = 9999\n")
    good = backup(home, shelf)
    (home.root / "rekindle.toml").write_text("[api]\nport = 1111\n")
    changed(backup(home, shelf), script)
    new = Home(tmp_path / "new")
    with pytest.raises(CatalogCorrupt):
        back(shelf, new.root)
    assert not [path for path in new.root.rglob("*") if path.is_file() and path.parent != new.run]
    assert not (new.root / ".recovering").exists()
    back(good, new.root)
    assert names(new) == names(home)
    assert "9999" in (new.root / "rekindle.toml").read_text()


def test_a_recovered_catalog_is_whole_by_itself(home: Home, shelf: Path, tmp_path: Path) -> None:
    backup(home, shelf)
    back(shelf, tmp_path / "new")
    new = Home(tmp_path / "new")
    assert not (new.root / ".recovering").exists()
    with closing(open_catalog(new)) as catalog:
        assert catalog.unknown_pages() == 0
        assert catalog.check() == []


def test_what_is_no_backup_is_told(home: Home, shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupNotFound):
        back(shelf, tmp_path / "new")
    with pytest.raises(InputError):
        backup(home, home.root / "backups")


def test_a_damaged_catalog_is_not_copied(home: Home, shelf: Path) -> None:
    with closing(open_catalog(home)) as catalog:
        assert catalog.check() == []
    about_file, data = home.catalog.stat(), bytearray(home.catalog.read_bytes())
    data[data.index(b"my fellow citizens")] ^= 0x01
    home.catalog.write_bytes(data)
    os.utime(home.catalog, ns=(about_file.st_atime_ns, about_file.st_mtime_ns))
    with pytest.raises(CatalogCorrupt):
        backup(home, shelf)
    assert backups_in(shelf) == []


@pytest.mark.parametrize("at", ["fsync", "catalog"])
def test_a_full_disk_is_told_and_leaves_nothing(
    home: Home, shelf: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    first = backup(home, shelf)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    told = full if at == "catalog" else silent
    with monkeypatch.context() as patch:
        if at == "fsync":
            patch.setattr(os, "fsync", full)
        with pytest.raises(NoSpace, match="those of before are whole"):
            make(load(home.root), shelf, told, derived=True)
    assert backups_in(shelf) == [first]
    assert not list(shelf.glob(".rekindle-part-*"))


_DYING = """
import os, signal, sys
from pathlib import Path
from foundation.home import Home
from foundation.settings import load
from scripts.backup.making import make
from scripts.backup.recovery import recover
left = int(sys.argv[4])
def die(event, _):
    global left
    if event in ("os.rename", "os.utime", "open", "os.link", "os.remove") and sys.argv[3] in str(_):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
home, shelf = Path(sys.argv[1]), Path(sys.argv[2])
settings, fresh = load(home), Home(home).create()
sys.addaudithook(die)
if sys.argv[5] == "make":
    make(settings, shelf, lambda *_: None, derived=True)
else:
    recover(fresh, shelf, lambda *_: None)
"""


def died(root: Path, shelf: Path, mark: str, events: int, what: str) -> bool:
    command = [sys.executable, "-c", _DYING, str(root), str(shelf), mark, str(events), what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("events", [0, 1, 5, 12])
def test_a_backup_that_is_killed_leaves_none(home: Home, shelf: Path, events: int) -> None:
    assert died(home.root, shelf, str(shelf), events, "make")
    assert backups_in(shelf) == []
    made = backup(home, shelf)
    assert [path for path in shelf.iterdir() if path.is_dir()] == [made]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "events"),
    [
        (".recovering", 0),
        (".recovering", 3),
        (".recovering", 7),
        (".recovering", 11),
        (".recovering/rekindle.toml", 1),
        (".recovering/catalog.pages", 2),
        ("new/catalog.db'", 0),
    ],
)
def test_a_recovery_that_is_killed_goes_on(
    home: Home, shelf: Path, tmp_path: Path, mark: str, events: int
) -> None:
    (home.root / "rekindle.toml").write_text("[api]\nport = 9999\n")
    backup(home, shelf)
    new = Home(tmp_path / "new")
    assert died(new.root, shelf, mark, events, "recover")
    assert not new.catalog.exists()
    assert not (new.root / "rekindle.toml").exists()
    back(shelf, new.root)
    assert names(new) == names(home)
    assert derived_of(new.root) == derived_of(home.root)
    assert "9999" in (new.root / "rekindle.toml").read_text()


@pytest.mark.slow
def test_a_recovery_that_is_killed_between_catalog_and_settings(
    home: Home, shelf: Path, tmp_path: Path
) -> None:
    (home.root / "rekindle.toml").write_text("[api]\nport = 9999\n")
    backup(home, shelf)
    new = Home(tmp_path / "new")
    assert died(new.root, shelf, "new/rekindle.toml'", 0, "recover")
    with pytest.raises(StateConflict):
        back(shelf, new.root)
    assert "9999" in (new.root / "rekindle.toml").read_text()
    assert not (new.root / ".recovering").exists()
    assert names(new) == names(home)
    with closing(open_catalog(new)) as catalog, catalog.read() as view:
        assert view.audit.tail(1)[0].action == "catalog.recover"
