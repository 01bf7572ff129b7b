"""Pictures that look like what is excluded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.vector_index import Payload, VectorMatch
from foundation.ids import AssetId
from search_api.services.background import Background
from search_api.services.evidence import Evidence
from search_api.services.likeness import Excluded, Likeness, likeness_of

WANTED = Background(mean=0.0, chance=0.2, spread=0.05)
AWAY = Background(mean=0.0, chance=0.3, spread=0.1)


def match(asset: str, score: float) -> VectorMatch:
    payload = Payload(AssetId(asset), "col", "loc", "STANDARD", "video", position=5, in_frame=0, out_frame=9)
    return VectorMatch(score, payload)


def evidence(asset: str, position: int | None = 5) -> Evidence:
    return Evidence("visual", AssetId(asset), 0.3, 0.8, position=position, source="toy")


def test_lifts_are_compared_not_cosines() -> None:
    """.30 is 2 spreads above chance for what is wanted; for what is excluded .50 is."""
    found = likeness_of(
        [match("a", 0.30), match("b", 0.30)], WANTED, [Excluded("snow", AWAY, [match("a", 0.50)])]
    )
    assert found.shares[(AssetId("a"), 5)] == pytest.approx(0.5)
    assert found.shares[(AssetId("b"), 5)] == 1.0
    assert "“snow”" in found.notes[0]


def test_what_is_more_like_the_excluded_says_so() -> None:
    found = likeness_of(
        [match("a", 0.25), match("b", 0.35)], WANTED, [Excluded("snow", AWAY, [match("a", 0.6)])]
    )
    lowered, kept = found.applied(evidence("a")), found.applied(evidence("b"))
    assert lowered.trust < 0.1
    assert lowered.source == "toy; also like what is excluded"
    assert kept == evidence("b")


def test_unknown_places_keep_their_trust() -> None:
    assert Likeness().applied(evidence("a")) == evidence("a")
    assert likeness_of([], WANTED, []).applied(evidence("a", None)) == evidence("a", None)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=4), st.floats(-1, 1))
def test_more_exclusions_never_raise_a_share(scores: list[float], wanted: float) -> None:
    shares = [
        likeness_of(
            [match("a", wanted)], WANTED, [Excluded("x", AWAY, [match("a", s)]) for s in scores[:count]]
        ).shares[(AssetId("a"), 5)]
        for count in range(len(scores) + 1)
    ]
    assert shares == sorted(shares, reverse=True)
    assert all(0.0 <= share <= 1.0 for share in shares)
