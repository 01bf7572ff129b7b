"""A home is lost and comes back from a backup, older than what happened to its masters."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.command import QUICK, Rekindle
from tests.e2e.stopping import make_footage
from tests.e2e.test_full_disk import fill, small_disk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
QUERY = '"clip number 1"'


def test_a_lost_catalog_comes_back_and_masters_find_their_assets(tmp_path: Path) -> None:
    footage, other, shelf = (tmp_path / name for name in ("footage", "other", "shelf"))
    make_footage(footage, 2)
    other.mkdir()
    rekindle = Rekindle(tmp_path / "home", QUICK)
    rekindle.json("index", str(footage))
    rekindle.json("location", "add", "other", str(other))
    before = rekindle.search(QUERY)[0]
    made = rekindle.json("backup", str(shelf), "--derived")
    assert made["assets"] == 2
    make_footage(tmp_path / "more", 1)
    shutil.move(tmp_path / "more" / "clip 0.mp4", footage / "new.mp4")
    rekindle.json("index")
    for name in ("clip 1.mp4", "clip 1.srt"):
        shutil.move(footage / name, other / name)
    for path in rekindle.home.glob("catalog.*"):
        path.unlink()
    done = rekindle.json("recover", str(shelf))
    assert (done["backup"], done["assets"]) == (made["backup"], 2)
    assert rekindle.run("check", "--deep", "--repair").returncode in (0, 3)
    assert rekindle.search(QUERY)[0]["in_frame"] == before["in_frame"]
    assert rekindle.json("index")["failed"] == 0
    assert rekindle.json("check", "--deep") == []
    after = rekindle.search(QUERY)[0]["asset"]
    assert after["id"] == before["asset"]["id"]
    assert after["uri"] == f"{other.as_uri()}/clip%201.mp4"
    assert rekindle.json("audit", "--action", "catalog")["entries"][0]["action"] == "catalog.recover"


@pytest.mark.parametrize("kilobytes", [200, 1024])
def test_a_disk_that_is_too_small_for_a_backup(tmp_path: Path, kilobytes: int) -> None:
    rekindle = Rekindle(tmp_path / "home", QUICK)
    make_footage(tmp_path / "footage", 1)
    rekindle.json("index", str(tmp_path / "footage"))
    with small_disk(tmp_path / "disk", 8) as disk:
        fill(disk, kilobytes)
        done = rekindle.run("backup", str(disk / "shelf"), "--derived")
        assert (done.returncode, "Traceback" in done.stderr) == (6, False), done.stderr
        assert "is full. No backup was kept" in done.stderr
        assert [path.name for path in (disk / "shelf").iterdir()] == [".rekindle-backup.lock"]
        (disk / "ballast").unlink()
        assert rekindle.json("backup", str(disk / "shelf"), "--derived")["files"] > 1
