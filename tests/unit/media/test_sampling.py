"""Which frames of a shot are looked at."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.timecode import FrameRange
from media.sampling import CLEAR, samples_of

PAL = Fraction(25)


@pytest.mark.parametrize(
    ("shot", "sync", "step", "expected"),
    [
        ((0, 100), range(0, 100, 25), PAL, [13, 25, 50, 75]),
        ((10, 110), range(0, 200, 25), PAL, [25, 50, 75, 100]),
        ((40, 60), range(0, 100, 25), PAL, [50]),
        ((51, 73), range(0, 100, 25), PAL, [64]),
        ((48, 74), range(0, 100, 25), PAL, [61]),
        ((47, 74), range(0, 100, 25), PAL, [50]),
        ((25, 26), range(0, 100, 25), PAL, [25]),
        ((25, 27), range(0, 100, 25), PAL, [26]),
        ((0, 250), range(0, 250, 25), Fraction(125), [75, 200]),
        ((0, 50), [0, 25], Fraction(25, 3), [5, 13, 21, 25, 38, 46]),
        ((0, 3), [0], Fraction(1, 2), [1, 2]),
        ((0, 100), [], PAL, [13, 38, 63, 88]),
    ],
)
def test_samples(shot: tuple[int, int], sync: list[int], step: Fraction, expected: list[int]) -> None:
    assert samples_of(FrameRange(*shot), list(sync), step) == expected


@given(
    st.integers(0, 500),
    st.integers(1, 400),
    st.lists(st.integers(0, 1000), unique=True).map(sorted),
    st.fractions(Fraction(1, 2), 200),
)
def test_samples_lie_in_the_shot_one_a_step(first: int, length: int, sync: list[int], step: Fraction) -> None:
    shot = FrameRange(first, first + length)
    found = samples_of(shot, sync, step)
    assert found == sorted(set(found))
    assert all(frame in shot for frame in found)
    assert 1 <= len(found) <= max(Fraction(1), length / step + 1)
    # Neighbours lie less than two steps apart, each in its own: nothing of a shot is passed over.
    assert all(after - before <= 2 * step + 1 for before, after in pairwise(found))
    assert found[0] - first <= max(step, Fraction(length, 2)) + 1
    assert first + length - found[-1] <= max(Fraction(3, 2) * step, Fraction(length)) + 1
    for frame in set(found) & set(sync):
        clear = min(frame - first, first + length - 1 - frame) >= CLEAR
        assert clear or frame in samples_of(shot, [], step)
