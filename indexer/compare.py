"""Comparison jobs: new fingerprints against the whole archive, links into the catalog.

Two steps: FAISS finds assets with like pictures, then each such pair is aligned in time. Whatever is due is
taken in batches, each of which is kept once it is done; the archive passes by in blocks, so that memory does
not grow with it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.model import Fingerprint, Link
from catalog.repository import CatalogWriter
from embeddings.exact import ExactIndex
from embeddings.vector_file import read_vectors
from foundation import logging
from foundation.errors import StorageError
from foundation.ids import AssetId
from indexer.bootstrap import Services
from indexer.lease import Lease
from indexer.linking import Print, link_of, telling_rows
from indexer.recipe import FINGERPRINT, WALK
from media.fingerprint import LENGTH

CANDIDATE = 0.9
"""Cosine from which a picture speaks for comparing two assets."""

_BATCH_ASSETS, _BATCH_ROWS = 64, 40_000
_BLOCK_ROWS = 200_000
_PAGE = 500
_NEAREST = 64
_EVERY_SECOND = 5

Pairs = set[tuple[AssetId, AssetId]]


class Comparer:
    """Does comparison jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def run(self, lease: Lease) -> None:
        """Compare everything that is due.

        Raises:
            Interrupted: The worker is to stop; what was compared is kept.
        """
        while due := self._batch():
            lease.report("duplicates", 0.0)
            mine = {item.asset: item for item in self._prints(due)}
            links = self._links(mine, lease)
            with self._services.catalog.write() as writer:
                lease.fence(writer)
                writer.links.replace([item for item in due if item.asset_id in mine], links)
                for item in due:
                    if item.asset_id not in mine:
                        _make_again(writer, item.asset_id)

    def _batch(self) -> list[Fingerprint]:
        with self._services.catalog.read() as reader:
            due = reader.links.due(_BATCH_ASSETS)
        rows = np.cumsum([item.rows for item in due])
        return [item for item, total in zip(due, rows, strict=True) if total <= _BATCH_ROWS] or due[:1]

    def _links(self, mine: dict[AssetId, Print], lease: Lease) -> list[Link]:
        pairs = self._candidates(list(mine.values()), lease)
        others = _Shelf(self, mine)
        found: list[Link] = []
        for number, (one, other) in enumerate(sorted(pairs)):
            lease.report("duplicates", 0.5 + number / len(pairs) / 2)
            left, right = others.take(one), others.take(other)
            link = None if left is None or right is None else link_of(left, right)
            found += [] if link is None else [link]
        return found

    def _candidates(self, mine: Sequence[Print], lease: Lease) -> Pairs:
        pairs: Pairs = set()
        for is_still in (False, True):
            asking = _Rows.of((item for item in mine if item.is_still is is_still), step=_EVERY_SECOND)
            if asking is None:
                continue
            for block in self._blocks(is_still=is_still):
                lease.report("duplicates", 0.0)
                pairs |= _likely(asking, block)
        return pairs

    def _blocks(self, *, is_still: bool) -> Iterator["_Rows"]:
        """Telling rows of every fingerprint in the archive, so many at a time."""
        waiting: list[Print] = []
        rows = 0
        for item in self._prints(self._everything()):
            if item.is_still is not is_still:
                continue
            waiting.append(item)
            rows += len(item.vectors)
            if rows >= _BLOCK_ROWS:
                yield from filter(None, [_Rows.of(waiting, step=1)])
                waiting, rows = [], 0
        yield from filter(None, [_Rows.of(waiting, step=1)])

    def _everything(self) -> Iterator[Fingerprint]:
        after = None
        while True:
            with self._services.catalog.read() as reader:
                page = reader.links.fingerprints(after=after, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].asset_id

    def _prints(self, fingerprints: Iterable[Fingerprint]) -> Iterator[Print]:
        for fingerprint in fingerprints:
            read = self.read(fingerprint)
            if read is not None:
                yield read

    def read(self, fingerprint: Fingerprint) -> Print | None:
        """A fingerprint from its file; None where that is lost."""
        path = self._services.home.asset(fingerprint.asset_id) / fingerprint.path
        try:
            rows, vectors = read_vectors(path, fingerprint.sha256)
        except StorageError as error:
            logging.get(__name__).warning("fingerprint.unreadable", code=error.code, reason=error.message)
            return None
        frames = [row.position for row in rows]
        look, grain = np.split(vectors, [LENGTH], axis=1)
        return Print(fingerprint.asset_id, look, frames, is_still=fingerprint.per_second == 0, grain=grain)

    def one(self, asset_id: AssetId) -> Print | None:
        """The fingerprint of one asset."""
        with self._services.catalog.read() as reader:
            found = reader.links.fingerprints_of([asset_id]).get(asset_id)
        return None if found is None else self.read(found)


def _make_again(writer: CatalogWriter, asset_id: AssetId) -> None:
    """Let the next walk make a lost fingerprint again, from the proxy; it is compared then."""
    writer.links.forget_fingerprint(asset_id)
    writer.assets_writer.reopen(asset_id, (FINGERPRINT, WALK), needs_master=False)


class _Shelf:
    """The batch's own fingerprints, and of the others the one that was asked for last."""

    def __init__(self, comparer: Comparer, mine: dict[AssetId, Print]) -> None:
        self._comparer = comparer
        self._mine = mine
        self._last: Print | None = None

    def take(self, asset_id: AssetId) -> Print | None:
        if asset_id in self._mine:
            return self._mine[asset_id]
        if self._last is None or self._last.asset != asset_id:
            self._last = self._comparer.one(asset_id)
        return self._last


@dataclass(frozen=True, slots=True)
class _Rows:
    """Telling rows of several fingerprints, and whose each is."""

    vectors: np.ndarray
    owners: Sequence[AssetId]

    @classmethod
    def of(cls, prints: Iterable[Print], *, step: int) -> "_Rows | None":
        chosen = [(item, telling_rows(item, step)) for item in prints]
        owners = [item.asset for item, rows in chosen for _ in rows]
        return cls(np.concatenate([item.vectors[rows] for item, rows in chosen]), owners) if owners else None


def _likely(asking: _Rows, block: _Rows) -> Pairs:
    """Pairs of assets with two like pictures, or one where the asking asset has no more."""
    asked = Counter(asking.owners)
    scores, rows = ExactIndex(block.vectors).search(asking.vectors, _NEAREST)
    near: set[tuple[int, AssetId]] = {
        (int(query), block.owners[int(rows[query, place])])
        for query, place in zip(*np.nonzero(scores >= CANDIDATE), strict=True)
    }
    votes = Counter((asking.owners[query], other) for query, other in near if asking.owners[query] != other)
    return {(min(ends), max(ends)) for ends, count in votes.items() if count >= min(2, asked[ends[0]])}
