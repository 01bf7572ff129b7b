"""Voice detection tells speech from tones and silence, whatever the window."""

from pathlib import Path

import pytest

from embeddings import voice
from embeddings.voice import voiced_ranges
from foundation.timecode import SOUND_RATE
from tests import material


@pytest.mark.parametrize("source", ["sine=frequency=440:sample_rate=48000", "anullsrc=r=48000:cl=mono"])
def test_no_voice(tmp_path: Path, source: str) -> None:
    assert voiced_ranges(material.sound(tmp_path / "x.flac", 3, source=source)) == []


@pytest.mark.testdata
def test_a_voice_is_found_where_it_is(testdata: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = voiced_ranges(testdata / "speech" / "jfk.flac")
    voiced = sum(part.end - part.start for part in found)
    assert 8 * SOUND_RATE < voiced <= 11 * SOUND_RATE
    monkeypatch.setattr(voice, "_WINDOW", 64_000)
    again = sum(part.end - part.start for part in voiced_ranges(testdata / "speech" / "jfk.flac"))
    assert again == pytest.approx(voiced, rel=0.1)
