"""Moments that follow each other."""

import math
from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import Asset, AssetKind, AssetTimeline, Technical
from foundation.ids import AssetId, LocationId
from foundation.timecode import FrameRange, PtsTable
from search_api.services.evidence import Evidence
from search_api.services.fuse import Scored
from search_api.services.moments import Moment, Span
from search_api.services.sequences import Chain, Timed, chains_of, sequence_of, timed

ASSET = AssetId("ast_x")
SECOND = st.integers(0, 40)
PLACES = st.lists(st.tuples(SECOND, st.integers(1, 10), st.integers(1, 9)), max_size=5)


def at(start: float, end: float, points: float = 1.0) -> Timed:
    span = Span(int(start * 25), int(end * 25))
    evidence = Evidence("visual", ASSET, 0.3, frames=FrameRange(span.start, span.end))
    return Timed(Moment(ASSET, span, (Scored(evidence, "visual", points),)), start, end, start, points)


def times(chain: Chain) -> list[tuple[float, float]]:
    return [(part.start, part.end) for part in chain.parts]


@pytest.mark.parametrize(
    ("steps", "within", "found"),
    [
        ([[at(0, 4)], [at(4, 8)]], [5], [[(0, 4), (4, 8)]]),
        ([[at(0, 4)], [at(9, 12)]], [5], [[(0, 4), (9, 12)]]),
        ([[at(0, 4)], [at(9.1, 12)]], [5], []),
        ([[at(4, 8)], [at(0, 4)]], [5], []),
        ([[at(0, 4)], [at(0, 4)]], [5], []),
        ([[at(0, 4)], [at(2, 3)]], [5], [[(0, 4), (2, 3)]]),
        ([[at(0, 4)], []], [5], []),
        ([[at(0, 1)], [at(3, 4)], [at(6, 7)]], [2, 2], [[(0, 1), (3, 4), (6, 7)]]),
        ([[at(0, 1)], [at(3, 4)], [at(6, 7)]], [2, 1], []),
        ([[at(0, 1, 0.5), at(5, 6, 0.2)], [at(7, 8)]], [9], [[(0, 1), (7, 8)]]),
        (
            [[at(0, 1), at(20, 21)], [at(2, 3), at(22, 23, 2.0)]],
            [5],
            [[(20, 21), (22, 23)], [(0, 1), (2, 3)]],
        ),
    ],
)
def test_in_order_and_near_enough(
    steps: list[list[Timed]], within: list[float], found: list[list[tuple[float, float]]]
) -> None:
    assert [times(chain) for chain in chains_of(steps, within)] == found


@given(st.lists(PLACES, min_size=1, max_size=3), st.integers(0, 10))
def test_the_best_of_all_sequences_is_found(places: list[list[tuple[int, int, int]]], within: int) -> None:
    steps = [[at(start, start + length, points / 10) for start, length, points in step] for step in places]
    limits = [float(within)] * (len(steps) - 1)
    fitting = [
        parts
        for parts in product(*steps)
        if all(a.start < b.start <= a.end + within for a, b in pairwise(parts))
    ]
    found = chains_of(steps, limits)
    assert bool(found) == bool(fitting)
    if found:
        best = max(math.prod(part.score for part in parts) for parts in fitting)
        assert found[0].score == pytest.approx(best)
    for one, other in pairwise(found):
        assert one.score >= other.score
        assert one.parts[-1].end <= other.parts[0].start or other.parts[-1].end <= one.parts[0].start


def test_a_sequence_spans_its_steps_and_scores_their_geometric_mean() -> None:
    (chain,) = chains_of([[at(0, 4, 0.04)], [at(5, 9, 0.01)]], [5])
    moment = sequence_of(chain)
    assert moment.span == Span(0, 225)
    assert moment.score == pytest.approx(0.02)
    assert [step.span for step in moment.steps] == [Span(0, 100), Span(125, 225)]


def shot(frames: FrameRange, best: int, points: float = 1.0) -> Moment:
    evidence = Evidence("visual", ASSET, 0.3, frames=frames, position=best)
    return Moment(ASSET, Span(frames.in_frame, frames.out_frame), (Scored(evidence, "visual", points),))


def test_two_steps_in_one_shot_are_told_apart_by_the_frames_that_look_best() -> None:
    line = AssetTimeline(ASSET, PtsTable.constant(Fraction(25), 100), Technical())
    whole = FrameRange(0, 100)
    fire, dog = (timed(shot(whole, best), _asset(AssetKind.VIDEO), line) for best in (10, 61))
    assert fire is not None
    assert dog is not None
    assert chains_of([[dog], [fire]], [60]) == []
    (chain,) = chains_of([[fire], [dog]], [0])
    assert [step.span for step in sequence_of(chain).steps] == [Span(0, 36), Span(36, 100)]
    assert sequence_of(chain).span == Span(0, 100)


def _asset(kind: AssetKind) -> Asset:
    return Asset(ASSET, kind, "a", LocationId("loc"))


def test_time_is_that_of_the_picture_else_of_the_sound_else_none() -> None:
    line = AssetTimeline(
        ASSET, PtsTable.constant(Fraction(50), 1000), Technical(rate=Fraction(50), frames=1000)
    )
    moment = Moment(ASSET, Span(100, 2000), ())
    seen = timed(moment, _asset(AssetKind.VIDEO), line)
    heard = timed(moment, _asset(AssetKind.SOUND), None)
    assert seen is not None
    assert heard is not None
    assert (seen.start, seen.end, seen.anchor) == (2.0, 20.0, 2.0)
    assert (heard.start, heard.end) == (100 / 48_000, 2000 / 48_000)
    assert timed(moment, _asset(AssetKind.STILL), None) is None
    assert timed(Moment(ASSET, None, ()), _asset(AssetKind.VIDEO), line) is None
