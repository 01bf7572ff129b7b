"""How good a ranking is. Pure.

Definitions follow Manning, Raghavan and Schütze, *Introduction to Information Retrieval*, chapter 8; nDCG is
Järvelin and Kekäläinen's (2002), with gain 1 for the first hit on each place that is asked for.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DEPTH = 10
"""Hits that count."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Means over queries, all 0..1.

    Attributes:
        queries: How many of them have an answer in the archive.
        recall_1, recall_10: Share with a right hit first, and among the first ten.
        mrr: Mean of 1 / rank of the first right hit; 0 beyond the first ten.
        ndcg: Normalised discounted gain of the first ten hits.
    """

    queries: int
    recall_1: float
    recall_10: float
    mrr: float
    ndcg: float


def gains_of(hits: Iterable[Sequence[int]]) -> list[int]:
    """Gain of each hit, best first: 1 where it is the first on some place.

    Args:
        hits: For each hit, the numbers of the places it lies in.
    """
    seen: set[int] = set()
    gains = []
    for places in hits:
        fresh = set(places) - seen
        gains.append(int(bool(fresh)))
        seen |= fresh
    return gains


def reciprocal_rank(gains: Sequence[int]) -> float:
    """1 / rank of the first right hit among the first :data:`DEPTH`, else 0."""
    return next((1 / rank for rank, gain in enumerate(gains[:DEPTH], start=1) if gain), 0.0)


def ndcg(gains: Sequence[int], places: int) -> float:
    """Discounted gain of the first :data:`DEPTH` hits by that of the best order there can be."""
    best = _discounted([1] * min(places, DEPTH))
    return _discounted(gains[:DEPTH]) / best if best else 0.0


def measured(rankings: Sequence[tuple[Sequence[int], int]]) -> Measured:
    """Means over queries, each given as the gains of its hits and the number of places it asks for."""
    return Measured(
        queries=len(rankings),
        recall_1=_mean([any(gains[:1]) for gains, _ in rankings]),
        recall_10=_mean([any(gains[:DEPTH]) for gains, _ in rankings]),
        mrr=_mean([reciprocal_rank(gains) for gains, _ in rankings]),
        ndcg=_mean([ndcg(gains, places) for gains, places in rankings]),
    )


def share(found: int, of: int) -> float | None:
    """Part of a whole, to four digits; None of nothing."""
    return round(found / of, 4) if of else None


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
