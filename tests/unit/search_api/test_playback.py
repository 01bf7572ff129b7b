"""Byte ranges and captions, without a server."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import Cue, CueKind
from foundation.errors import RenditionNotFound
from foundation.ids import AssetId, CueId
from foundation.timecode import SampleRange
from search_api.services.playback import ByteRange, Unsatisfiable, chunks, contained, parse_range, webvtt


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 4000))
def test_a_range_lies_inside_the_file(first: int, last: int, size: int) -> None:
    try:
        part = parse_range(f"bytes={first}-{last}", size)
    except Unsatisfiable:
        assert first >= size
        return
    if last < first:
        assert part is None
    else:
        assert part == ByteRange(first, min(last + 1, size))


@given(st.text(max_size=30))
def test_any_header_is_read_or_ignored(header: str) -> None:
    try:
        part = parse_range(header, 100)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part.start < part.end <= 100


def test_an_empty_file_has_no_range() -> None:
    for header in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        with pytest.raises(Unsatisfiable):
            parse_range(header, 0)


def test_chunks_are_the_bytes_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(range(256)) * 4096)
    assert b"".join(chunks(path, ByteRange(300_000, 900_001))) == path.read_bytes()[300_000:900_001]
    assert b"".join(chunks(path, ByteRange(1_048_570, 2_000_000))) == path.read_bytes()[1_048_570:]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "nothing", "", "a\nb", "\x00"])
def test_only_files_inside_are_served(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").write_text("outside")
    folder = tmp_path / "asset"
    folder.mkdir()
    with pytest.raises(RenditionNotFound):
        contained(folder, name)


def test_captions_hold_nothing_but_text() -> None:
    hostile = "<script>x</script>\n\n00:00:00.000 --> 00:09:00.000 & more"
    cue = Cue(CueId("c"), AssetId("a"), 0, SampleRange(0, 48_000 * 3723 + 24), hostile, CueKind.CAPTION)
    shown = webvtt([cue])
    assert "<" not in shown
    assert shown.split("\n\n")[1].startswith("00:00:00.000 --> 01:02:03.000\n&lt;script")
    assert shown.count("-->") == 1
    assert Fraction(cue.sound.end, 48_000) > 3723
