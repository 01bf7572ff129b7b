"""Exact time: labels, ranges, pts tables."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadRange, BadTimecode
from foundation.timecode import (
    SOUND_RATE,
    FrameRange,
    PtsTable,
    SampleRange,
    count_of,
    label_of,
    merge_ranges,
    nominal_rate,
    supports_drop_frame,
)

NTSC, NTSC_60, FILM, PAL = Fraction(30000, 1001), Fraction(60000, 1001), Fraction(24000, 1001), Fraction(25)
RATES = (FILM, Fraction(24), PAL, NTSC, Fraction(30), Fraction(50), NTSC_60, Fraction(60), Fraction(120))


@pytest.mark.parametrize(
    ("count", "rate", "drop", "label"),
    [
        (0, PAL, False, "00:00:00:00"),
        (25, PAL, False, "00:00:01:00"),
        (1799, NTSC, True, "00:00:59;29"),
        (1800, NTSC, True, "00:01:00;02"),
        (17981, NTSC, True, "00:09:59;29"),
        (17982, NTSC, True, "00:10:00;00"),
        (107_892, NTSC, True, "01:00:00;00"),
        (3600, NTSC_60, True, "00:01:00;04"),
        (1800, NTSC, False, "00:01:00:00"),
        (86_400 * 25, PAL, False, "00:00:00:00"),
        (2_589_408, NTSC, True, "00:00:00;00"),
        (86_399, FILM, False, "00:59:59:23"),
        (119, Fraction(120), False, "00:00:00:119"),
    ],
)
def test_labels(count: int, rate: Fraction, drop: bool, label: str) -> None:
    assert label_of(count, rate, drop_frame=drop) == label


@pytest.mark.parametrize(
    ("label", "rate"),
    [
        ("", PAL), ("1:2:3", PAL), ("00:00:00:25", PAL), ("24:00:00:00", PAL), ("00:60:00:00", PAL),
        ("00:01:00;00", NTSC), ("00:01:00;01", NTSC), ("00:01:00;03", NTSC_60), ("00:00:01;00", PAL),
        ("\u0660\u0660:00:00:00", PAL), ("-1:00:00:00", PAL),
    ],
)  # fmt: skip
def test_impossible_labels_are_refused(label: str, rate: Fraction) -> None:
    with pytest.raises(BadTimecode):
        count_of(label, rate)


@given(st.sampled_from(RATES), st.integers(0, 20_000_000), st.booleans())
def test_labels_round_trip_and_wrap_at_midnight(rate: Fraction, count: int, drop: bool) -> None:
    drop = drop and supports_drop_frame(rate)
    back, is_drop = count_of(label_of(count, rate, drop_frame=drop), rate)
    per_day = nominal_rate(rate) * 86_400 - (nominal_rate(rate) // 15 * 1296 if drop else 0)
    assert (back, is_drop) == (count % per_day, drop)


@given(st.integers(0, 2_589_407))
def test_drop_frame_labels_follow_the_clock(count: int) -> None:
    label = label_of(count, NTSC, drop_frame=True)
    hours, minutes, seconds = (int(part) for part in label.replace(";", ":").split(":")[:3])
    clock = hours * 3600 + minutes * 60 + seconds
    assert abs(clock - count / NTSC) < 1.1


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=300), st.sampled_from(RATES), st.integers(-9, 9))
def test_pts_tables_survive_storage_and_find_every_frame(
    steps: list[int], rate: Fraction, first: int
) -> None:
    ticks, at = [0], 0
    for step in steps[:-1]:
        at += step
        ticks.append(at)
    table = PtsTable(1 / (rate * 1000), tuple(ticks), at + steps[-1], first)
    assert PtsTable.from_bytes(table.to_bytes()) == table
    for frame in (0, len(table) // 2, len(table) - 1):
        assert table.frame_at(table.start_of(frame)) == frame
        assert table.frame_at(table.start_of(frame + 1) - table.time_base / 2) == frame
    assert table.start_of(len(table)) == table.seconds


def test_pts_table_of_one_frame() -> None:
    table = PtsTable.constant(PAL, 1)
    assert PtsTable.from_bytes(table.to_bytes()) == table
    assert table.frame_at(99) == 0
    assert table.seconds == Fraction(1, 25)


@pytest.mark.parametrize("ticks", [(), (1, 2), (0, 2, 2), (0, 3, 1)])
def test_pts_tables_must_increase(ticks: tuple[int, ...]) -> None:
    with pytest.raises(BadRange):
        PtsTable(Fraction(1, 25), ticks, 10)


@given(st.sampled_from(RATES), st.integers(1, 5_000), st.data())
def test_frames_and_sound_agree(rate: Fraction, frames: int, data: st.DataObject) -> None:
    table = PtsTable.constant(rate, frames)
    start = data.draw(st.integers(0, frames - 1))
    picture = FrameRange(start, data.draw(st.integers(start + 1, frames)))
    assert table.frames_of(table.samples_of(picture)) in (
        picture,
        FrameRange(max(picture.in_frame - 1, 0), picture.out_frame),
    )


@given(st.sampled_from(RATES), st.integers(3, 500), st.data())
def test_of_two_sounds_in_a_row_the_frames_within_one_are_none_of_the_other(
    rate: Fraction, frames: int, data: st.DataObject
) -> None:
    table = PtsTable.constant(rate, frames)
    most = int(table.seconds * SOUND_RATE)
    cut = data.draw(st.integers(1, most - 1))
    before, after = SampleRange(0, cut), SampleRange(cut, most)
    for one, other in ((before, after), (after, before)):
        within, around = table.frames_within(one), table.frames_of(one)
        assert around.in_frame <= within.in_frame < within.out_frame <= around.out_frame
        if table.samples_of(within).end <= one.end and table.samples_of(within).start >= one.start:
            assert not within.overlaps(table.frames_of(other))
        else:
            assert within == around
    assert not before.overlaps(after)
    assert before.overlaps(SampleRange(cut - 1, most))


def test_frames_within_a_sound() -> None:
    table = PtsTable.constant(Fraction(25), 10)
    assert table.frames_within(SampleRange.from_milliseconds(40, 120)) == FrameRange(1, 3)
    assert table.frames_within(SampleRange.from_milliseconds(30, 130)) == FrameRange(1, 3)
    assert table.frames_within(SampleRange.from_milliseconds(50, 130)) == FrameRange(2, 3)
    assert table.frames_within(SampleRange.from_milliseconds(50, 110)) == FrameRange(1, 3)
    assert table.frames_within(SampleRange.from_milliseconds(350, 900)) == FrameRange(9, 10)


def test_milliseconds_are_exact_on_the_sound_clock() -> None:
    sound = SampleRange.from_milliseconds(1001, 2003)
    assert (sound.start, sound.end) == (48_048, 96_144)
    assert sound.start_seconds == Fraction(1001, 1000)
    assert SOUND_RATE % 16_000 == 0


@pytest.mark.parametrize(("low", "high"), [(0, 0), (5, 4), (-1, 3)])
def test_ranges_are_never_empty_or_reversed(low: int, high: int) -> None:
    with pytest.raises(BadRange):
        FrameRange(low, high)
    with pytest.raises(BadRange):
        SampleRange(low, high)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 30)), max_size=20), st.integers(0, 5))
def test_merged_ranges_cover_the_same_frames_and_lie_apart(pairs: list[tuple[int, int]], gap: int) -> None:
    ranges = [FrameRange(start, start + length) for start, length in pairs]
    merged = merge_ranges(ranges, gap=gap)
    assert all(any(r.in_frame in m and r.out_frame - 1 in m for m in merged) for r in ranges)
    assert all(b.in_frame > a.out_frame + gap for a, b in pairwise(merged))


def test_equal_steps_are_kept_as_a_range_however_they_came() -> None:
    given_as_tuple = PtsTable(Fraction(1, 90_000), tuple(range(0, 9 * 3600, 3600)), 9 * 3600)
    given_as_range = PtsTable(Fraction(1, 90_000), range(0, 9 * 3600, 3600), 9 * 3600)
    assert given_as_tuple == given_as_range == PtsTable.from_bytes(given_as_tuple.to_bytes())
    assert isinstance(given_as_tuple.ticks, range)
    uneven = PtsTable(Fraction(1, 90_000), (0, 3600, 7201), 9 * 3600)
    assert isinstance(PtsTable.from_bytes(uneven.to_bytes()).ticks, tuple)


@pytest.mark.parametrize(
    "ticks", [(), (1, 2), (0, 0), (0, 5, 4), (0, -1), range(0), range(0, -5, -1), range(1, 3)]
)
def test_a_table_starts_at_zero_and_increases(ticks: tuple[int, ...] | range) -> None:
    with pytest.raises(BadRange):
        PtsTable(Fraction(1, 25), ticks, 100)
