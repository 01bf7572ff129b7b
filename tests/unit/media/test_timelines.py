"""Timelines: counting, reels, and what comes back when other hands read and write them."""

import json
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadRange, BadTimeline, TimelineUnsupported
from foundation.timecode import FrameRange, PtsTable
from media.timeline import (
    Cut,
    Timeline,
    cmx_reel,
    cmx_reels,
    conform_rate,
    conformed,
    make_timeline,
    presented,
)
from media.timeline_edl import read_edl, write_edl
from media.timeline_otio import read_otio, write_otio
from media.tool import MediaLimits
from tests.golden.timelines.reels import (
    DF,
    FILM,
    LATE,
    NDF,
    NTSC,
    QUICK,
    STILL,
    TIMELINES,
    WAV,
    cut,
    source,
)

ONE_RATE = [name for name in TIMELINES if name != "mixed"]


@pytest.mark.parametrize(
    ("name", "reel"),
    [
        ("A001_C002_0914AB", "A001_C00"),
        ("tape 12", "TAPE_12"),
        ("Überfahrt", "UBERFAHR"),
        ("日本", "REEL"),
        ("", "REEL"),
        ("__x__", "X"),
    ],
)
def test_a_reel_is_eight_plain_characters(name: str, reel: str) -> None:
    assert cmx_reel(name) == reel


@given(st.lists(st.text(max_size=12), min_size=1, max_size=150, unique=True))
def test_different_reels_stay_different(names: Sequence[str]) -> None:
    sources = [source(f"ast_{n}", "x.mov", NTSC, reel=name or "-") for n, name in enumerate(names)]
    reels = cmx_reels(sources)
    whole = {of.asset: of.reel for of in sources}
    assert all(re.fullmatch(r"[A-Z0-9_]{1,8}", reel) for reel in reels.values())
    pairs = [(a, b) for a in whole for b in whole if whole[a] != whole[b]]
    assert all(reels[a] != reels[b] for a, b in pairs)


def test_handles_end_where_the_source_does() -> None:
    of = source("ast_X", "x.mov", NTSC, frames=100)
    assert cut(of, 10, 95).with_handles(12).frames == FrameRange(0, 100)
    assert cut(STILL, 0, 125).with_handles(12).frames == FrameRange(0, 125)


def test_rates_that_vary_are_counted_on_the_nearest_standard_one() -> None:
    assert conform_rate(Fraction(2993, 100), variable=True) == NTSC
    assert conform_rate(Fraction(2993, 100), variable=False) == Fraction(2993, 100)
    pts = PtsTable(Fraction(1, 1000), (0, 33, 66, 166, 200), 233)
    assert conformed(FrameRange(2, 4), pts, NTSC) == FrameRange(2, 6)
    assert presented(FrameRange(2, 6), pts, NTSC) == FrameRange(2, 4)


@given(st.lists(st.integers(20, 90), min_size=2, max_size=80), st.data())
def test_the_way_back_covers_every_frame_that_is_as_long_as_one(
    steps: list[int], data: st.DataObject
) -> None:
    ticks = [sum(steps[:n]) for n in range(len(steps))]
    pts = PtsTable(Fraction(1, 1000), ticks, ticks[-1] + 40)
    first = data.draw(st.integers(0, len(steps) - 1))
    last = data.draw(st.integers(first + 1, len(steps)))
    back = presented(conformed(FrameRange(first, last), pts, Fraction(60)), pts, Fraction(60))
    assert abs(back.in_frame - first) <= 1
    assert abs(back.out_frame - last) <= 1


@pytest.mark.parametrize(
    ("cuts", "rate", "drop_frame"),
    [
        ([cut(DF, 0, 5)], NTSC, True),
        ([cut(DF, 0, 5), cut(NDF, 0, 5)], NTSC, False),
        ([cut(WAV, 0, 480)], Fraction(25), False),
        ([cut(LATE, 0, 5), cut(DF, 0, 5), cut(DF, 9, 12)], NTSC, True),
        ([cut(LATE, 0, 5), cut(DF, 0, 5)], Fraction(25), False),
        ([cut(QUICK, 0, 5)], Fraction(60000, 1001), True),
    ],
)
def test_the_record_side_counts_as_most_sources_do(cuts: list[Cut], rate: Fraction, drop_frame: bool) -> None:
    made = make_timeline("x", cuts, "master")
    assert (made.rate, made.drop_frame) == (rate, drop_frame)
    assert re.match(r"01:00:00[:;]00", made.record_label(0))


