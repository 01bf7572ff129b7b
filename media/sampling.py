"""Which frames of a shot are looked at. Pure: the same shot of the same proxy gives the same frames."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil

from foundation.timecode import FrameRange

CLEAR = 3
"""Frames beside a cut that are not taken for the sake of being sync frames: encoders smear them."""

_HALF = Fraction(1, 2)


def samples_of(shot: FrameRange, sync: Sequence[int], step: Fraction) -> list[int]:
    """Frames to look at, ascending: one in every step from the cut on, at least one in a shot.

    A sync frame stands for its step, because it can be decoded without any other; where none lies in it,
    clear of the cuts, the step's middle does.

    Args:
        shot: Cut to cut.
        sync: Ordinals of the proxy's sync frames, ascending.
        step: Frames between samples, above 0.
    """
    lowest, highest = shot.in_frame + CLEAR, shot.out_frame - CLEAR
    found = set()
    for first, middle, after in _steps(shot, step):
        inside = sync[bisect_left(sync, max(first, lowest)) : bisect_left(sync, min(after, highest))]
        found.add(min(inside, key=lambda frame: abs(frame - middle), default=middle))
    return sorted(found)


def _steps(shot: FrameRange, step: Fraction) -> Iterator[tuple[int, int, int]]:
    """First frame, middle and end of each step whose middle lies in the shot; a short shot is one step."""
    start, number = shot.in_frame, 0
    while (middle := start + ceil(step * (number + _HALF))) < shot.out_frame:
        first, after = (start + ceil(step * n) for n in (number, number + 1))
        yield first, middle, min(after, shot.out_frame)
        number += 1
    if not number:
        yield start, start + len(shot) // 2, shot.out_frame
