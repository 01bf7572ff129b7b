"""`rekindle demo` does what it promises on a fresh home, and again on the same one."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import av
import pytest

from scripts.demo.archive import CLIPS, PROJECT_CLIPS, Clip
from scripts.demo.footage import HEIGHT, WIDTH
from tests.e2e.command import Rekindle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_demo_does_the_whole_job_twice(tmp_path: Path) -> None:
    rekindle, archive = Rekindle(tmp_path / "home", own_interpreter=True), tmp_path / "home-archive"
    expect_whole_job(rekindle)
    moved = {archive / "vault" / clip.name: clip for clip in PROJECT_CLIPS}
    clips = {archive / clip.shelf / clip.name: clip for clip in CLIPS} | moved
    for path, clip in clips.items():
        expect_footage(clip, path)
    made = {path: path.stat().st_mtime_ns for path in clips}
    again = replace(rekindle, own_interpreter=False)
    assert expect_whole_job(again)["moves"] == 0, "masters move once"
    assert {path: path.stat().st_mtime_ns for path in clips} == made, "clips are made once"
    assert rekindle.json("status")["counts"] == {"assets": 16, "video": 16, "still": 0, "sound": 0, "cold": 9}


def expect_whole_job(rekindle: Rekindle) -> dict[str, object]:
    told = rekindle.json("demo", "--no-serve")
    assert [answer["words"] for answer in told["answers"] if not answer["right"]] == []
    assert told["played"]["decoded"]
    assert told["played"]["first_byte"] > 0
    assert told["returned"]["verified"]
    moved, wanted = told["moved"], told["wanted"]
    assert moved["verified"]
    assert wanted["clip"] == "spot-3301.mov"
    assert Decimal(wanted["cost"]) > 0
    assert set(wanted["restores"]) == {"verified"}
    assert all(wanted[part] for part in ("played", "subclip", "edl", "asleep"))
    return dict(moved)


def expect_footage(clip: Clip, path: Path) -> None:
    """A clip is what the demo says of it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (WIDTH, HEIGHT, clip.rate)
        assert stream.frames == sum(round(take.seconds * clip.rate) for take in clip.takes)
        if path.suffix == ".mov":
            assert clip.timecode in str({**container.metadata, **stream.metadata})
    if clip.captions:
        assert path.with_suffix(f".en.{clip.captions}").read_text().count("-->") == len(clip.lines)
