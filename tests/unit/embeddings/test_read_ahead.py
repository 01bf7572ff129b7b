"""Files are read whole where they fit, and none of them where they do not."""

from pathlib import Path

import pytest

from embeddings.read_ahead import read_ahead

SIZES = {"graph.bin": 3_000_000, "segments/vectors/matrix.dat": 1_048_576, "segments/empty": 0, "ids": 17}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, size in SIZES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    return tmp_path


@pytest.mark.parametrize(
    ("room", "read"),
    [(None, sum(SIZES.values())), (sum(SIZES.values()), sum(SIZES.values())), (sum(SIZES.values()) - 1, 0)],
)
def test_all_files_are_read_or_none(folder: Path, room: int | None, read: int) -> None:
    assert read_ahead(folder, room) == read


def test_a_folder_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    assert read_ahead(tmp_path / "gone") == 0


def test_a_file_that_vanishes_is_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_first = Path.is_file

    def vanishing(path: Path) -> bool:
        found = at_first(path)
        if path.name == "ids":
            path.unlink()
        return found

    monkeypatch.setattr(Path, "is_file", vanishing)
    assert read_ahead(folder) == sum(SIZES.values()) - SIZES["ids"]


def test_a_link_to_a_missing_file_is_left_out(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "nowhere")
    assert read_ahead(folder) == sum(SIZES.values())
