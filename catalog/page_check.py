"""Compares the pages of the catalog's file with their digests."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import sqlalchemy as sa

from catalog.lock import WriterLock
from catalog.page_reader import DIGEST_BYTES, all_digests, digest, pages, write
from catalog.page_table import UNKNOWN, Seen
from catalog.page_watch import PageWatch

_FEW = 8
"""Pages in which single bits are looked for: that takes a quarter of a second each."""

_Odd = Mapping[int, tuple[bytes, int | None]]
"""Pages that are not as they were written: the digest of what they hold, and the only bit that is flipped."""


@dataclass(frozen=True, slots=True)
class DamagedPage:
    """A page that is not as it was written.

    Attributes:
        number: Counted from 1.
        bit: The only bit that is flipped, counted from the page's first; None when more is wrong.
    """

    number: int
    bit: int | None

    def told(self, owner: str) -> str:
        """Say so in a sentence's words, without the full stop."""
        said = f"page {self.number} ({owner}) is not as it was written"
        return said if self.bit is None else f"{said}: {self.place} is flipped"

    @property
    def place(self) -> str:
        """Where the flipped bit is."""
        return "" if self.bit is None else f"bit {self.bit % 8} of byte {self.bit // 8}"


@dataclass(frozen=True, slots=True)
class PagesChecked:
    """What a comparison gave.

    Attributes:
        damaged: Pages that are not as they were written.
        learnt: How many pages were not known before.
        replaced: How many pages another program wrote.
    """

    damaged: tuple[DamagedPage, ...] = ()
    learnt: int = 0
    replaced: int = 0


class PageCheck:
    """One comparison; writers are kept waiting for checkpoints, and while odd pages are read again.

    Args:
        watch: Whose pages.
        lock: The writer lock.
        writer: Engine of the writing connection.
    """

    def __init__(self, watch: PageWatch, lock: WriterLock, writer: sa.Engine) -> None:
        self._watch, self._lock, self._writer = watch, lock, writer

    def run(self, *, learn: bool) -> PagesChecked:
        """Compare all pages.

        Args:
            learn: Take what is not known, or was written by other programs, as it is now.

        Raises:
            CatalogBusy: The lock was not had in time.
            OSError: Pages or digests could not be read or written.
        """
        with self._lock.held():
            seen, known = self._settled()
        if seen is None:
            return PagesChecked()
        actual = b"" if seen.is_foreign else all_digests(self._watch.database, seen.page_size)
        if not seen.is_foreign and known.startswith(actual):
            return PagesChecked()
        with self._lock.held():
            return self._compared(actual, learn=learn)

    def mend(self, damaged: Sequence[DamagedPage]) -> list[DamagedPage]:
        """Flip single bits back; returns the pages that hold again what was written.

        Raises:
            CatalogBusy: The lock was not had in time.
            OSError: The file could not be written.
        """
        with self._lock.held():
            seen, known = self._settled()
            if seen is None or not seen.log.is_empty:
                return []
            mended = [page for page in damaged if self._is_mended(seen, page, _of(known, page.number))]
            with closing(self._writer.raw_connection()) as raw:
                self._watch.renew(raw.cursor())
        return mended

    def _is_mended(self, seen: Seen, damaged: DamagedPage, wanted: bytes) -> bool:
        if damaged.bit is None:
            return False
        content = bytearray(next(pages(self._watch.database, seen.page_size, [damaged.number])))
        content[damaged.bit // 8] ^= 1 << damaged.bit % 8
        if digest(bytes(content)) != wanted:
            return False
        write(self._watch.database, damaged.number, bytes(content))
        return True

    def _settled(self) -> tuple[Seen | None, bytes]:
        with closing(self._writer.raw_connection()) as raw:
            self._watch.fold(raw.cursor())
        seen = self._watch.table.seen()
        return (None if seen is None or seen.is_folding else seen), self._watch.table.digests()

    def _compared(self, actual: bytes, *, learn: bool) -> PagesChecked:
        """Look again at what differs: checkpoints may have changed it since it was read."""
        seen, known = self._settled()
        if seen is None:
            return PagesChecked()
        stamp = self._watch.stamp(seen)
        if seen.is_foreign:
            actual = all_digests(self._watch.database, seen.page_size)
        differing, unknown = _differences(known, actual)
        odd = self._odd(seen, differing, known)
        is_whole = seen.log.is_empty  # else readers keep it from being folded back as a whole
        if self._watch.changed_ns() != stamp or (seen.is_foreign and not is_whole):
            return PagesChecked()  # another program writes at this very moment, or nobody can tell
        damaged = _judged(seen, odd)
        if not (learn and is_whole):
            return PagesChecked(damaged)
        replaced = {} if damaged else {page: told for page, (told, _) in odd.items()}
        self._watch.table.put(unknown | replaced)
        if seen.is_foreign and not damaged:
            self._watch.table.note(replace(seen, is_foreign=False, changed_ns=stamp))
        self._watch.table.sync()
        return PagesChecked(damaged, len(unknown), len(replaced))

    def _odd(self, seen: Seen, differing: Sequence[int], known: bytes) -> _Odd:
        """What differs still."""
        odd: dict[int, tuple[bytes, int | None]] = {}
        found = pages(self._watch.database, seen.page_size, differing)
        for number, page in zip(differing, found, strict=True):
            told, wanted = digest(page), _of(known, number)
            if told != wanted:
                odd[number] = told, _flipped(page, wanted) if len(odd) < _FEW else None
        return odd


def _judged(seen: Seen, odd: _Odd) -> tuple[DamagedPage, ...]:
    # Hardly a program changes one bit and nothing else; whatever else another one did, it may have meant to.
    if seen.is_foreign and any(bit is None for _, bit in odd.values()):
        return ()
    return tuple(DamagedPage(page, bit) for page, (_, bit) in odd.items())


def _differences(known: bytes, actual: bytes) -> tuple[list[int], dict[int, bytes]]:
    """Pages whose digest differs, and digests of pages that have none."""
    differing, unknown = [], {}
    for number in range(1, len(actual) // DIGEST_BYTES + 1):
        told, wanted = _of(actual, number), _of(known, number)
        if wanted == UNKNOWN:
            unknown[number] = told
        elif told != wanted:
            differing.append(number)
    return differing, unknown


def _of(digests: bytes, number: int) -> bytes:
    return digests[(number - 1) * DIGEST_BYTES : number * DIGEST_BYTES] or UNKNOWN


def _flipped(page: bytes, wanted: bytes) -> int | None:
    """The bit that has to be flipped for a page to have a digest."""
    tried = bytearray(page)
    for bit in range(len(page) * 8):
        tried[bit // 8] ^= 1 << bit % 8
        if digest(bytes(tried)) == wanted:
            return bit
        tried[bit // 8] ^= 1 << bit % 8
    return None
