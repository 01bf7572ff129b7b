"""Which backups stay: those of a lost home above all."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import ChangeKind
from catalog.query import AssetFilter
from foundation.home import Home
from foundation.settings import load
from scripts.backup.making import make
from scripts.backup.manifest import backups_in
from scripts.backup.thinning import thin
from scripts.rekindle import run
from tests.fakes.small_archive import SmallArchive


@pytest.fixture
def home(tmp_path: Path) -> Home:
    archive = SmallArchive(tmp_path)
    archive.catalog.close()
    return archive.home


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


def backup(home: Home, shelf: Path) -> Path:
    return make(load(home.root), shelf, lambda _what, _size: None, derived=False)


def another(tmp_path: Path) -> Home:
    archive = SmallArchive(tmp_path / "another")
    archive.catalog.close()
    return archive.home


def test_backups_of_other_homes_and_damaged_ones_neither_count_nor_go(
    home: Home, shelf: Path, tmp_path: Path
) -> None:
    other = backup(another(tmp_path), shelf)
    made = [backup(home, shelf) for _ in range(3)]
    (made[1] / "SHA256SUMS").write_text("")
    assert thin(made[2], 2).gone == ()
    assert thin(made[2], 1).gone == (made[0],)
    assert set(backups_in(shelf)) == {other, *made[1:]}


def test_the_backup_just_made_stays_whatever_the_clock_says(home: Home, shelf: Path) -> None:
    later = [backup(home, shelf) for _ in range(2)]
    made = later[0].rename(shelf / "rekindle-20010101T000000Z")
    assert thin(made, 1).gone == (later[1],)
    assert backups_in(shelf) == [made]


def test_what_knows_more_is_not_pushed_out(
    home: Home, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A catalog that was lost and begun anew has seen fewer changes than its backups, night after night."""
    with closing(open_catalog(home)) as catalog, catalog.write() as writer:
        for asset in writer.assets.page(AssetFilter(), after=None, limit=100):
            writer.changes.append(asset.id, ChangeKind.PAYLOAD)
    good = backup(home, shelf)
    shutil.rmtree(home.root)
    another(tmp_path).root.rename(home.root)
    for _ in range(3):
        assert run(["--home", str(home.root), "backup", str(shelf), "--keep", "1", "--json"]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out)["removed"] == []
        assert good.name in json.loads(told.out)["warning"]
        assert good.name in told.err
    assert good in backups_in(shelf)


@pytest.mark.parametrize("lost", ["home", "catalog", "emptied", "begun anew"])
def test_a_lost_home_is_not_backed_up(
    home: Home, shelf: Path, capsys: pytest.CaptureFixture[str], lost: str
) -> None:
    good = backup(home, shelf)
    if lost == "home":
        shutil.rmtree(home.root)
    else:
        for path in home.root.glob("catalog.*"):
            path.unlink()
    if lost == "emptied":
        home.catalog.touch()
    if lost == "begun anew":
        open_catalog(home).close()
    assert run(["--home", str(home.root), "backup", str(shelf), "--keep", "1"]) != 0
    assert "nothing to back up" in (told := capsys.readouterr().err)
    assert "rekindle recover" in told
    assert backups_in(shelf) == [good]
    assert lost == "begun anew" or not home.catalog.exists() or not home.catalog.stat().st_size
