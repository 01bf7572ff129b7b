"""Chosen moments in a row, as an editing program wants them: sources with reels and timecode, and cuts.

Everything is counted in whole frames of a source's *conform rate*: the constant rate at which an editing
program takes the file. It is the source's own rate, unless that varies; then a frame's place is where it
falls on the nearest standard rate.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from foundation.errors import BadRange, TimelineUnsupported
from foundation.timecode import FrameRange, PtsTable, count_of, label_of, supports_drop_frame
from media.probe import STANDARD_RATES

Against = Literal["proxy", "master"]
Format = Literal["edl", "otio", "fcpxml"]
MEDIA_TYPES: Mapping[Format, str] = {
    "edl": "text/plain; charset=utf-8",
    "otio": "application/vnd.pixar.opentimelineio+json",
    "fcpxml": "application/xml",
}
USUAL_RATE = Fraction(25)
"""Rate of a timeline that holds no picture with a rate of its own."""
STILL_SECONDS = 5
"""How long a still stands."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_NOT_REEL = re.compile(r"[^A-Z0-9_]+")
_LONGEST_REEL = 8


@dataclass(frozen=True, slots=True)
class Media:
    """One file that a source can be played from.

    Attributes:
        url: Where it is: ``file:`` or ``s3:`` URL.
        name: Its file name, as an editing program lists it.
        start: Frames since midnight at which its own timecode begins; 0 where it has none.
        channels: Channels of each of its sound tracks, in order.
    """

    url: str
    name: str
    start: int = 0
    width: int | None = None
    height: int | None = None
    channels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An asset as an editing program takes it.

    Attributes:
        asset: Its id.
        kind: ``video``, ``still`` or ``sound``.
        reel: Whole reel name.
        rate: Conform rate.
        frames: Length in frames of that rate.
        drop_frame: Its timecode counts drop-frame.
        has_timecode: It has a start timecode; else frame 0 is 00:00:00:00.
        media: Proxy and master, those that exist.
        sample_rate: Of its sound.
        sha256: Digest of the master.
        notes: What an editor must know: said in the file.
    """

    asset: str
    kind: Literal["video", "still", "sound"]
    reel: str
    rate: Fraction
    frames: int
    media: Mapping[Against, Media]
    drop_frame: bool = False
    has_timecode: bool = False
    sample_rate: int = 48_000
    sha256: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """A range of a source on the timeline.

    Attributes:
        frames: In frames of the source's conform rate.
        asset_frames: The same in presented-frame ordinals of the asset; None for stills and sound.
    """

    source: Source
    frames: FrameRange
    asset_frames: FrameRange | None = None

    def with_handles(self, handles: int) -> "Cut":
        """The cut with up to so many more frames at either end."""
        if not handles or self.source.kind == "still":
            return self
        last = min(self.frames.out_frame + handles, max(self.source.frames, self.frames.out_frame))
        return replace(self, frames=FrameRange(max(self.frames.in_frame - handles, 0), last))


@dataclass(frozen=True, slots=True)
class Timeline:
    """Cuts one after the other.

    Attributes:
        rate: Frames per second of the record side.
        drop_frame: The record side counts drop-frame.
        record_start: Frames since midnight at which the first cut lies.
        against: Which media the cuts refer to.
    """

    name: str
    rate: Fraction
    drop_frame: bool
    record_start: int
    cuts: tuple[Cut, ...]
    against: Against

    def media(self, cut: Cut) -> Media:
        """The file that a cut plays."""
        return cut.source.media[self.against]

    def length(self, cut: Cut) -> int:
        """Frames that a cut takes on the record side; at least one."""
        return max(1, round(len(cut.frames) * self.rate / cut.source.rate))

    def source_label(self, cut: Cut, frame: int) -> str:
        """Timecode of a frame of a cut's source."""
        source = cut.source
        return label_of(self.media(cut).start + frame, source.rate, drop_frame=source.drop_frame)

    def record_label(self, frame: int) -> str:
        """Timecode of a frame of the record side, counted from its start."""
        return label_of(self.record_start + frame, self.rate, drop_frame=self.drop_frame)


