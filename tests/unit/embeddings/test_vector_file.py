"""Vector files: what is written is read, halves are halves, damage is named."""

import errno
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings import atomic_file
from embeddings.vector_file import VectorRow, read_vectors, write_vectors
from foundation.errors import FixityMismatch, NoSpace, ObjectMissing, ObjectUnreadable
from tests.fakes.child import modules_after

ROWS = [
    VectorRow(0, 12, 0, 25, True),
    VectorRow(1, 30, 25, 50, False),
    VectorRow(7, 96_000),
    VectorRow(8, 0, None, None, None),
]
VECTORS = np.random.default_rng(3).standard_normal((4, 6)).astype(np.float32)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vectors" / "visual-test-0123.parquet"
    digest = write_vectors(path, ROWS, VECTORS)
    rows, vectors = read_vectors(path, digest)
    assert rows == ROWS
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, VECTORS.astype(np.float16).astype(np.float32))
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_equal_content_has_an_equal_digest(tmp_path: Path) -> None:
    assert write_vectors(tmp_path / "a", ROWS, VECTORS) == write_vectors(tmp_path / "b", ROWS, VECTORS)


@given(count=st.integers(0, 40), dim=st.sampled_from([1, 2, 128, 513]))
def test_any_number_of_vectors_of_any_length(
    tmp_path_factory: pytest.TempPathFactory, count: int, dim: int
) -> None:
    path = tmp_path_factory.mktemp("v") / "file"
    vectors = np.random.default_rng(count).standard_normal((count, dim)).astype(np.float16)
    rows = [VectorRow(n, n * 25) for n in range(count)]
    assert read_vectors(path, write_vectors(path, rows, vectors))[0] == rows
    np.testing.assert_array_equal(read_vectors(path)[1], vectors.astype(np.float32))


@pytest.mark.parametrize(
    ("rows", "vectors"),
    [
        (ROWS[:3], VECTORS),
        (ROWS[:1], VECTORS[0]),
        (ROWS, np.where(VECTORS > 1, np.nan, VECTORS)),
        (ROWS, VECTORS * 1e6),
        ([ROWS[0]] * 4, VECTORS),
    ],
    ids=["a row too few", "one dimension", "not a number", "beyond half precision", "an ordinal twice"],
)
def test_nonsense_is_not_written(tmp_path: Path, rows: list[VectorRow], vectors: np.ndarray) -> None:
    with pytest.raises(ValueError), np.errstate(over="ignore"):
        write_vectors(tmp_path / "file", rows, vectors)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing, match="gone"):
        read_vectors(tmp_path / "nothing")


def test_a_folder_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ObjectUnreadable):
        read_vectors(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\0" * 4000, b"text\n" * 100])
def test_other_bytes_are_no_vector_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FixityMismatch, match="not a vector file"):
        read_vectors(tmp_path / "file")


def test_damage_shows_in_the_digest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    digest = write_vectors(path, ROWS, VECTORS)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(FixityMismatch, match="digest"):
        read_vectors(path, digest)


def test_a_full_disk_leaves_the_former_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    digest = write_vectors(path, ROWS, VECTORS)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_file.os, "fsync", full)
    with pytest.raises(NoSpace):
        write_vectors(path, ROWS[:1], VECTORS[:1])
    assert read_vectors(path, digest)[0] == ROWS
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_neither_writing_nor_reading_imports_pandas() -> None:
    """pyarrow would, for half a second of every process, wherever it meets values that are not its own."""
    loaded = modules_after(
        "import io, numpy; from embeddings.parquet import packed, unpacked\n"
        "unpacked(packed([(0, 1, None, 3, True)], numpy.zeros((1, 2), numpy.float16)))"
    )
    assert "pandas" not in loaded
