"""What counts as found."""

import pytest

from search_api.schemas import AssetRef, Hit, Master, Match, Playback
from search_api.services.goodness import is_good


@pytest.mark.parametrize(("confidence", "good"), [("strong", True), ("possible", True), ("weak", False)])
def test_good_means_sure_enough(confidence: str, good: bool) -> None:
    hit = Hit(
        asset=AssetRef(id="ast_1", name="a", uri=""),
        in_frame=None,
        out_frame=None,
        start=None,
        end=None,
        timecode=None,
        score=0.1,
        confidence=confidence,
        matched=[Match(signal="visual", score=1.0, why="because")],
        playback=Playback(url=None, start=None),
        master=Master(storage_class="STANDARD", restore="none", eta_seconds=None, cost_usd=None),
    )
    assert is_good(hit) is good
