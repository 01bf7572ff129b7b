"""Which assets hold a picture like this one: every telling picture of an archive, in files on disk.

A picture is compared with a small part of them: those in the cells nearest to it (an inverted file, Sivic and
Zisserman, "Video Google", 2003, here FAISS's). Rows that came last are in memory and compared one by one;
once there are enough, they are sealed in a file; eight such files become one, and eight of those. A sealed
file is mapped, not read. Everything in here can be made again from the fingerprints.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import faiss
import numpy as np
from faiss.contrib.inspect_tools import get_invlist
from numpy.typing import NDArray

from embeddings.atomic_file import publish
from embeddings.encoder import Vectors
from foundation import logging
from foundation.ids import mint

SEALED_ROWS = 8192
"""Rows of a file that is sealed; so many at most are in memory between two questions."""

_MERGED, _LEVELS = 8, 2
_PROBES, _TRAINING, _ROUNDS = 8, 64, 10
_NEAREST = 64
_ROWS_AT_ONCE = 4096

Key = tuple[str, str]
"""An asset and what names the version of its fingerprint."""

_GONE: Key = ("", "")
"""In place of a key whose rows were removed; numbers of the others stay."""


@dataclass(slots=True, eq=False)
class _Part:
    """Some rows and whose they are.

    Attributes:
        owners: Number of the key behind each row; None where the index has it as the row's id.
        name: Of its files; None while it was never saved.
    """

    index: faiss.Index
    keys: list[Key] = field(default_factory=list)
    owners: list[int] | None = None
    name: str | None = None

    def search(self, asked: Vectors, threshold: float) -> Iterator[tuple[int, Key]]:
        scores, found = self.index.search(asked, min(_NEAREST, self.index.ntotal))
        for row, place in zip(*np.nonzero((scores >= threshold) & (found >= 0)), strict=True):
            number = int(found[row, place])
            yield int(row), self.keys[number if self.owners is None else self.owners[number]]


class PictureIndex:
    """All telling pictures of the archive; belongs to one process at a time, another one spoils nothing.

    Args:
        folder: Where its files are.
        dim: Numbers of a vector.
        sealed_rows: Rows of a sealed file.
    """

    def __init__(self, folder: Path, dim: int, sealed_rows: int = SEALED_ROWS) -> None:
        self._folder = folder
        self._dim = dim
        self._most = sealed_rows
        self._parts: list[_Part] = []
        self._held: set[Key] = set()
        self._open = self._empty()
        self._load()

    @property
    def held(self) -> frozenset[Key]:
        """Fingerprints whose pictures are in here."""
        return frozenset(self._held)

    def keep(self, wanted: Callable[[Key], bool]) -> None:
        """Leave nothing in here, in memory or on disk, of what is no longer wanted.

        Raises:
            NoSpace: The disk is full.
        """
        for part in [*self._parts, self._open]:
            if not all(map(wanted, part.keys)):
                self._replace(part, _without(part, [not wanted(key) for key in part.keys]))
        self._held = {key for part in (*self._parts, self._open) for key in part.keys if key != _GONE}

    def add(self, key: Key, vectors: Vectors) -> None:
        """Add the pictures of a fingerprint that is not in here.

        Args:
            key: Whose they are.
            vectors: [n, dim], unit norm.

        Raises:
            NoSpace: The disk is full.
        """
        owners = self._open.owners
        if key in self._held or owners is None:
            return
        self._held.add(key)
        self._open.keys.append(key)
        owners.extend([len(self._open.keys) - 1] * len(vectors))
        if len(vectors):
            self._open.index.add(np.ascontiguousarray(vectors, np.float32))
        if self._open.index.ntotal >= self._most:
            self._seal()

    def near(self, asked: Vectors, threshold: float) -> Iterator[tuple[int, Key]]:
        """Rows of the question and whose picture is like it, some of them more than once.

        Args:
            asked: [n, dim], unit norm.
            threshold: Least cosine.
        """
        for start in range(0, len(asked), _ROWS_AT_ONCE):
            block = np.ascontiguousarray(asked[start : start + _ROWS_AT_ONCE], np.float32)
            for part in (*self._parts, self._open):
                if part.index.ntotal:
                    yield from ((start + row, key) for row, key in part.search(block, threshold))

    def save(self) -> None:
        """Keep what is in memory for the next process.

        Raises:
            NoSpace: The disk is full.
        """
        if self._open.keys:
            self._write(self._open)

    def _empty(self) -> _Part:
        return _Part(faiss.IndexFlatIP(self._dim), owners=[])

    def _seal(self) -> None:
        """Sort the rows in memory into cells, with those of files that are to become one, and write them."""
        gathered = self._gathered()
        sealed = _sealed(gathered, self._dim)
        self._write(sealed)
        for part in gathered:
            self._remove(part.name)
        self._parts = [part for part in self._parts if part not in gathered]
        self._open = self._empty()
        self._parts += filter(None, [self._read(str(sealed.name))])

    def _gathered(self) -> list[_Part]:
        """What is in memory, and the files of each size of which there are eight with it."""
        gathered = [self._open]
        for level in range(_LEVELS):
            least, most = (self._most * _MERGED**power for power in (level - 0.5, level + 0.5))
            alike = [part for part in self._parts if least <= part.index.ntotal < most]
            if len(alike) < _MERGED - 1:
                break
            gathered += alike
        return gathered

    def _write(self, part: _Part) -> None:
        """Write the rows first, then whose they are: rows without that are not there."""
        former, part.name = part.name, mint("pix")
        publish(self._folder / f"{part.name}.faiss", faiss.serialize_index(part.index).tobytes())
        whose = {"keys": part.keys, "owners": part.owners}
        publish(self._folder / f"{part.name}.json", json.dumps(whose).encode())
        self._remove(former)

    def _load(self) -> None:
        for path in sorted(self._folder.glob("*.json")):
            part = self._read(path.stem)
            keys = set() if part is None else set(part.keys) - {_GONE}
            is_second = part is not None and part.owners is not None and bool(self._open.keys)
            if part is None or part.index.d != self._dim or self._held & keys or is_second:
                self._remove(path.stem)
                continue
            self._held |= keys
            if part.owners is None:
                self._parts.append(part)
            else:
                self._open = part

    def _read(self, name: str) -> _Part | None:
        """What two files hold; None where they are damaged: it is made again."""
        try:
            whose = json.loads((self._folder / f"{name}.json").read_bytes())
            is_open = whose["owners"] is not None
            flags = 0 if is_open else faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
            index = faiss.read_index(str(self._folder / f"{name}.faiss"), flags)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            logging.get(__name__).warning("pictures.unreadable", file=name, reason=str(error))
            return None
        if is_open and len(whose["owners"]) != index.ntotal:
            return None
        if not is_open:
            _in_cells(index).nprobe = _PROBES
        return _Part(index, [(asset, digest) for asset, digest in whose["keys"]], whose["owners"], name)

    def _replace(self, part: _Part, by: _Part) -> None:
        former = part.name
        self._write(by)
        self._remove(former)
        if part is self._open:
            self._open = by
        else:
            self._parts.remove(part)
            self._parts += filter(None, [self._read(str(by.name))])

    def _remove(self, name: str | None) -> None:
        for suffix in (".json", ".faiss") if name is not None else ():
            with suppress(FileNotFoundError):
                (self._folder / f"{name}{suffix}").unlink()


def _sealed(parts: Sequence[_Part], dim: int) -> _Part:
    """One part in cells of all of them."""
    rows = np.concatenate([_rows(part)[0] for part in parts])
    owners: list[NDArray[np.int64]] = []
    keys: list[Key] = []
    for part in parts:
        owners.append(_rows(part)[1] + len(keys))
        keys += part.keys
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(dim), dim, max(1, round(len(rows) ** 0.5)), faiss.METRIC_INNER_PRODUCT
    )
    index.cp.max_points_per_centroid = _TRAINING
    index.cp.min_points_per_centroid = 1
    index.cp.niter = _ROUNDS
    index.train(rows)
    index.add_with_ids(rows, np.concatenate(owners))
    return _Part(index, keys)


def _without(part: _Part, gone: Sequence[bool]) -> _Part:
    """The same part without the rows of some keys."""
    keys = [_GONE if is_gone else key for key, is_gone in zip(part.keys, gone, strict=True)]
    rows, owners = _rows(part)
    left = ~np.asarray(gone, bool)[owners]
    if part.owners is None:
        former = _in_cells(part.index)
        cells = faiss.clone_index(former.quantizer)
        index = faiss.IndexIVFFlat(cells, former.d, former.nlist, former.metric_type)
        index.add_with_ids(rows[left], owners[left])
        index.nprobe = _PROBES
        return _Part(index, keys)
    flat = faiss.IndexFlatIP(part.index.d)
    flat.add(rows[left])
    return _Part(flat, keys, owners[left].tolist())


def _in_cells(index: faiss.Index) -> faiss.IndexIVFFlat:
    return cast("faiss.IndexIVFFlat", index)


def _rows(part: _Part) -> tuple[Vectors, NDArray[np.int64]]:
    """Rows of a part, and the number of the key behind each."""
    if part.owners is not None:
        return part.index.reconstruct_n(0, part.index.ntotal), np.asarray(part.owners, np.int64)
    index = _in_cells(part.index)
    cells = [get_invlist(index.invlists, cell) for cell in range(index.nlist)]
    rows = [codes.view(np.float32).reshape(len(ids), part.index.d) for ids, codes in cells]
    return np.concatenate(rows), np.concatenate([ids for ids, _ in cells])
