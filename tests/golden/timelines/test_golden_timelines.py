"""Timelines as files, byte for byte.

``REKINDLE_WRITE_GOLDENS=1`` writes them anew; read what changed before committing it.
"""

import os
from pathlib import Path

import pytest

from foundation.errors import TimelineUnsupported
from media.timeline_edl import write_edl
from media.timeline_fcpxml import write_fcpxml
from media.timeline_otio import write_otio
from tests.golden.timelines.reels import TIMELINES

HERE = Path(__file__).parent
WRITERS = {"edl": write_edl, "otio": write_otio, "fcpxml": write_fcpxml}
IN_ONE_RATE = [name for name in TIMELINES if name != "mixed"]
CASES = [(name, kind) for kind in WRITERS for name in (IN_ONE_RATE if kind == "edl" else TIMELINES)]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_timeline_is_written_as_it_was(name: str, kind: str) -> None:
    written = WRITERS[kind](TIMELINES[name])
    golden = HERE / f"{name}.{kind}"
    if os.environ.get("REKINDLE_WRITE_GOLDENS"):
        golden.write_text(written, encoding="utf-8")
    assert written == golden.read_text(encoding="utf-8")


def test_an_edl_of_several_rates_says_which_moments_have_which() -> None:
    with pytest.raises(TimelineUnsupported) as caught:
        write_edl(TIMELINES["mixed"])
    assert caught.value.detail == {"rates": {"24000/1001": [0], "25": [1, 2]}}
    assert "--per-rate" in caught.value.remedy
