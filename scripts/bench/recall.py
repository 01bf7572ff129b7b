"""How many of the nearest shots an index finds, beside exact search over the same vectors."""

from collections.abc import Container, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.query import AssetFilter
from embeddings.encoder import Vectors
from embeddings.exact import ExactIndex
from embeddings.vector_index import Place, VectorIndex
from foundation.ids import AssetId
from scripts.bench.report import Figure

DEPTH = 10
LEAST = 0.98
_LOOK = 60
"""Matches that a search asks the engine for."""


def recalls(
    index: VectorIndex,
    space: str,
    shots: Vectors,
    films: Sequence[AssetId],
    queries: Vectors,
    cases: Mapping[str, tuple[AssetFilter, NDArray[np.bool_]]],
) -> list[Figure]:
    """One figure for each case.

    Args:
        index: What is measured.
        space: Where the shots lie.
        shots: [n, dim] of all films in turn, the same number of each.
        films: In that order; the index may hold others, which are left out of its answers.
        queries: [q, dim].
        cases: By name, a filter and which films pass it, [films]; those that none passes are left out.
    """
    exact = ExactIndex(shots.astype(np.float16).astype(np.float32))
    each = len(shots) // len(films)
    first = {film: number * each for number, film in enumerate(films)}
    figures = []
    for name, (where, passing) in cases.items():
        if not passing.any():
            continue
        _, truth = exact.search(queries, DEPTH, among=np.flatnonzero(np.repeat(passing, each)))
        found = [
            {first[place.asset] + place.ordinal for place in _places(index, space, query, where, first)}
            for query in queries
        ]
        hits = sum(len(rows & set(near.tolist())) for rows, near in zip(found, truth, strict=True))
        figures.append(Figure(f"recall@{DEPTH}, {name}", hits / truth.size, "", "at least", LEAST))
    return figures


def _places(
    index: VectorIndex, space: str, query: Vectors, where: AssetFilter, films: Container[AssetId]
) -> list[Place]:
    places = (match.place for match in index.search(space, query, where, _LOOK))
    return [place for place in places if place.asset in films][:DEPTH]
