"""``NOT snow`` among pictures: shots that look like what is excluded count less. Pure.

No picture can be excluded for certain, so none is dropped; the reply says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from embeddings.vector_index import VectorMatch
from foundation.ids import AssetId
from search_api.services.background import Background
from search_api.services.evidence import Evidence

_UNLIKELY = 0.5

Place = tuple[AssetId, int | None]
"""An asset and the frame of a vector in it."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """Words that pictures should not look like, and what looks most like them."""

    text: str
    background: Background
    matches: Sequence[VectorMatch]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far a picture is what is wanted rather than what is excluded: 0..1, by place; 1 where unknown."""

    shares: Mapping[Place, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def applied(self, evidence: Evidence) -> Evidence:
        """The evidence with its trust lowered, and a word about it where that matters."""
        share = self.shares.get((evidence.asset, evidence.position))
        if share is None:
            return evidence
        trust = evidence.trust * share
        if share >= _UNLIKELY:
            return replace(evidence, trust=trust)
        return replace(evidence, trust=trust, source=f"{evidence.source}; also like what is excluded")


def likeness_of(
    matches: Sequence[VectorMatch], background: Background, excluded: Sequence[Excluded]
) -> Likeness:
    """Compare matches of what is wanted with those of each excluded text.

    Cosines with different sentences do not compare, lifts over their backgrounds do: the share is the
    logistic function of the difference of two lifts, as of a choice between two classes.
    """
    lifts = _lifts(matches, background)
    shares = dict.fromkeys(lifts, 1.0)
    for item in excluded:
        away = _lifts(item.matches, item.background)
        for place in lifts.keys() & away.keys():
            shares[place] /= 1.0 + math.exp(min(away[place] - lifts[place], 50.0))
    listed = ", ".join(f"“{item.text}”" for item in excluded)
    note = f"Pictures cannot be excluded for certain: shots that look like {listed} count less."
    return Likeness(shares, (note,))


def _lifts(matches: Sequence[VectorMatch], background: Background) -> dict[Place, float]:
    return {_place(match): background.lift(match.score) for match in matches}


def _place(match: VectorMatch) -> Place:
    payload = match.place
    return payload.asset, None if payload.in_frame is None else payload.position
