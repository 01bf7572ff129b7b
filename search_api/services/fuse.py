"""Weighted reciprocal rank fusion: rankings whose scores do not compare become one. Pure."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from foundation.ids import AssetId
from search_api.services.evidence import Evidence, Ranking
from search_api.services.weights import EVEN, Tilt

T = TypeVar("T")

RANK_OFFSET = 20
"""Cormack's k: the larger, the less the first ranks stand out. Smaller than the usual 60, because in a small
archive every asset is somewhere in the visual ranking."""

TURN = 2
"""Moments of one asset before others get their turn."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Evidence with what it adds to the fused score."""

    evidence: Evidence
    ranking: str
    points: float


def in_turns(items: Iterable[T], owners: Iterable[Hashable], *, turn: int = TURN) -> list[T]:
    """Reorder so that each owner shows ``turn`` items before any owner shows more; else the order stays."""
    seen: dict[Hashable, int] = {}
    rounds: dict[int, list[T]] = {}
    for item, owner in zip(items, owners, strict=True):
        count = seen.get(owner, 0)
        seen[owner] = count + 1
        rounds.setdefault(count // turn, []).append(item)
    return [item for number in sorted(rounds) for item in rounds[number]]


def scored(ranking: Ranking, factor: float = 1.0) -> list[Scored]:
    """Give every piece of evidence its points; one asset cannot fill the first ranks."""
    weight = ranking.weight * factor
    ordered = in_turns(ranking.evidence, [item.asset for item in ranking.evidence])
    return [
        Scored(item, ranking.name, weight * item.trust / (RANK_OFFSET + rank))
        for rank, item in enumerate(ordered, start=1)
    ]


def by_asset(rankings: Sequence[Ranking], tilt: Tilt = EVEN) -> dict[AssetId, list[Scored]]:
    """All evidence of each asset, the asset with the most points first (its best of each ranking counts)."""
    found: dict[AssetId, list[Scored]] = {}
    for ranking in rankings:
        for item in scored(ranking, tilt.get(ranking.name, 1.0)):
            found.setdefault(item.evidence.asset, []).append(item)
    return dict(sorted(found.items(), key=lambda entry: -total(entry[1])))


def total(evidence: Iterable[Scored]) -> float:
    """Fused score: the best of each ranking, added up."""
    best: dict[str, float] = {}
    for item in evidence:
        best[item.ranking] = max(best.get(item.ranking, 0.0), item.points)
    return sum(best.values())
