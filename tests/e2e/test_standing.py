"""Copies, standing questions and unmet demand through the command line."""

from pathlib import Path
from typing import Any

import pytest

from foundation.errors import EXIT_NOT_FOUND
from tests import material
from tests.e2e.command import QUICK, Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MOVING = ("mandelbrot", "testsrc2")


def test_copies_are_linked_and_people_have_the_last_word(tmp_path: Path) -> None:
    rekindle, folder = Rekindle(tmp_path / "home", QUICK), tmp_path / "footage"
    master = material.clip(folder / "film.mp4", 6, cuts=(3,), pictures=MOVING, size="640x360")
    copy = folder / "film v4_FINAL_USE_THIS.mp4"
    material.ffmpeg("-i", str(master), "-vf", "scale=320:180,hue=s=0", "-c:v", "libx264", "-an", str(copy))
    assert rekindle.json("index", str(folder))["done"] == 2
    (pair,) = rekindle.json("duplicates", "list")["pairs"]
    assert pair["relation"] == "same"
    ends = pair["first"]["id"], pair["second"]["id"]
    shown = rekindle.json("duplicates", "show", ends[0])
    assert (shown["best"]["asset"]["name"], shown["best"]["reasons"]) == ("film.mp4", ["in colour"])
    hits = rekindle.search("film")
    assert names(hits) == {master.name}
    assert hits[0]["duplicates"] == 1
    assert names(rekindle.search("film", "--no-collapse")) == {master.name, copy.name}
    assert rekindle.json("duplicates", "reject", *ends)["links"] == []
    assert rekindle.json("duplicates", "find", "--again")["state"] == "finished"
    assert rekindle.json("duplicates", "list")["pairs"] == []
    assert names(rekindle.search("film")) == {master.name, copy.name}
    assert len(rekindle.json("duplicates", "reconsider", *ends)["links"]) == 1


def names(hits: list[dict[str, Any]]) -> set[str]:
    return {hit["asset"]["name"] for hit in hits}


def test_a_saved_search_hears_of_what_arrives(tmp_path: Path) -> None:
    rekindle, folder = Rekindle(tmp_path / "home", QUICK), tmp_path / "footage"
    for seconds, name in enumerate(("first", "second"), 3):
        clip = material.clip(folder / f"{name}.mp4", seconds)
        material.sidecar(clip.with_suffix(".srt"), [(0.5, 2.5, f"My fellow citizens, the {name} time.")])
        if name == "first":
            rekindle.json("index", str(folder))
            rekindle.json("saved", "add", "Citizens", '"fellow citizens"', "--kind", "video")
    assert rekindle.json("saved", "matches")["matches"] == []
    rekindle.json("index")
    assert rekindle.json("saved", "run", "citizens")["matches"] == 1
    feed = rekindle.json("saved", "matches", "Citizens")
    assert [match["hit"]["asset"]["name"] for match in feed["matches"]] == ["second.mp4"]
    newer = rekindle.json("saved", "matches", "Citizens", "--cursor", feed["next_cursor"])
    assert newer["matches"] == []
    assert [saved["waiting"] for saved in rekindle.json("saved", "list")] == [0]
    assert rekindle.json("saved", "remove", "Citizens") == {"removed": "Citizens"}
    assert rekindle.run("saved", "run", "Citizens").returncode == EXIT_NOT_FOUND


def test_what_nobody_found_is_remembered(tmp_path: Path) -> None:
    rekindle = Rekindle(tmp_path / "home", QUICK)
    material.clip(tmp_path / "footage" / "clip.mp4", 2)
    rekindle.json("index", str(tmp_path / "footage"))
    for query in ("zebra snowfall", "Zebra Snowfall"):
        rekindle.search(query)
    (wanted,) = rekindle.json("demand")["demand"]
    assert (wanted["text"], wanted["count"]) == ("Zebra Snowfall", 2)
    assert rekindle.json("demand", "--forget", "zebra snowfall") == {"forgotten": 1}
    assert rekindle.json("demand")["demand"] == []