def make_timeline(
    name: str,
    cuts: Sequence[Cut],
    against: Against,
    *,
    rate: Fraction | None = None,
    handles: int = 0,
    hour: int = 1,
) -> Timeline:
    """Put cuts in a row.

    Args:
        name: Title.
        cuts: In order; at least one.
        against: Which media they refer to.
        rate: Of the record side; None takes the rate that most pictures have, the earlier on a tie.
        handles: Frames added at either end of every cut, as far as its source goes.
        hour: Hour of the record side's first frame, 0..23.

    Raises:
        BadRange: There are no cuts.
        TimelineUnsupported: A cut's source has no such media.
    """
    if not cuts:
        raise BadRange(
            "A timeline needs at least one moment.", remedy="Name moments, or a search that has some."
        )
    lacking = [cut.source.asset for cut in cuts if against not in cut.source.media]
    if lacking:
        raise TimelineUnsupported(
            f"There is no {against} of {', '.join(dict.fromkeys(lacking))}.",
            remedy="Index it first, or make the timeline against the master.",
        )
    chosen = rate or usual_rate(cuts)
    drop_frame = _counts_drop_frame(cuts, chosen)
    start, _ = count_of(f"{hour:02d}:00:00{';' if drop_frame else ':'}00", chosen)
    following = tuple(_at_rate(cut, chosen).with_handles(handles) for cut in cuts)
    return Timeline(clean(name) or "Rekindle", chosen, drop_frame, start, following, against)


def usual_rate(cuts: Sequence[Cut]) -> Fraction:
    """The rate that most pictures of a row have; the earlier one on a tie."""
    rates = Counter(cut.source.rate for cut in cuts if cut.source.kind == "video")
    return rates.most_common(1)[0][0] if rates else USUAL_RATE


def _counts_drop_frame(cuts: Sequence[Cut], rate: Fraction) -> bool:
    labelled = [c.source.drop_frame for c in cuts if c.source.has_timecode and c.source.rate == rate]
    return supports_drop_frame(rate) and bool(labelled) and all(labelled)


def _at_rate(cut: Cut, rate: Fraction) -> Cut:
    """Sound and stills have no frames of their own: they are counted in the timeline's."""
    source = cut.source
    if source.kind == "video" or source.rate == rate:
        return cut
    factor = rate / source.rate
    first = int(cut.frames.in_frame * factor)
    last = max(-int(-cut.frames.out_frame * factor // 1), first + 1)
    frames = max(-int(-source.frames * factor // 1), 1)
    return replace(cut, source=replace(source, rate=rate, frames=frames), frames=FrameRange(first, last))


def conform_rate(rate: Fraction, *, variable: bool) -> Fraction:
    """The constant rate at which an editing program takes a file: its own, or the nearest standard one."""
    return min(STANDARD_RATES, key=lambda standard: abs(standard - rate)) if variable else rate


def conformed(frames: FrameRange, pts: PtsTable, rate: Fraction) -> FrameRange:
    """Presented frames of a file whose rate varies, as frames of a constant rate; at least one."""
    first = round(pts.start_of(frames.in_frame) * rate)
    return FrameRange(first, max(round(pts.start_of(frames.out_frame) * rate), first + 1))


def presented(frames: FrameRange, pts: PtsTable, rate: Fraction) -> FrameRange:
    """The presented frames on screen during a range of constant-rate frames: the way back."""
    first = pts.frame_at(Fraction(frames.in_frame) / rate + Fraction(1, 2) / rate)
    last = pts.frame_at(Fraction(frames.out_frame) / rate - Fraction(1, 2) / rate)
    return FrameRange(first, max(last, first) + 1)


def clean(text: str) -> str:
    """Text on one line, without what UTF-8 and XML cannot carry."""
    return " ".join(_CONTROL.sub(" ", text).split())


def cmx_reel(name: str) -> str:
    """The reel name that CMX 3600 can carry: eight capital letters, digits and underscores.

    Letters lose their accents; what has no Latin form is left out, and ``REEL`` stands where nothing is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    return _NOT_REEL.sub("_", plain).strip("_")[:_LONGEST_REEL] or "REEL"


def cmx_reels(sources: Sequence[Source]) -> dict[str, str]:
    """A CMX reel for each asset: different reels stay different when they are cut short."""
    taken: dict[str, str] = {}
    found: dict[str, str] = {}
    for source in sources:
        short = cmx_reel(source.reel)
        number = 1
        while taken.setdefault(short, source.reel) != source.reel:
            number += 1
            short = f"{cmx_reel(source.reel)[: _LONGEST_REEL - len(str(number))]}{number}"
        found[source.asset] = short
    return found
