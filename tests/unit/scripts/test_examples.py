"""Examples as typed."""

from pathlib import Path

import pytest

from foundation.errors import BadExample
from scripts.examples import example_of

ASSET = "ast_01K9X2V7QJ8M4T6W0N3B5C7D9F"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [(ASSET, None, None), (f"{ASSET}@12.5", 12.5, None), (f"{ASSET}@0-14", 0.0, 14.0)],
)
def test_moments(text: str, start: float | None, end: float | None) -> None:
    example = example_of(text)
    assert (example.asset, example.start, example.end, example.picture) == (ASSET, start, end, None)


def test_a_file_is_a_picture_whatever_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\x00")
    assert example_of(str(tmp_path / "a.jpg")).picture == b"\xff\xd8\x00"


@pytest.mark.parametrize("text", ["", "nowhere.jpg", f"{ASSET}@", f"{ASSET}@x", f"{ASSET}@9-3", "a\0b", "/"])
def test_neither_moment_nor_file(text: str) -> None:
    with pytest.raises(BadExample):
        example_of(text)


def test_a_file_too_large_to_send(tmp_path: Path) -> None:
    with (tmp_path / "a.tif").open("wb") as file:
        file.truncate(21 << 20)
    with pytest.raises(BadExample, match="22 MB"):
        example_of(str(tmp_path / "a.tif"))
