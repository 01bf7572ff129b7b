"""Evidence becomes moments."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import AssetId
from foundation.timecode import FrameRange, PtsTable, SampleRange
from search_api.schemas import SignalName
from search_api.services.evidence import Evidence
from search_api.services.fuse import Scored
from search_api.services.moments import LONGEST, Moment, Span, capped, moments_of

ASSET = AssetId("ast_x")
PTS = PtsTable.constant(Fraction(25), 1000)


def picture(first: int, last: int, points: float, score: float = 0.3) -> Scored:
    return Scored(Evidence("visual", ASSET, score, frames=FrameRange(first, last)), "visual", points)


def words(start: int, end: int, points: float, *, phrase: bool = False, trust: float = 1.0) -> Scored:
    sound = SampleRange.from_milliseconds(start, end)
    return Scored(Evidence("speech", ASSET, 5.0, trust, sound=sound, has_phrases=phrase), "speech", points)


def whole(signal: SignalName, points: float) -> Scored:
    return Scored(Evidence(signal, ASSET, 2.0), signal, points)


def spans(moments: list[Moment]) -> list[tuple[int, int] | None]:
    return [None if m.span is None else (m.span.start, m.span.end) for m in moments]


def test_distant_shots_are_moments_of_their_own_best_first() -> None:
    assert spans(moments_of(ASSET, [picture(0, 50, 0.01), picture(500, 600, 0.02)], PTS)) == [
        (500, 600),
        (0, 50),
    ]


def test_a_neighbouring_shot_that_looks_as_good_extends_the_moment() -> None:
    near = [picture(0, 50, 0.02, 0.300), picture(50, 90, 0.01, 0.299)]
    assert spans(moments_of(ASSET, near, PTS)) == [(0, 90)]
    worse = [picture(0, 50, 0.02, 0.300), picture(50, 90, 0.01, 0.250)]
    assert spans(moments_of(ASSET, worse, PTS)) == [(0, 50), (50, 90)]


def test_a_better_neighbour_found_later_does_not_extend_it_either() -> None:
    assert spans(moments_of(ASSET, [picture(0, 50, 0.02, 0.25), picture(50, 90, 0.01, 0.30)], PTS)) == [
        (0, 50),
        (50, 90),
    ]


def test_at_most_so_many_of_each_asset() -> None:
    moments = [Moment(AssetId(asset), Span(n, n + 1), ()) for n, asset in enumerate("aabab")]
    assert [moment.asset for moment in capped(moments, 2)] == list("aabb")
    assert capped(moments, 5) == moments


def test_a_moment_of_many_shots_has_an_end() -> None:
    alike = [picture(n * 100, n * 100 + 100, 0.02 - n / 1000) for n in range(10)]
    found = moments_of(ASSET, alike, PTS)
    assert len(found) > 1
    assert all(m.span and m.span.end - m.span.start <= LONGEST for m in found)


def test_the_strongest_evidence_sets_the_range_and_the_rest_supports_it() -> None:
    (moment,) = moments_of(ASSET, [picture(0, 300, 0.05), words(2000, 4000, 0.02, trust=0.1)], PTS)
    assert spans([moment]) == [(0, 300)]
    assert round(moment.score, 6) == 0.07


def test_words_that_were_said_set_the_range_before_looks_do() -> None:
    (moment,) = moments_of(ASSET, [picture(0, 300, 0.05), words(2000, 4000, 0.02)], PTS)
    assert spans([moment]) == [(50, 100)]


@pytest.mark.parametrize("turn", [1, -1])
def test_what_is_heard_one_after_the_other_is_apart_though_a_frame_shows_during_both(turn: int) -> None:
    heard = [words(0, 1990, 0.02), words(1990, 4000, 0.02)]
    assert spans(moments_of(ASSET, heard[::turn], PTS)) == [(0, 50), (49, 100)][::turn]
    first, second = (Moment(ASSET, Span(0, 50), (item,)) for item in heard)
    assert not first.meets(second)
    assert first.meets(Moment(ASSET, Span(49, 100), (picture(49, 100, 0.1),)))
    (both,) = moments_of(ASSET, [words(0, 1990, 0.02), words(1980, 4000, 0.01)], PTS)
    assert spans([both]) == [(0, 50)]


def test_evidence_of_the_whole_asset_supports_every_moment() -> None:
    found = moments_of(ASSET, [whole("name", 0.04), picture(0, 50, 0.02), picture(500, 600, 0.01)], PTS)
    assert [round(m.score, 6) for m in found] == [0.06, 0.05]
    assert spans(moments_of(ASSET, [whole("name", 0.04)], None)) == [None]


def test_sound_without_picture_keeps_samples() -> None:
    assert spans(moments_of(ASSET, [words(1000, 2000, 0.02)], None)) == [(48_000, 96_000)]


def test_a_moment_knows_whether_it_holds_the_phrases() -> None:
    spoken, seen = moments_of(ASSET, [words(0, 1000, 0.05, phrase=True), picture(500, 600, 0.02)], PTS)
    assert (spoken.has_phrases, seen.has_phrases) == (True, False)


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 99), st.floats(0.001, 1)), min_size=1, max_size=30)
)
def test_no_evidence_is_lost_and_every_moment_holds_its_own(parts: list[tuple[int, int, float]]) -> None:
    evidence = [picture(first, first + length, points) for first, length, points in parts]
    found = moments_of(ASSET, evidence, PTS)
    assert sorted(id(item) for m in found for item in m.evidence) == sorted(map(id, evidence))
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    for moment in found:
        assert moment.span is not None
        frames = moment.evidence[0].evidence.frames
        assert frames is not None
        assert moment.span.joined(Span(frames.in_frame, frames.out_frame)) == moment.span