def test_a_timeline_of_nothing_is_refused() -> None:
    with pytest.raises(BadRange):
        make_timeline("x", [], "master")


def test_a_source_without_the_media_is_named() -> None:
    bare = source("ast_BARE", "x.mov", NTSC)
    lacking = Cut(
        type(bare)(**{f: getattr(bare, f) for f in bare.__slots__} | {"media": {}}), FrameRange(0, 5)
    )
    with pytest.raises(TimelineUnsupported, match="ast_BARE"):
        make_timeline("x", [lacking], "proxy")


@pytest.mark.parametrize(
    ("cuts", "words"),
    [
        ([cut(DF, n, n + 1) for n in range(1000)], "999 events"),
        ([cut(source("ast_H", "h.mov", Fraction(120)), 0, 5)], "120"),
    ],
)
def test_what_an_edl_cannot_carry_is_said(cuts: list[Cut], words: str) -> None:
    with pytest.raises(TimelineUnsupported, match=words):
        write_edl(make_timeline("x", cuts, "master"))


def test_reels_are_left_whole_on_request() -> None:
    edl = write_edl(make_timeline("x", [cut(DF, 0, 5)], "master"), whole_reels=True)
    assert "001  A001_C002_0914AB AA/V  C" in edl
    assert [clip.reel for clip in read_edl(edl).clips] == ["A001_C002_0914AB"]


def _spans(timeline: Timeline) -> list[tuple[str, str, str]]:
    return [
        (
            c.source.asset,
            timeline.source_label(c, c.frames.in_frame),
            timeline.source_label(c, c.frames.out_frame),
        )
        for c in timeline.cuts
    ]


@pytest.mark.parametrize("name", ONE_RATE)
def test_an_edl_is_read_as_it_was_written(name: str) -> None:
    made = TIMELINES[name]
    read = read_edl(write_edl(made))
    assert read.name == made.name
    assert [(c.asset, c.label_in, c.label_out) for c in read.clips] == _spans(made)
    assert [c.reel for c in read.clips] == [c.source.reel for c in made.cuts]


@pytest.mark.parametrize("name", [name for name in ONE_RATE if name != "midnight"])
def test_the_librarys_adapter_reads_our_edl(name: str) -> None:
    made = TIMELINES[name]
    read = otio.adapters.read_from_string(write_edl(made), "cmx_3600", rate=float(made.rate))
    picture = next(track for track in read.tracks if track.name == "V")
    track = [clip for clip in picture if isinstance(clip, otio.schema.Clip)]
    kept = [c for c in made.cuts if c.source.kind != "sound"]
    assert [clip.name for clip in track] == [made.media(c).name for c in kept]
    for clip, of in zip(track, kept, strict=True):
        start = made.media(of).start + of.frames.in_frame
        assert round(clip.source_range.start_time.value) == start
        assert round(clip.source_range.duration.value) == len(of.frames)


@pytest.mark.parametrize("name", list(TIMELINES))
def test_otio_makes_the_round_trip_through_the_library(name: str, tmp_path: Path) -> None:
    made = TIMELINES[name]
    again = otio.adapters.write_to_string(
        otio.adapters.read_from_string(write_otio(made), "otio_json"), "otio_json"
    )
    assert again.strip() == write_otio(made).strip()
    path = tmp_path / "cut.otio"
    path.write_text(again, encoding="utf-8")
    read = read_otio(path, MediaLimits())
    assert read.name == made.name
    assert [(c.asset, c.rate, c.reel) for c in read.clips] == [
        (c.source.asset, c.source.rate, c.source.reel) for c in made.cuts
    ]
    for clip, of in zip(read.clips, made.cuts, strict=True):
        assert (clip.count_in, clip.count_out, clip.available) == (
            made.media(of).start + of.frames.in_frame,
            made.media(of).start + of.frames.out_frame,
            made.media(of).start,
        )


