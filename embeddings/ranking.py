"""A stable order of matches, whatever order an engine gives equal scores in."""

from collections.abc import Callable

from embeddings.vector_index import VectorMatch


def ranked(nearest: Callable[[int], list[VectorMatch]], limit: int) -> list[VectorMatch]:
    """Best first, equal scores by asset and ordinal.

    Args:
        nearest: The engine's own answer of at most so many matches, best first.
        limit: Most matches; ties across the limit are fetched whole before they are cut.
    """
    asked = limit + 1
    found = nearest(asked)
    while len(found) == asked and found[limit - 1].score == found[-1].score:
        asked *= 4
        found = nearest(asked)
    return sorted(found, key=_order)[:limit]


def _order(match: VectorMatch) -> tuple[float, str, int]:
    return -match.score, match.place.asset, match.place.ordinal
