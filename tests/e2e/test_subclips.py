"""A part of a master through the command line: indexed, quoted, fetched, compared frame by frame."""

from pathlib import Path

import pytest

from catalog.factory import open_catalog
from foundation.errors import EXIT_STORAGE, EXIT_USAGE
from foundation.home import Home
from media.probe import probe
from media.tool import MediaLimits
from tests import material
from tests.e2e.command import QUICK, Rekindle
from tests.unit.media.test_subclips import hashes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2")


def test_a_part_of_a_master_is_fetched(tmp_path: Path) -> None:
    rekindle, folder = Rekindle(tmp_path / "home", QUICK), tmp_path / "footage"
    master = material.clip(
        folder / "long.mov", 60, timecode="10:00:00:00", pictures=("testsrc2",), codec=H264
    )
    material.clip(folder / "old.avi", 3, codec=("-c:v", "mpeg4"))
    assert rekindle.json("index", str(folder))["done"] == 2
    hits = [*rekindle.search("long.mov"), *rekindle.search("old.avi")]
    assets = {hit["asset"]["name"]: hit["asset"]["id"] for hit in hits}

    place = (assets["long.mov"], "10:00:40:10", "10:00:42:10", "--handles", "5")
    quote = rekindle.json("subclip", *place, "--quote")
    assert (quote["in_frame"], quote["out_frame"], quote["first_frame"]) == (1005, 1065, 1000)
    assert quote["timecode"] == "10:00:40:00"
    assert quote["bytes"] < quote["whole"] / 8
    target = tmp_path / "part.mov"
    made = rekindle.json("subclip", *place, "-o", str(target))
    assert (made["read"], made["whole"]) == (quote["bytes"], master.stat().st_size)
    assert (made["in_frame"], made["timecode"], float(made["cost"])) == (1000, "10:00:40:00", 0)
    assert made["out_frame"] >= 1065
    assert made["size"] == target.stat().st_size
    assert hashes(target) == hashes(master)[made["in_frame"] : made["out_frame"]]
    assert probe(target, MediaLimits()).start_timecode == "10:00:40:00"
    assert not list((tmp_path / "home" / "derived").rglob("sub_*"))

    whole = rekindle.run("subclip", assets["old.avi"], "0", "10", "--json")
    assert whole.returncode == EXIT_USAGE
    assert "whole master" in whole.stderr
    with master.open("ab") as file:
        file.write(b"more")
    changed = rekindle.run("subclip", *place, "-o", str(tmp_path / "again.mov"))
    assert changed.returncode == EXIT_STORAGE
    assert "no longer the object" in changed.stderr
    assert not (tmp_path / "again.mov").exists()


def test_the_actions_are_on_record(tmp_path: Path) -> None:
    rekindle, folder = Rekindle(tmp_path / "home", QUICK), tmp_path / "footage"
    material.clip(folder / "a.mov", 10, codec=H264)
    rekindle.json("index", str(folder))
    (hit,) = rekindle.search("a.mov")
    rekindle.json("subclip", hit["asset"]["id"], "2s", "3s", "-o", str(tmp_path / "a.mov"))
    catalog = open_catalog(Home(tmp_path / "home"))
    with catalog.read() as view:
        actions = [entry.action for entry in view.audit.tail(2)]
    catalog.close()
    assert actions == ["subclip.fetch", "subclip.quote"]
