"""Which signals a query leans to."""

import pytest

from foundation.ids import AssetId
from search_api.services.evidence import Evidence, Ranking
from search_api.services.fuse import by_asset
from search_api.services.parse import read_words
from search_api.services.weights import EVEN, TO_PICTURE, TO_SPEECH, Tilt, tilt_of


@pytest.mark.parametrize(
    ("query", "tilt"),
    [
        ("ask what you can do", TO_SPEECH),
        ("who is coming", TO_SPEECH),
        ("Tell me where it is", TO_SPEECH),
        ("a man walking by the sea", TO_PICTURE),
        ("Two dogs in the snow", TO_PICTURE),
        ("harbour at night", EVEN),
        ("volcano", EVEN),
        ("…", EVEN),
    ],
)
def test_a_query_leans_by_how_it_is_put(query: str, tilt: Tilt) -> None:
    assert tilt_of(read_words(query)) == tilt


def test_a_tilt_can_turn_the_order() -> None:
    seen = Ranking("visual", 1.0, [Evidence("visual", AssetId("seen"), 0.3)])
    said = Ranking("speech", 0.9, [Evidence("speech", AssetId("said"), 3.0)])
    assert list(by_asset([seen, said])) == ["seen", "said"]
    assert list(by_asset([seen, said], TO_SPEECH)) == ["said", "seen"]
