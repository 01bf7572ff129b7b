"""Evidence of one asset becomes moments: ranges that answer the query. Pure.

Spans are half-open and in the asset's own unit: frames of picture, 48 kHz samples of a sound-only asset.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from foundation.ids import AssetId
from foundation.timecode import FrameRange, PtsTable, SampleRange
from search_api.services.confidence import sureness
from search_api.services.evidence import Evidence
from search_api.services.fuse import Scored, total
from search_api.services.parse import ParsedText

AS_GOOD = 0.98
"""A neighbouring shot joins a moment when neither scores less than this share of the other."""

LONGEST = 750
"""Frames that a moment of several shots spans at most (half a minute at 25 frames per second)."""


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in the asset's own unit."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Say whether the two share anything."""
        return self.start < other.end and other.start < self.end

    def touches(self, other: "Span") -> bool:
        """Say whether one begins where the other ends, or they overlap."""
        return self.start <= other.end and other.start <= self.end

    def joined(self, other: "Span") -> "Span":
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Moment:
    """A place that answers the query.

    Attributes:
        span: None stands for the whole asset.
        duplicates: Places in other assets that show the same pictures, one per asset.
        steps: Of a sequence (``A then B``): the moment of each step.
    """

    asset: AssetId
    span: Span | None
    evidence: tuple[Scored, ...]
    duplicates: tuple["Moment", ...] = ()
    steps: tuple["Moment", ...] = ()

    @property
    def score(self) -> float:
        """Fused score; of a sequence the geometric mean of its steps' scores."""
        if self.steps:
            return math.prod(step.score for step in self.steps) ** (1 / len(self.steps))
        return total(self.evidence)

    @property
    def anchor(self) -> int:
        """When it happens, in the unit of the span: the frame that looks best, else where it begins."""
        first = self.evidence[0].evidence if self.evidence else None
        if first is not None and first.signal == "visual" and first.position is not None:
            return first.position
        return 0 if self.span is None else self.span.start

    def meets(self, other: "Moment") -> bool:
        """Say whether both stand for the same place, or share some of it."""
        if self.span is None or other.span is None:
            return self.asset == other.asset and self.span is other.span
        return self.asset == other.asset and self.span.overlaps(other.span) and not _are_apart(self, other)

    @property
    def sureness(self) -> float:
        """0..1: how likely it is right; a sequence is no surer than its least sure step."""
        if self.steps:
            return min(step.sureness for step in self.steps)
        return sureness(self.evidence)

    @property
    def has_phrases(self) -> bool:
        """Say whether every quoted phrase was found in one of its texts."""
        return any(item.evidence.has_phrases for item in self.evidence)

    def answers(self, text: ParsedText) -> bool:
        """Say whether everything exact that was asked for is found here, each in its place."""
        if not text.is_exact:
            return True
        scoped = {item.evidence.signal for item in self.evidence if item.evidence.has_scoped}
        return (
            (self.has_phrases or not text.phrases)
            and ("speech" in scoped or not text.said)
            and ("onscreen" in scoped or not text.onscreen)
        )


def moments_of(asset: AssetId, evidence: Sequence[Scored], pts: PtsTable | None) -> list[Moment]:
    """Group evidence into moments, best first.

    Words said or read, then the strongest evidence, set a moment's range; what overlaps it supports it; a
    neighbouring shot that matches as well extends it. Evidence of the whole asset supports every moment.
    """
    placed: list[Moment] = []
    ordered = sorted(evidence, key=lambda item: (not item.evidence.is_definite, -item.points))
    for item in ordered:
        span = span_of(item.evidence, pts)
        if span is not None:
            _place(placed, Moment(asset, span, (item,)), span)
    whole = tuple(item for item in ordered if item.evidence.is_whole)
    found = [_supported(moment, whole) for moment in placed] or [Moment(asset, None, whole)]
    return sorted(found, key=lambda moment: -moment.score)


def _supported(moment: Moment, evidence: tuple[Scored, ...]) -> Moment:
    return replace(moment, evidence=(*moment.evidence, *evidence)) if evidence else moment


def span_of(evidence: Evidence, pts: PtsTable | None) -> Span | None:
    """Where the evidence lies in the asset's own unit; ``pts`` is None for sound-only assets and stills."""
    return span_at(evidence.frames, evidence.sound, pts)


def span_at(frames: FrameRange | None, sound: SampleRange | None, pts: PtsTable | None) -> Span | None:
    """A range of picture or sound in the asset's own unit; None for the whole asset."""
    if frames is None and sound is not None:
        if pts is None:
            return Span(sound.start, sound.end)
        frames = pts.frames_of(sound)
    return None if frames is None else Span(frames.in_frame, frames.out_frame)


def capped(moments: Iterable[Moment], most: int) -> list[Moment]:
    """At most so many moments of each asset, the first ones."""
    seen: dict[AssetId, int] = {}
    kept: list[Moment] = []
    for moment in moments:
        seen[moment.asset] = seen.get(moment.asset, 0) + 1
        if seen[moment.asset] <= most:
            kept.append(moment)
    return kept


def as_frames(span: Span) -> FrameRange:
    """The span of a picture as frames."""
    return FrameRange(span.start, span.end)


def _place(placed: list[Moment], new: Moment, span: Span) -> None:
    """Let new evidence support or extend the best moment it meets, or open its own."""
    start, end = span.start, span.end
    for number, moment in enumerate(placed):
        # Most lie elsewhere; a call for each would be most of the work in a film with many matches.
        there = moment.span
        if there is None or there.start > end or start > there.end:
            continue
        joined = _joined(moment, new)
        if joined is not None:
            placed[number] = joined
            return
    placed.append(new)


def _joined(moment: Moment, new: Moment) -> Moment | None:
    if moment.span is None or new.span is None or not moment.span.touches(new.span):
        return None
    if _are_apart(moment, new):
        return None
    evidence, both = (*moment.evidence, *new.evidence), moment.span.joined(new.span)
    if both.end - both.start <= LONGEST and _as_good(moment, new):
        return replace(moment, span=both, evidence=evidence)
    return replace(moment, evidence=evidence) if moment.span.overlaps(new.span) else None


def _are_apart(one: Moment, other: Moment) -> bool:
    """Say whether one was heard after the other, though a frame may show during both."""
    first, second = (
        moment.evidence[0].evidence.sound if moment.evidence else None for moment in (one, other)
    )
    return first is not None and second is not None and not first.overlaps(second)


def _as_good(moment: Moment, new: Moment) -> bool:
    first, second = moment.evidence[0], new.evidence[0]
    same = first.ranking == second.ranking and second.evidence.frames is not None
    low, high = sorted((first.evidence.score, second.evidence.score))
    return same and low >= AS_GOOD * high > 0
