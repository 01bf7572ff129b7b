"""Moments to an editing program and back through the command line, on real files."""

import json
from pathlib import Path

import opentimelineio as otio
import pytest

from tests import material
from tests.e2e.command import QUICK, Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_moments_go_out_and_a_cut_comes_back(tmp_path: Path) -> None:
    rekindle, folder = Rekindle(tmp_path / "home", QUICK), tmp_path / "footage"
    material.clip(folder / "A001_harbour.mov", 4, timecode="10:00:00:00")
    ntsc = ["-metadata:s:v", "reel_name=TAPE42"]
    material.clip(
        folder / "B002_harbour.mov",
        4,
        "30000/1001",
        timecode="00:59:58;00",
        output=ntsc,
        pictures=("mandelbrot",),
    )
    rekindle.json("index", str(folder))
    hits = rekindle.search("harbour")
    pal, df = (
        next(hit["asset"]["id"] for hit in hits if hit["asset"]["name"].startswith(name))
        for name in ("A001", "B002")
    )

    edl = tmp_path / "cut.edl"
    places = (f"{pal}@10:00:01:00-10:00:02:00", f"{df}@00:59:59;00-01:00:00;15")
    refused = rekindle.run("timeline", "export", *places, "-o", str(edl))
    assert refused.returncode == 2
    assert "--per-rate" in refused.stderr
    made = rekindle.json(
        "timeline", "export", *places, "--per-rate", "--against", "master", "--handles", "5", "-o", str(edl)
    )
    first, second = (Path(name).read_text() for name in made["files"])
    assert "001  A001_HAR B     C        10:00:00:20 10:00:02:05 01:00:00:00 01:00:01:10" in first
    assert "001  TAPE42   B     C        00:59:58;25 01:00:00;20 01:00:00;00 01:00:01;25" in second
    assert f"* SOURCE FILE: {folder}/B002_harbour.mov" in second

    read = rekindle.json("timeline", "read", made["files"][1])
    (clip,) = read["clips"]
    assert (clip["asset"]["id"], clip["in_frame"], clip["out_frame"]) == (df, 25, 80)

    shelf = tmp_path / "proxies"
    otio_file = tmp_path / "cut.otio"
    (tmp_path / "hits.json").write_text(json.dumps({"hits": hits}))
    rekindle.json(
        "timeline", "export", "--hits", str(tmp_path / "hits.json"), "--format", "otio",
        "--collect", str(shelf), "-o", str(otio_file),
    )  # fmt: skip
    assert {path.name for path in shelf.iterdir()} == {"A001_harbour.mp4", "B002_harbour.mp4"}
    timeline = otio.adapters.read_from_file(str(otio_file))
    targets = {clip.media_reference.target_url for clip in timeline.find_clips()}
    assert targets == {path.as_uri() for path in shelf.iterdir()}
    assert rekindle.json("timeline", "read", str(otio_file))["resolved"] == len(hits)
