"""The index of telling pictures: what was added is found, what went is gone, and files may be lost."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from embeddings.encoder import Vectors
from embeddings.picture_index import Key, PictureIndex

DIM, SEALED = 63, 64
MANY = 40


def pictures(number: int, rows: int = 10) -> Vectors:
    """Telling pictures of one asset."""
    found = np.random.default_rng(number).normal(size=(rows, DIM)).astype(np.float32)
    faiss.normalize_L2(found)
    return found


def key(number: int) -> Key:
    """Of one asset."""
    return f"ast_{number:04}", "a" * 16


def filled(folder: Path, count: int = MANY) -> PictureIndex:
    """An index of so many assets, most of them in sealed files."""
    index = PictureIndex(folder, DIM, SEALED)
    for number in range(count):
        index.add(key(number), pictures(number))
    return index


def owners(index: PictureIndex, number: int) -> set[Key]:
    """Whose pictures are like those of an asset."""
    return {found for _, found in index.near(pictures(number), 0.95)}


@pytest.mark.parametrize("count", [1, 6, 7, 20, MANY, 150])
def test_every_asset_is_found_by_its_pictures(tmp_path: Path, count: int) -> None:
    index = filled(tmp_path, count)
    for number in range(count):
        assert owners(index, number) == {key(number)}, number
    assert owners(index, count) == set()


def test_rows_are_named(tmp_path: Path) -> None:
    index = filled(tmp_path)
    asked = np.concatenate([pictures(3)[:2], pictures(30)[4:5]])
    assert sorted(index.near(asked, 0.95)) == [(0, key(3)), (1, key(3)), (2, key(30))]


def test_another_process_finds_what_was_saved(tmp_path: Path) -> None:
    filled(tmp_path).save()
    index = PictureIndex(tmp_path, DIM, SEALED)
    assert index.held == {key(number) for number in range(MANY)}
    assert all(owners(index, number) == {key(number)} for number in range(MANY))


def test_what_was_not_saved_is_not_held(tmp_path: Path) -> None:
    index = filled(tmp_path)
    again = PictureIndex(tmp_path, DIM, SEALED)
    assert again.held < index.held
    for number in range(MANY):
        again.add(key(number), pictures(number))
    assert again.held == index.held
    assert owners(again, MANY - 1) == {key(MANY - 1)}


def test_files_do_not_pile_up(tmp_path: Path) -> None:
    filled(tmp_path, 300).save()
    sealed = 300 * 10 / SEALED
    assert len(list(tmp_path.glob("*.faiss"))) == len(list(tmp_path.glob("*.json"))) < sealed / 2


def test_what_is_not_wanted_leaves_memory_and_disk(tmp_path: Path) -> None:
    index = filled(tmp_path)
    index.save()
    gone = {key(3), key(MANY - 1)}
    index.keep(lambda item: item not in gone)
    index.save()
    for found in (index, PictureIndex(tmp_path, DIM, SEALED)):
        assert found.held == {key(number) for number in range(MANY)} - gone
        assert owners(found, 3) == owners(found, MANY - 1) == set()
        assert owners(found, 4) == {key(4)}
    words = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key(3)[0].encode() not in words
    assert pictures(3)[0].tobytes() not in words
    assert pictures(4)[0].tobytes() in words


def test_what_went_can_come_back(tmp_path: Path) -> None:
    index = filled(tmp_path)
    index.keep(lambda item: item != key(3))
    index.add(key(3), pictures(99))
    assert owners(index, 99) == {key(3)}
    assert owners(index, 3) == set()


@pytest.mark.parametrize("damage", [b"", b"{}", b"IwFl"])
@pytest.mark.parametrize("suffix", [".faiss", ".json"])
def test_a_damaged_file_is_dropped(tmp_path: Path, damage: bytes, suffix: str) -> None:
    filled(tmp_path).save()
    damaged = sorted(tmp_path.glob(f"*{suffix}"))[0]
    damaged.write_bytes(damage)
    index = PictureIndex(tmp_path, DIM, SEALED)
    assert index.held < {key(number) for number in range(MANY)}
    assert not damaged.exists()
    for number in range(MANY):
        index.add(key(number), pictures(number))
    assert all(owners(index, number) == {key(number)} for number in range(MANY))


def test_a_second_process_that_wrote_the_same_spoils_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        index = PictureIndex(tmp_path / "aside", DIM, SEALED)
        for number in range(MANY):
            index.add(key(number), pictures(number))
        index.save()
        for path in (tmp_path / "aside").iterdir():
            (tmp_path / "shared").mkdir(exist_ok=True)
            path.rename(tmp_path / "shared" / path.name)
    index = PictureIndex(tmp_path / "shared", DIM, SEALED)
    for number in range(MANY):
        index.add(key(number), pictures(number))
    assert len(list(index.near(pictures(5), 0.95))) == 10


def test_pictures_without_rows_are_held_and_never_found(tmp_path: Path) -> None:
    index = PictureIndex(tmp_path, DIM, SEALED)
    index.add(key(1), np.empty((0, DIM), np.float32))
    index.save()
    assert PictureIndex(tmp_path, DIM, SEALED).held == {key(1)}
    assert owners(index, 1) == set()
