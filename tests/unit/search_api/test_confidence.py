"""From trust in evidence to a word for a hit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.ids import AssetId
from search_api.schemas import SIGNALS, SignalName
from search_api.services.confidence import POSSIBLE, STRONG, Confidence, confidence_of, sureness
from search_api.services.evidence import Evidence
from search_api.services.fuse import Scored

REASONS = st.lists(st.tuples(st.sampled_from(SIGNALS), st.floats(0, 1)), max_size=8)


def scored(signal: SignalName, trust: float) -> Scored:
    return Scored(Evidence(signal, AssetId("a"), 1.0, trust), signal, 0.1)


@pytest.mark.parametrize(
    ("reasons", "sure"),
    [
        ([], 0.0),
        ([("visual", 0.4)], 0.4),
        ([("visual", 0.4), ("visual", 0.3)], 0.4),
        ([("visual", 0.4), ("speech", 0.5)], 0.7),
        ([("visual", 0.1), ("name", 1.0)], 1.0),
    ],
)
def test_signals_support_each_other(reasons: list[tuple[SignalName, float]], sure: float) -> None:
    assert sureness([scored(*reason) for reason in reasons]) == pytest.approx(sure)


@given(REASONS, REASONS)
def test_more_reasons_never_make_less_sure(
    some: list[tuple[SignalName, float]], more: list[tuple[SignalName, float]]
) -> None:
    few, many = ([scored(*reason) for reason in reasons] for reasons in (some, some + more))
    assert 0 <= sureness(few) <= sureness(many) + 1e-12 <= 1 + 1e-9


@pytest.mark.parametrize(
    ("sure", "word"),
    [(0.0, "weak"), (POSSIBLE - 0.01, "weak"), (POSSIBLE, "possible"), (STRONG, "strong"), (1.0, "strong")],
)
def test_words_for_sureness(sure: float, word: Confidence) -> None:
    assert confidence_of(sure) == word
