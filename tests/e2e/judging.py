"""What every report of `rekindle eval` has to show."""

from pathlib import Path
from typing import Any

KNOWN_ITEMS = Path(__file__).parent.parent / "eval"


def expect_that_fusion_never_loses(report: dict[str, Any]) -> None:
    """All signals together are at least as good as the best of them alone, over the whole set."""
    channels = report["channels"]
    for measure in ("recall_10", "mrr"):
        assert channels["fused"][measure] >= max(channel[measure] for channel in channels.values())


def expect_that_strong_can_be_believed(report: dict[str, Any]) -> None:
    """Nine of ten strong hits are right, and nine of ten queries without an answer get none."""
    confidence = report["confidence"]
    assert confidence["quiet"] >= 0.9
    assert confidence["precision"] is None or confidence["precision"] >= 0.9
