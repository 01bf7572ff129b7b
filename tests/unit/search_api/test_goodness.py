"""What counts as found."""

import pytest

from search_api.schemas import AssetRef, Hit, Master, Match, Playback
from search_api.services.goodness import is_good


@pytest.mark.parametrize(
    ("confidence", "signals", "good"),
    [
        ("strong", ["visual"], True),
        ("possible", ["visual"], True),
        ("weak", ["visual", "speech"], False),
        (None, ["visual"], False),
        (None, ["visual", "speech"], True),
        (None, ["name"], True),
        (None, [], False),
    ],
)
def test_good_means_sure_enough_or_more_than_a_look(confidence: str, signals: list[str], good: bool) -> None:
    hit = Hit(
        asset=AssetRef(id="ast_1", name="a", uri=""),
        in_frame=None,
        out_frame=None,
        start=None,
        end=None,
        timecode=None,
        score=0.1,
        confidence=confidence,
        matched=[Match(signal=name, score=1.0, why="because") for name in signals],
        playback=Playback(url=None, start=None),
        master=Master(storage_class="STANDARD", restore="none", eta_seconds=None, cost_usd=None),
    )
    assert is_good(hit) is good
