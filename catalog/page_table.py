"""The file of page digests: what each page of the catalog should hold, and what was seen at that time.

Every block carries its own checksum: a damaged one makes its pages unknown, never faulty. Nothing here is
the truth; the file may be deleted at any time.
"""

import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple

from catalog.page_reader import DIGEST_BYTES, digest

_MAGIC = b"RKPAGES1"
_BLOCK = 4096
_PER_BLOCK = _BLOCK // DIGEST_BYTES - 1
_FIELDS = struct.Struct("<8sIIII????QQQ8s")
UNKNOWN = bytes(DIGEST_BYTES)
"""Stands where no digest is known."""


class LogState(NamedTuple):
    """Which write-ahead log there is, and which generation of frames it holds.

    Attributes:
        inode: Zero when there is no file.
        changed_ns: When it was written, while it is empty; zero otherwise.
        salts: What its frames are told by; zeros while it is empty.
    """

    inode: int
    changed_ns: int
    salts: bytes

    @property
    def is_empty(self) -> bool:
        """Say whether there are no frames."""
        return not any(self.salts)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen when the writer lock was last held.

    Attributes:
        page_size: Bytes.
        token: What the database bears (``user_version``): other numbers are in other states of it.
        next_token: What it is about to bear.
        schema: The database's schema version.
        is_new: Nothing was seen yet.
        is_folding: A checkpoint began, and its digests are not all written.
        is_foreign: Another program may have written pages that no digest is known of.
        changed_ns: When the database was last written.
        log: The log.
    """

    page_size: int
    token: int
    next_token: int
    schema: int
    is_new: bool
    is_folding: bool
    is_foreign: bool
    changed_ns: int
    log: LogState


class PageTable:
    """Digests by page number, and what was seen last.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: tuple[bytes, Seen] | None = None

    def seen(self) -> Seen | None:
        """What was seen last; None where there is no such file, or that part of it is damaged."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            found = os.pread(file, _FIELDS.size + DIGEST_BYTES, 0)
        finally:
            os.close(file)
        if self._last is not None and self._last[0] == found:
            return self._last[1]
        fields, told = found[: _FIELDS.size], found[_FIELDS.size :]
        if len(told) < DIGEST_BYTES or digest(fields) != told or not fields.startswith(_MAGIC):
            return None
        _, size, token, following, schema, new, folding, foreign, _, changed, *log = _FIELDS.unpack(fields)
        seen = Seen(size, token, following, schema, new, folding, foreign, changed, LogState(*log))
        self._last = found, seen
        return seen

    def note(self, seen: Seen) -> None:
        """Write down what was seen; it survives a kill, not a power cut.

        Raises:
            OSError: It cannot be written.
        """
        values = astuple(seen)
        fields = _FIELDS.pack(_MAGIC, *values[:7], False, values[7], *seen.log)
        with self._opened(os.O_RDWR | os.O_CREAT) as file:
            os.pwrite(file, fields + digest(fields), 0)

    def digests(self) -> bytes:
        """Digests of all pages, one after the other; :data:`UNKNOWN` where blocks are damaged."""
        try:
            with self._opened(os.O_RDONLY) as file:
                blocks = range(1, os.fstat(file).st_size // _BLOCK + 1)
                return b"".join(_load(file, number) for number in blocks)
        except FileNotFoundError:
            return b""

    def put(self, digests: Mapping[int, bytes], pages: int | None = None) -> None:
        """Set digests by page number.

        Args:
            digests: What the pages hold now.
            pages: How many the database has; what is known of later ones is forgotten.

        Raises:
            OSError: They cannot be written.
        """
        blocks: dict[int, list[int]] = {}
        for page in digests:
            blocks.setdefault((page - 1) // _PER_BLOCK + 1, []).append(page)
        with self._opened(os.O_RDWR | os.O_CREAT) as file:
            for number, members in blocks.items():
                block = bytearray(_load(file, number))
                for page in members:
                    start = (page - 1) % _PER_BLOCK * DIGEST_BYTES
                    block[start : start + DIGEST_BYTES] = digests[page]
                _store(file, number, bytes(block))
            if pages is not None:
                _cut(file, pages)

    def sync(self) -> None:
        """Make all that was written survive a power cut.

        Raises:
            OSError: It does not.
        """
        with self._opened(os.O_RDWR) as file:
            os.fsync(file)

    def forget(self) -> None:
        """Forget all digests."""
        self._path.unlink(missing_ok=True)

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        file = os.open(self._path, flags | os.O_CLOEXEC, 0o644)
        try:
            yield file
        finally:
            os.close(file)


def _load(file: int, number: int) -> bytes:
    found = os.pread(file, _BLOCK, number * _BLOCK)
    content, told = found[:-DIGEST_BYTES], found[-DIGEST_BYTES:]
    return content if len(found) == _BLOCK and digest(content) == told else UNKNOWN * _PER_BLOCK


def _store(file: int, number: int, block: bytes) -> None:
    os.pwrite(file, block + digest(block), number * _BLOCK)


def _cut(file: int, pages: int) -> None:
    last = (pages - 1) // _PER_BLOCK + 1
    if os.fstat(file).st_size <= last * _BLOCK:
        return
    kept = ((pages - 1) % _PER_BLOCK + 1) * DIGEST_BYTES
    block = _load(file, last)[:kept].ljust(_PER_BLOCK * DIGEST_BYTES, b"\0")
    _store(file, last, block)
    os.ftruncate(file, (last + 1) * _BLOCK)
