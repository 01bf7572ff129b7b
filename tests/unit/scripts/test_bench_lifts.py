"""The statistics that benchmarks of confidence print."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.bench.lifts import Asked, _area, _even

FEW = st.lists(st.integers(-5, 5), min_size=1, max_size=20)


@given(FEW, FEW)
def test_the_area_is_how_often_a_positive_one_lies_above(positive: list[int], negative: list[int]) -> None:
    values = np.array(positive + negative, np.float32)
    flags = np.arange(len(values)) < len(positive)
    pairs = [(one > other) + (one == other) / 2 for one in positive for other in negative]
    assert _area(values, flags) == pytest.approx(sum(pairs) / len(pairs), abs=1e-6)
    assert _area(-values, flags) == pytest.approx(1 - _area(values, flags), abs=1e-6)


@given(st.floats(-3, 3))
def test_the_lift_of_an_even_chance_is_found_again(even: float) -> None:
    random = np.random.default_rng(1)
    lifts = random.normal(even, 2, 20_000).astype(np.float32)
    right = random.random(20_000) < 1 / (1 + np.exp(even - lifts))
    nothing = np.zeros((0, 0), np.float32)
    asked = Asked(nothing, lifts, right, np.ones(20_000, bool), nothing)
    assert _even("any", asked).value == pytest.approx(even, abs=0.15)
