"""Near-duplicates of real clips: one fixed camera at two times, each copied in ten ways."""

from pathlib import Path

import pytest

from scripts.bench.duplicates import ORIGINALS, measure

pytestmark = [pytest.mark.slow, pytest.mark.testdata, pytest.mark.timeout(900)]

SECONDS = 8
"""Of each take; `make bench` takes more, of more cameras."""


def test_copies_are_found_and_takes_are_told_apart(testdata: Path, tmp_path: Path) -> None:
    takes = [
        (name, clip, start, SECONDS) for name, clip, start, _ in ORIGINALS if name in ("bottle-a", "bottle-b")
    ]
    figures = {item.name: item.value for item in measure(testdata / "media", tmp_path, takes)}
    assert figures["of these, one camera at another time"] > 100
    assert figures["precision"] == 1.0
    # A camera that stands still over bottles that hardly move: the hardest footage of the set.
    assert figures["recall, all pairs"] >= 0.75
    assert figures["recall, original and black and white"] == 1.0
