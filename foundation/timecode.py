"""Exact time: frame ordinals, half-open ranges, pts tables, SMPTE labels.

Positions in picture are ordinals of presented frames, counted from 0. Positions in sound are samples on a
48 kHz clock that starts with the first presented frame (or the first sample of a sound-only asset): every
millisecond and every 16 kHz sample falls on a whole tick. Seconds are for people and appear at edges only.
"""

import re
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor

import numpy as np

from foundation.errors import BadRange, BadTimecode

SOUND_RATE = 48_000
"""Ticks per second of the sound clock (SMPTE ST 299 / EBU R 85 production rate)."""

_LABEL = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class FrameRange:
    """Presented frames [in_frame, out_frame) of an asset."""

    in_frame: int
    out_frame: int

    def __post_init__(self) -> None:
        if not 0 <= self.in_frame < self.out_frame:
            raise BadRange(f"[{self.in_frame}, {self.out_frame}) is not a range of frames.")

    def __len__(self) -> int:
        return self.out_frame - self.in_frame

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and self.in_frame <= frame < self.out_frame

    def overlaps(self, other: "FrameRange") -> bool:
        """Say whether the two ranges share at least one frame."""
        return self.in_frame < other.out_frame and other.in_frame < self.out_frame


@dataclass(frozen=True, slots=True, order=True)
class SampleRange:
    """Samples [start, end) on the 48 kHz sound clock of an asset."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise BadRange(f"[{self.start}, {self.end}) is not a range of samples.")

    @classmethod
    def from_milliseconds(cls, start: int, end: int) -> "SampleRange":
        """Build the range from whole milliseconds, exactly."""
        return cls(start * SOUND_RATE // 1000, end * SOUND_RATE // 1000)

    def overlaps(self, other: "SampleRange") -> bool:
        """Say whether the two ranges share at least one sample."""
        return self.start < other.end and other.start < self.end

    @property
    def start_seconds(self) -> Fraction:
        """Start in seconds, exact."""
        return Fraction(self.start, SOUND_RATE)

    @property
    def end_seconds(self) -> Fraction:
        """End in seconds, exact."""
        return Fraction(self.end, SOUND_RATE)


@dataclass(frozen=True, slots=True)
class PtsTable:
    """When each presented frame starts, relative to the first one.

    Attributes:
        time_base: Seconds per tick.
        ticks: Strictly increasing presentation times in ticks, ``ticks[0] == 0``, one per frame. Equal steps
            are kept as a range, whatever was handed in: a long film then takes no memory and no time to read.
        duration: Ticks from the first frame's start to the last one's end.
        first_pts: The master's own pts of frame 0, in ticks, so that source positions can be found again.
    """

    time_base: Fraction
    ticks: Sequence[int]
    duration: int
    first_pts: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "ticks", _compact(self.ticks))
        if not self.ticks or self.ticks[0] != 0 or not _increases(self.ticks):
            raise BadRange("A pts table starts at 0 and increases strictly.")
        if self.duration <= self.ticks[-1]:
            raise BadRange("A pts table's duration lies after its last frame.")

    @classmethod
    def constant(cls, rate: Fraction, frames: int) -> "PtsTable":
        """Build the table of a constant frame rate."""
        return cls(1 / rate, range(frames), frames)

    def __len__(self) -> int:
        return len(self.ticks)

    @property
    def seconds(self) -> Fraction:
        """Duration in seconds, exact."""
        return self.duration * self.time_base

    def start_of(self, frame: int) -> Fraction:
        """Seconds at which ``frame`` starts; ``len(self)`` gives the end of the last frame.

        Raises:
            BadRange: The frame does not exist.
        """
        if not 0 <= frame <= len(self.ticks):
            raise BadRange(f"Frame {frame} is outside 0..{len(self.ticks)}.")
        tick = self.duration if frame == len(self.ticks) else self.ticks[frame]
        return tick * self.time_base

    def frame_at(self, seconds: Fraction | float) -> int:
        """Ordinal of the frame on screen at ``seconds``, clamped to the first and last frame."""
        tick = floor(Fraction(seconds) / self.time_base)  # whole ticks compare much faster than fractions
        return min(max(bisect_right(self.ticks, tick) - 1, 0), len(self.ticks) - 1)

    def frames_of(self, sound: SampleRange) -> FrameRange:
        """Frames on screen during a range of sound; at least one."""
        first = self.frame_at(sound.start_seconds)
        last = self.frame_at(Fraction(sound.end - 1, SOUND_RATE))
        return FrameRange(first, last + 1)

    def frames_within(self, sound: SampleRange) -> FrameRange:
        """Frames on screen only during a range of sound; those of :meth:`frames_of` where none is."""
        outer = self.frames_of(sound)
        first = outer.in_frame + (self.start_of(outer.in_frame) < sound.start_seconds)
        last = outer.out_frame - (self.start_of(outer.out_frame) > sound.end_seconds)
        return FrameRange(first, last) if first < last else outer

    def samples_of(self, frames: FrameRange) -> SampleRange:
        """Sound heard during a range of frames, rounded inwards to whole samples; at least one."""
        start = int(self.start_of(frames.in_frame) * SOUND_RATE)
        end = int(self.start_of(min(frames.out_frame, len(self))) * SOUND_RATE)
        return SampleRange(start, max(end, start + 1))

    def to_bytes(self) -> bytes:
        """Serialise: a header line and zlib-compressed int64 steps (a constant rate takes a few bytes)."""
        base = self.time_base
        header = f"{base.numerator}/{base.denominator} {self.duration} {self.first_pts} {len(self)}\n"
        steps = np.diff(np.asarray(self.ticks, dtype="<i8"))
        return header.encode() + zlib.compress(steps.tobytes(), 6)

    @classmethod
    def from_bytes(cls, blob: bytes) -> "PtsTable":
        """Read what :meth:`to_bytes` wrote."""
        header, _, body = blob.partition(b"\n")
        base, duration, first_pts, _count = header.decode().split(" ")
        steps = np.frombuffer(zlib.decompress(body), dtype="<i8")
        if len(steps) and (steps == steps[0]).all():
            ticks: Sequence[int] = range(0, int(steps[0]) * (len(steps) + 1), int(steps[0]))
        else:
            ticks = (0, *np.cumsum(steps).tolist())
        return cls(Fraction(base), ticks, int(duration), int(first_pts))


def _compact(ticks: Sequence[int]) -> Sequence[int]:
    if isinstance(ticks, range) or not ticks:
        return ticks
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1
    even = range(ticks[0], ticks[0] + step * len(ticks), step) if step else range(0)
    return even if len(even) == len(ticks) and all(map(int.__eq__, even, ticks)) else tuple(ticks)


def _increases(ticks: Sequence[int]) -> bool:
    if isinstance(ticks, range):
        return ticks.step > 0
    return all(a < b for a, b in pairwise(ticks))


def nominal_rate(rate: Fraction) -> int:
    """Frames counted per timecode second: 30 for 30000/1001, 24 for 24000/1001, 25 for 25."""
    return int(rate + Fraction(1, 2))


def supports_drop_frame(rate: Fraction) -> bool:
    """Drop-frame exists for 29.97 and its doubles only (SMPTE ST 12-1)."""
    return rate.denominator == 1001 and rate.numerator % 30_000 == 0


def label_of(count: int, rate: Fraction, *, drop_frame: bool = False) -> str:
    """SMPTE label of a frame count since midnight; wraps after 24 hours.

    Drop-frame skips two labels per nominal 30 frames at the start of every minute but each tenth
    (SMPTE ST 12-1:2014, 5.2).

    Raises:
        BadTimecode: Drop-frame was asked for at a rate that has none.
    """
    nominal = nominal_rate(rate)
    if drop_frame:
        count = _with_dropped_labels(count % _frames_per_day(rate), rate)
    count %= nominal * 86_400
    seconds, frame = divmod(count, nominal)
    separator = ";" if drop_frame else ":"
    width = 3 if nominal > 100 else 2
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{separator}{frame:0{width}d}"


def count_of(label: str, rate: Fraction) -> tuple[int, bool]:
    """Frame count since midnight that a label stands for, and whether it is drop-frame.

    Raises:
        BadTimecode: Not a label, out of range, or one that drop-frame counting skips.
    """
    match = _LABEL.match(label.strip())
    if match is None:
        raise BadTimecode(f"{label!r} is not timecode.")
    hours, minutes, seconds, frame = (int(match[group]) for group in (1, 2, 3, 5))
    drop_frame, nominal = match[4] in ";.", nominal_rate(rate)
    if hours > 23 or minutes > 59 or seconds > 59 or frame >= nominal:
        raise BadTimecode(f"{label!r} is out of range at {rate} frames per second.")
    count = (hours * 3600 + minutes * 60 + seconds) * nominal + frame
    if not drop_frame:
        return count, False
    return _without_dropped_labels(label, count, rate, minutes=hours * 60 + minutes), True


def _dropped_per_minute(rate: Fraction) -> int:
    if not supports_drop_frame(rate):
        raise BadTimecode(f"There is no drop-frame timecode at {rate} frames per second.")
    return nominal_rate(rate) // 15


def _frames_per_day(rate: Fraction) -> int:
    return nominal_rate(rate) * 86_400 - _dropped_per_minute(rate) * (1440 - 144)


def _with_dropped_labels(count: int, rate: Fraction) -> int:
    dropped, per_minute = _dropped_per_minute(rate), nominal_rate(rate) * 60
    per_ten = per_minute * 10 - dropped * 9
    tens, rest = divmod(count, per_ten)
    skipped = tens * 9 * dropped
    if rest >= per_minute:
        skipped += dropped * (1 + (rest - per_minute) // (per_minute - dropped))
    return count + skipped


def _without_dropped_labels(label: str, count: int, rate: Fraction, *, minutes: int) -> int:
    dropped, nominal = _dropped_per_minute(rate), nominal_rate(rate)
    if minutes % 10 and count % (nominal * 60) < dropped:
        raise BadTimecode(f"{label!r} is a label that drop-frame counting skips.")
    return count - dropped * (minutes - minutes // 10)


def merge_ranges(ranges: Sequence[FrameRange], *, gap: int = 0) -> list[FrameRange]:
    """Join ranges that overlap or lie at most ``gap`` frames apart, in order."""
    merged: list[FrameRange] = []
    for item in sorted(ranges):
        if merged and item.in_frame <= merged[-1].out_frame + gap:
            last = merged.pop()
            item = FrameRange(last.in_frame, max(last.out_frame, item.out_frame))
        merged.append(item)
    return merged
