"""The more there is to search, the wider it is searched; never narrower than what is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.graph_width import graph_width


@pytest.mark.parametrize(
    ("points", "limit", "width"),
    [
        (0, 10, 1024),
        (100_000, 60, 1024),
        (262_144, 60, 1024),
        (1_000_000, 60, 2000),
        (10_000_000, 60, 6324),
        (100, 5000, 10_000),
    ],
)
def test_the_width_follows_the_number_of_points(points: int, limit: int, width: int) -> None:
    assert graph_width(points, limit) == width


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(1, 10**5))
def test_it_never_narrows(points: int, more: int, limit: int) -> None:
    assert 2 * limit <= graph_width(points, limit) <= graph_width(points + more, limit)
