"""Reads SQLite's write-ahead log (sqlite.org/fileformat2.html#walformat)."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.page_reader import digest
from catalog.page_table import UNKNOWN, LogState

_HEADER, _FRAME = struct.Struct(">IIII8sII"), struct.Struct(">II8sII")
_EMPTY = bytes(8)


class LogFile:
    """The log beside a database.

    Args:
        database: The database's path.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-wal")

    def state(self) -> LogState:
        """Which log lies there; frames are looked at by :meth:`folded` only."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return LogState(0, 0, _EMPTY)
        try:
            salts = os.pread(file, 8, 16)
            about = os.fstat(file)
        finally:
            os.close(file)
        if len(salts) < len(_EMPTY):
            return LogState(about.st_ino, about.st_mtime_ns, _EMPTY)
        return LogState(about.st_ino, 0, salts)

    @property
    def size(self) -> int:
        """Bytes; 0 when there is none."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def folded(self, total: int, done: int) -> tuple[dict[int, bytes], int] | None:
        """What a checkpoint left in the database: digests by page, and how many pages the log says there are.

        A checkpoint that stops half-way copies a page only if its last frame comes before that; another one
        may have copied an earlier frame of it. What such a page holds is not known. None when somebody else
        let the log begin anew meanwhile.

        Args:
            total: How many frames are valid, as the checkpoint said.
            done: How many of them it has dealt with.
        """
        with self._opened() as file:
            size, salts = _header(file)
            first: dict[int, int] = {}
            last: dict[int, int] = {}
            pages = 0
            for number in range(total):
                start = _HEADER.size + number * (_FRAME.size + size)
                page, grown, told, _, _ = _FRAME.unpack(os.pread(file, _FRAME.size, start))
                if told != salts:
                    return None
                first.setdefault(page, number)
                last[page], pages = number, grown or pages
            digests = {
                page: _content(file, size, number) if number < done else UNKNOWN
                for page, number in last.items()
                if first[page] < done
            }
            return (digests, pages) if _header(file)[1] == salts else None

    @contextmanager
    def _opened(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield file
        finally:
            os.close(file)


def _header(file: int) -> tuple[int, bytes]:
    _, _, size, _, salts, _, _ = _HEADER.unpack(os.pread(file, _HEADER.size, 0))
    return (1 << 16 if size == 1 else size), salts


def _content(file: int, size: int, number: int) -> bytes:
    return digest(os.pread(file, size, _HEADER.size + number * (_FRAME.size + size) + _FRAME.size))