def test_switching_the_reference_relinks() -> None:
    read = otio.adapters.read_from_string(write_otio(TIMELINES["pal"]), "otio_json")
    clip = next(iter(read.find_clips()))
    assert clip.media_reference.target_url == "file:///proxies/Überfahrt – 日本.mp4"
    clip.active_media_reference_key = "master"
    assert clip.media_reference.target_url == "file:///footage/Überfahrt – 日本.mp4"


FOREIGN = """\
TITLE: Reel 3 v12
FCM: DROP FRAME
001  AX       V     C        00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: title.png
002  A001C002 V     C        01:00:01:02 01:00:03:02 01:00:02:00 01:00:04:00
* FROM CLIP NAME: A001C002_0914.mov
003  A001C002 V     C        01:00:03:02 01:00:03:02 01:00:04:00 01:00:04:00
003  B002     V     D    024 02:00:00:00 02:00:04:00 01:00:04:00 01:00:08:00
* FROM CLIP NAME: A001C002_0914.mov
* TO CLIP NAME: B002.mov
FCM: NON-DROP FRAME
004  BL       V     C        00:00:00:00 00:00:01:00 01:00:08:00 01:00:09:00
005  B002     AA    C        02:00:04:00 02:00:05:00 01:00:08:00 01:00:09:00
M2   B002             050.0                02:00:04:00
005  B002     V     C        02:00:04:00 02:00:05:00 01:00:08:00 01:00:09:00
>>> SOURCE B002  B002
"""


def test_lists_of_other_programs_are_read() -> None:
    read = read_edl(FOREIGN)
    assert read.name == "Reel 3 v12"
    assert [(c.name, c.reel, c.label_in) for c in read.clips] == [
        ("title.png", None, "00:00:00;00"),
        ("A001C002_0914.mov", "A001C002", "01:00:01;02"),
        ("A001C002", "A001C002", "01:00:03;02"),
        ("A001C002_0914.mov", "B002", "02:00:00;00"),
        ("B002", "B002", "02:00:04:00"),
    ]


@pytest.mark.parametrize("text", ["", "TITLE: x\n", "hello\n" * 50, "\x00\x01"])
def test_what_is_no_edl_is_refused(text: str) -> None:
    with pytest.raises(BadTimeline):
        read_edl(text)


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        assert read_edl(text).clips
    except BadTimeline:
        return


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        '{"OTIO_SCHEMA": "Timeline.1"}',
        '{"OTIO_SCHEMA": "Nothing.1"}',
        '{"a": "\\ud800"}',
    ],
)
def test_what_is_no_otio_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.otio"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadTimeline):
        read_otio(path, MediaLimits())


def test_otio_of_another_program_is_read(tmp_path: Path) -> None:
    rate = 23.976
    timeline = otio.schema.Timeline("Cut")
    stack = otio.schema.Stack()
    inner = otio.schema.Track("V1", kind="Video")
    reference = otio.schema.ExternalReference(
        "/Volumes/RAID/A001.mov",
        otio.opentime.TimeRange(
            otio.opentime.RationalTime(86_400, rate), otio.opentime.RationalTime(500, rate)
        ),
    )
    span = otio.opentime.TimeRange(
        otio.opentime.RationalTime(86_410, rate), otio.opentime.RationalTime(20, rate)
    )
    inner.append(otio.schema.Clip("one", reference, span, metadata={"fcp_xml": {"reel": "A001"}}))
    inner.append(otio.schema.Clip("two"))
    stack.append(inner)
    timeline.tracks.append(otio.schema.Track("outer"))
    timeline.tracks[0].append(stack)
    path = tmp_path / "x.otio"
    path.write_text(otio.adapters.write_to_string(timeline, "otio_json"), encoding="utf-8")
    one, two = read_otio(path, MediaLimits()).clips
    assert (one.name, one.reel, one.file) == ("one", "A001", "/Volumes/RAID/A001.mov")
    assert (one.rate, one.count_in, one.count_out, one.available) == (FILM, 86_410, 86_430, 86_400)
    assert (two.name, two.count_in, two.file) == ("two", None, None)


def test_exact_rates_stand_beside_the_floats() -> None:
    document = json.loads(write_otio(TIMELINES["drop_frame"]))
    assert document["metadata"]["rekindle"]["rate"] == "30000/1001"
