"""Near-duplicates of real clips: one fixed camera at two times, each copied in ten ways."""

from pathlib import Path

import pytest

from scripts.bench.duplicates import ORIGINALS, measure

pytestmark = [pytest.mark.slow, pytest.mark.testdata, pytest.mark.timeout(900)]


def test_copies_are_found_and_takes_are_told_apart(testdata: Path, tmp_path: Path) -> None:
    takes = [original for original in ORIGINALS if original[0] in ("bottle-a", "bottle-b")]
    figures = {item.name: item.value for item in measure(testdata / "media", tmp_path, takes)}
    assert figures["of these, one camera at another time"] > 100
    assert figures["precision"] == 1.0
    # A camera that stands still over bottles that hardly move: the hardest footage of the set.
    assert figures["recall, all pairs"] >= 0.75
    assert figures["recall, original and black and white"] == 1.0
