"""``A then B``: moments of the same asset in order of time, each near enough to the one before. Pure.

A sequence scores the product of its steps' scores, as VISIONE has it (Amato et al., Journal of Imaging 7/5,
2021), brought back to the scale of one score by the root of its length, which leaves the order alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from catalog.model import Asset, AssetKind, AssetTimeline
from foundation.timecode import SOUND_RATE
from search_api.services.moments import Moment, Span

_CANDIDATES = 20
"""Moments of one asset that are tried for a step, the best."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A moment in seconds.

    Attributes:
        anchor: When it happens, between start and end.
        score: Fused score of the moment.
    """

    moment: Moment
    start: float
    end: float
    anchor: float
    score: float


@dataclass(frozen=True, slots=True)
class Chain:
    """Moments that follow each other; ``score`` is the product of theirs."""

    parts: tuple[Timed, ...]
    score: float

    def reaches(self, following: Timed, within: float) -> bool:
        """Say whether a moment happens after the last one, and begins ``within`` s of its end."""
        last = self.parts[-1]
        return last.anchor < following.anchor and following.start <= last.end + within

    def extended(self, following: Timed) -> "Chain":
        """The chain with one more moment."""
        return Chain((*self.parts, following), self.score * following.score)


def chains_of(steps: Sequence[Sequence[Timed]], within: Sequence[float]) -> list[Chain]:
    """The best chain to each moment of the last step, best first, none through another's time.

    Args:
        steps: Moments of one asset, for each step.
        within: Most seconds before each step but the first.
    """
    best = [Chain((timed,), timed.score) for timed in _most(steps[0])]
    for candidates, limit in zip(steps[1:], within, strict=True):
        reached = (_best_before(best, timed, limit) for timed in _most(candidates))
        best = [chain for chain in reached if chain is not None]
    kept: list[Chain] = []
    for chain in sorted(best, key=lambda chain: (-chain.score, chain.parts[0].start)):
        if not any(_overlap(chain, other) for other in kept):
            kept.append(chain)
    return kept


def sequence_of(chain: Chain) -> Moment:
    """One moment from the first step to the last."""
    parts = _parted([timed.moment for timed in chain.parts])
    spans = [part.span for part in parts if part.span is not None]
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    evidence = tuple(item for part in parts for item in part.evidence)
    return Moment(parts[0].asset, whole, evidence, steps=parts)


def timed(moment: Moment, asset: Asset, timeline: AssetTimeline | None) -> Timed | None:
    """The moment in seconds; None where it has no time: of stills, or of the asset as a whole."""
    if moment.span is None or asset.kind is AssetKind.STILL:
        return None
    clock = _clock(asset, timeline)
    return Timed(moment, clock(moment.span.start), clock(moment.span.end), clock(moment.anchor), moment.score)


def _clock(asset: Asset, timeline: AssetTimeline | None) -> Callable[[int], float]:
    """Seconds of a place in the asset's own unit."""
    pts = None if timeline is None or asset.kind is AssetKind.SOUND else timeline.pts
    if pts is None:
        return lambda place: place / SOUND_RATE
    return lambda place: float(pts.start_of(min(place, len(pts))))


def _parted(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Steps found in one shot share it: it is cut in the middle between the frames that look best."""
    parts = list(moments)
    for place, (one, other) in enumerate(pairwise(moments)):
        cut = (one.anchor + other.anchor + 1) // 2
        if one.span is not None and other.span is not None and other.span.start < cut < one.span.end:
            parts[place] = replace(parts[place], span=Span(_start(parts[place]), cut))
            parts[place + 1] = replace(other, span=Span(cut, max(other.span.end, cut + 1)))
    return tuple(parts)


def _start(moment: Moment) -> int:
    return 0 if moment.span is None else moment.span.start


def _most(candidates: Sequence[Timed]) -> list[Timed]:
    return sorted(candidates, key=lambda timed: -timed.score)[:_CANDIDATES]


def _best_before(chains: Sequence[Chain], following: Timed, within: float) -> Chain | None:
    reaching = (chain for chain in chains if chain.reaches(following, within))
    best = max(reaching, key=lambda chain: chain.score, default=None)
    return None if best is None else best.extended(following)


def _overlap(one: Chain, other: Chain) -> bool:
    return one.parts[0].start < other.parts[-1].end and other.parts[0].start < one.parts[-1].end
