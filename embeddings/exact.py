"""Exact work over whole sets of vectors, on FAISS: ground truth, near-duplicates, face clusters."""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that are alike; ``first < second``; ``score`` is the cosine."""

    first: int
    second: int
    score: float


class ExactIndex:
    """Every vector compared with every query.

    Args:
        vectors: [n, dim]; normalised on the way in.
    """

    def __init__(self, vectors: Vectors) -> None:
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(_unit(vectors))

    def search(
        self, queries: Vectors, limit: int, *, among: NDArray[np.int64] | None = None
    ) -> tuple[Vectors, NDArray[np.int64]]:
        """Nearest rows of each query.

        Args:
            queries: [q, dim].
            limit: Most rows per query.
            among: Rows that may be found; None allows all.

        Returns:
            Cosines and row numbers, both [q, k] with k ≤ limit, best first.
        """
        most = min(limit, self._index.ntotal if among is None else len(among))
        if most == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        if among is None:
            return self._index.search(_unit(queries), most)
        chosen = faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))  # type: ignore[call-arg]
        return self._index.search(_unit(queries), most, params=chosen)

    def pairs(self, vectors: Vectors, threshold: float) -> list[tuple[int, int, float]]:
        """All (query row, stored row, cosine) with a cosine above ``threshold``, in order of rows."""
        return _ranges(self._index, _unit(vectors), threshold) if len(vectors) else []


def products_above(queries: Vectors, stored: Vectors, threshold: float) -> list[tuple[int, int, float]]:
    """All (query row, stored row, product) with an inner product above ``threshold``, in order of rows.

    Nothing is normalised: against the mean of some unit vectors, the product is the mean cosine to them.

    Args:
        queries: [q, dim].
        stored: [n, dim].
        threshold: Least product, excluded.
    """
    if len(queries) == 0 or len(stored) == 0:
        return []
    index = faiss.IndexFlatIP(stored.shape[1])
    index.add(np.ascontiguousarray(stored, dtype=np.float32))
    return _ranges(index, np.ascontiguousarray(queries, dtype=np.float32), threshold)


def near_duplicates(vectors: Vectors, threshold: float) -> list[Pair]:
    """Pairs of rows whose cosine is above ``threshold``, the most alike first.

    Args:
        vectors: [n, dim] of one space.
        threshold: Cosine in -1..1.
    """
    if len(vectors) == 0:
        return []
    found = ExactIndex(vectors).pairs(vectors, threshold)
    pairs = [Pair(first, second, score) for first, second, score in found if first < second]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))


def cluster_faces(vectors: Vectors, threshold: float) -> list[list[int]]:
    """Group rows that are joined by a chain of pairs above ``threshold``.

    Args:
        vectors: [n, dim] of one face space.
        threshold: Cosine above which two faces are probably one person.

    Returns:
        Rows of each group in order; the largest group first, singles last, equal sizes by first row.
    """
    parents = list(range(len(vectors)))
    for pair in near_duplicates(vectors, threshold):
        parents[_root(parents, pair.second)] = _root(parents, pair.first)
    groups: dict[int, list[int]] = {}
    for row in range(len(vectors)):
        groups.setdefault(_root(parents, row), []).append(row)
    return sorted(groups.values(), key=lambda rows: (-len(rows), rows[0]))


def _root(parents: list[int], row: int) -> int:
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row


def _ranges(index: faiss.IndexFlatIP, queries: Vectors, threshold: float) -> list[tuple[int, int, float]]:
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(queries), _ROWS_AT_ONCE):
        bounds, scores, rows = index.range_search(queries[start : start + _ROWS_AT_ONCE], threshold)
        owners = start + np.repeat(np.arange(len(bounds) - 1), np.diff(bounds.astype(np.int64)))
        found.extend(zip(owners.tolist(), rows.tolist(), scores.tolist(), strict=True))
    return sorted(found)


def _unit(vectors: Vectors) -> Vectors:
    copied = np.array(vectors, dtype=np.float32, order="C", ndmin=2)
    faiss.normalize_L2(copied)
    return copied
