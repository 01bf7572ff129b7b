"""Exact work: neighbours, near-duplicates, clusters, each against the plain definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.exact import ExactIndex, cluster_faces, near_duplicates
from tests.vector_points import unit

VECTORS = unit(np.random.default_rng(9).standard_normal((300, 24)).astype(np.float32))


def _circle(*degrees: float) -> np.ndarray:
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_neighbours_are_those_of_the_full_product() -> None:
    queries = np.random.default_rng(2).standard_normal((5, 24)).astype(np.float32) * 3
    scores, rows = ExactIndex(VECTORS * 2).search(queries, 7)
    product = unit(queries) @ VECTORS.T
    np.testing.assert_array_equal(rows, np.argsort(-product, axis=1)[:, :7])
    np.testing.assert_allclose(scores, -np.sort(-product, axis=1)[:, :7], atol=1e-6)


def test_only_chosen_rows_are_found() -> None:
    among = np.array([3, 50, 77])
    _, rows = ExactIndex(VECTORS).search(VECTORS[:2], 10, among=among)
    assert rows.shape == (2, 3)
    assert {*rows.ravel()} == {3, 50, 77}


def test_nothing_to_search_in_gives_nothing() -> None:
    scores, rows = ExactIndex(VECTORS).search(VECTORS[:2], 10, among=np.empty(0, np.int64))
    assert scores.shape == rows.shape == (2, 0)


def test_the_vectors_handed_in_stay_as_they_are() -> None:
    given_in = VECTORS[:3] * 2
    before = given_in.copy()
    ExactIndex(given_in).search(given_in, 1)
    np.testing.assert_array_equal(given_in, before)


@pytest.mark.slow
@given(seed=st.integers(0, 1000), threshold=st.floats(0.2, 0.95))
def test_near_duplicates_are_all_pairs_above_the_threshold(seed: int, threshold: float) -> None:
    vectors = unit(np.random.default_rng(seed).standard_normal((40, 4)).astype(np.float32))
    product = vectors @ vectors.T
    sure = {(i, j) for i in range(40) for j in range(i + 1, 40) if product[i, j] > threshold + 1e-5}
    possible = {(i, j) for i in range(40) for j in range(i + 1, 40) if product[i, j] > threshold - 1e-5}
    pairs = near_duplicates(vectors, threshold)
    found = [(pair.first, pair.second) for pair in pairs]
    assert sure <= set(found) <= possible
    assert len(found) == len(set(found))
    assert [pair.score for pair in pairs] == sorted((pair.score for pair in pairs), reverse=True)


@pytest.mark.parametrize(
    ("degrees", "groups"),
    [
        ((), []),
        ((10,), [[0]]),
        ((0, 180, 5, 185, 90), [[0, 2], [1, 3], [4]]),
        ((0, 8, 16, 24, 100), [[0, 1, 2, 3], [4]]),
        ((100, 24, 16, 8, 0), [[1, 2, 3, 4], [0]]),
        ((0, 0, 0), [[0, 1, 2]]),
    ],
    ids=["none", "one", "two pairs", "a chain", "a chain backwards", "the same"],
)
def test_faces_joined_by_a_chain_are_one_group(degrees: tuple[float, ...], groups: list[list[int]]) -> None:
    vectors = _circle(*degrees) if degrees else np.empty((0, 2), np.float32)
    assert cluster_faces(vectors, float(np.cos(np.radians(10)))) == groups
