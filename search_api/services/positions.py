"""Places in an asset as people type them: frame numbers, timecode labels, seconds."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from catalog.model import Asset, AssetKind, AssetTimeline
from foundation.errors import BadRange, BadTimecode
from foundation.timecode import SOUND_RATE, FrameRange, PtsTable, SampleRange, count_of, nominal_rate
from media.timeline import conform_rate, conformed, presented

Typed = int | str | None
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s\Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,12}\Z", re.ASCII)
_HOW = "Write a frame number (240), a timecode label (10:00:04:20) or seconds (12.5s)."


@dataclass(frozen=True, slots=True)
class Picture:
    """How the picture of an asset counts.

    Attributes:
        rate: The constant rate at which an editing program takes it.
        start: Frames since midnight of its first frame, at that rate; 0 without timecode.
    """

    pts: PtsTable
    rate: Fraction
    start: int
    drop_frame: bool
    has_timecode: bool
    variable: bool

    @property
    def frames(self) -> int:
        """Length in frames of the conform rate."""
        return self.to_conform(FrameRange(0, len(self.pts))).out_frame if self.variable else len(self.pts)

    def to_conform(self, frames: FrameRange) -> FrameRange:
        """Presented frames as frames of the conform rate."""
        return conformed(frames, self.pts, self.rate) if self.variable else frames

    def to_presented(self, frames: FrameRange) -> FrameRange:
        """Frames of the conform rate as presented frames."""
        if self.variable:
            return presented(frames, self.pts, self.rate)
        last = min(frames.out_frame, len(self.pts))
        return FrameRange(min(frames.in_frame, last - 1), last)

    def since_start(self, label: str) -> int:
        """Frames from the first one to a label, across midnight if need be; raises BadTimecode."""
        count, drop_frame = count_of(label, self.rate)
        passed = count - self.start
        return passed if passed >= 0 else passed + frames_per_day(self.rate, drop_frame=drop_frame)


def frames_per_day(rate: Fraction, *, drop_frame: bool) -> int:
    """Frames that timecode counts until it begins anew."""
    nominal = nominal_rate(rate)
    dropped = nominal // 15 * 1296 if drop_frame else 0
    return nominal * 86_400 - dropped


def picture_of(asset: Asset, timeline: AssetTimeline | None) -> Picture | None:
    """How the picture counts; None where there is none that moves, or nobody looked yet."""
    if asset.kind is not AssetKind.VIDEO or timeline is None or timeline.pts is None:
        return None
    technical = timeline.technical
    if technical.rate is None:
        return None
    rate = conform_rate(technical.rate, variable=technical.variable_rate)
    start, drop_frame = _start(technical.start_timecode, rate)
    known = technical.start_timecode is not None
    return Picture(timeline.pts, rate, start, drop_frame, known, technical.variable_rate)


def _start(label: str | None, rate: Fraction) -> tuple[int, bool]:
    try:
        return (0, False) if label is None else count_of(label, rate)
    except BadTimecode:
        return 0, False


def frames_between(picture: Picture, first: Typed, last: Typed) -> FrameRange:
    """Presented frames of a typed range; missing ends mean the asset's own.

    Raises:
        BadRange: Empty, reversed, outside the asset, or not written as a position.
    """
    total = len(picture.pts)
    start = 0 if first is None else _frame(picture, first, picture.pts.frame_at)
    end = total if last is None else _frame(picture, last, lambda s: _frame_after(picture.pts, s))
    if not 0 <= start < end <= total:
        raise BadRange(f"[{start}, {end}) is not a range of the {total:,} frames there are.")
    return FrameRange(start, end)


def _frame(picture: Picture, typed: int | str, of_seconds: Callable[[Fraction], int]) -> int:
    text = str(typed).strip()
    if _NUMBER.match(text):
        return int(text)
    if seconds := _SECONDS.match(text):
        return of_seconds(Fraction(seconds[1]))
    try:
        passed = picture.since_start(text)
    except BadTimecode as error:
        raise BadRange(f"{error.message} {text[:40]!r} is no position.", remedy=_HOW) from error
    if not picture.variable:
        return passed
    return of_seconds(Fraction(passed) / picture.rate)


def _frame_after(pts: PtsTable, seconds: Fraction) -> int:
    """The first frame that starts at or after a moment: where a range that ends there ends."""
    frame = pts.frame_at(seconds)
    return frame if pts.start_of(frame) >= seconds else frame + 1


def samples_between(total: int, first: Typed, last: Typed) -> SampleRange:
    """Samples of a typed range of sound: seconds only, since sound has no frames.

    Raises:
        BadRange: Empty, reversed, outside the sound, or not written as seconds.
    """
    start = 0 if first is None else _sample(first)
    end = total if last is None else min(_sample(last), total)
    return SampleRange(start, end)


def _sample(typed: int | str) -> int:
    seconds = _SECONDS.match(str(typed).strip())
    if seconds is None:
        raise BadRange(f"{str(typed)[:40]!r} is no place in sound.", remedy="Write seconds: 12.5s.")
    return int(Fraction(seconds[1]) * SOUND_RATE)
