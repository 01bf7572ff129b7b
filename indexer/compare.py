"""Comparison jobs: new fingerprints against the whole archive, links into the catalog.

Three steps: an index of telling pictures proposes assets with like pictures, each such pair is aligned in
time, and what follows from two links becomes one. Whatever is due is taken in batches, each of which is kept
once it is done; a fingerprint is read when it is compared and when it is proposed, and no more often.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np

from catalog.model import Fingerprint, Link
from catalog.repository import CatalogWriter
from embeddings.picture_index import Key, PictureIndex
from embeddings.vector_file import read_vectors
from foundation import logging
from foundation.errors import StorageError
from foundation.ids import AssetId
from indexer.bootstrap import Services
from indexer.inferring import inferred, neighbours_of, open_pairs
from indexer.lease import Lease
from indexer.linking import Print, link_of, telling_rows
from indexer.recipe import FINGERPRINT, WALK
from media.fingerprint import LENGTH, PER_SECOND

CANDIDATE = 0.9
"""Cosine from which a picture speaks for comparing two assets."""

_BATCH_ASSETS, _BATCH_ROWS = 64, 40_000
_PAGE = 500
_OTHERS = 8
_ASKED_STEP = 2
_DIGITS = 16

Ends = tuple[AssetId, AssetId]
Pictures = Mapping[bool, PictureIndex]
"""Telling pictures of films, and of stills (True)."""


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
            NoSpace: The disk is full.
        """
        due = self._batch()
        if not due:
            return
        pictures = self._pictures(lease)
        while due:
            self._compare(due, pictures, lease)
            due = self._batch()
        for index in pictures.values():
            index.save()

    def _batch(self) -> list[Fingerprint]:
        with self._services.catalog.read() as reader:
            due = reader.links.due(_BATCH_ASSETS)
        rows = np.cumsum([item.rows for item in due])
        return [item for item, total in zip(due, rows, strict=True) if total <= _BATCH_ROWS] or due[:1]

    def _pictures(self, lease: Lease) -> Pictures:
        """The index, in line with the catalog: it holds what was compared and nothing else."""
        folder = self._services.home.pictures
        pictures = {
            is_still: PictureIndex(folder / name, LENGTH)
            for is_still, name in ((False, "films"), (True, "stills"))
        }
        compared = {_key(item) for item in self._compared()}
        for index in pictures.values():
            index.keep(compared.__contains__)
        held = pictures[False].held | pictures[True].held
        for fingerprint, item in self._prints(item for item in self._compared() if _key(item) not in held):
            lease.report("duplicates", 0.0)
            _add(pictures, fingerprint, item)
        return pictures

    def _compared(self) -> Iterator[Fingerprint]:
        after = None
        while True:
            with self._services.catalog.read() as reader:
                page = reader.links.compared(after=after, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].asset_id

    def _compare(self, due: list[Fingerprint], pictures: Pictures, lease: Lease) -> None:
        lease.report("duplicates", 0.0)
        mine = {item.asset: item for _, item in self._prints(due)}
        read = [item for item in due if item.asset_id in mine]
        for fingerprint in read:
            _add(pictures, fingerprint, mine[fingerprint.asset_id])
        links = self._links(mine, _candidates(mine.values(), pictures), lease)
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            writer.links.replace(read, links)
            for fingerprint in due:
                if fingerprint.asset_id not in mine:
                    _make_again(writer, fingerprint.asset_id)

    def _links(self, mine: dict[AssetId, Print], pairs: set[Ends], lease: Lease) -> list[Link]:
        shelf = _Shelf(self, mine)
        found: dict[Ends, Link] = {}
        for number, (one, other) in enumerate(sorted(pairs)):
            lease.report("duplicates", 0.5 + number / len(pairs) / 2)
            left, right = shelf.take(one), shelf.take(other)
            link = None if left is None or right is None else link_of(left, right)
            found |= {} if link is None else {(one, other): link}
        return list((found | self._inferred(found, shelf, lease)).values())

    def _inferred(self, found: dict[Ends, Link], shelf: "_Shelf", lease: Lease) -> dict[Ends, Link]:
        """Links that follow from those found and from what is known of their other ends."""
        beyond = {end for ends in found for end in ends}
        with self._services.catalog.read() as reader:
            known = [
                link
                for link in reader.links.among(beyond)
                if shelf.mine.isdisjoint((link.first, link.second))
            ]
        neighbours = neighbours_of([*known, *found.values()])
        more: dict[Ends, Link] = {}
        for (one, other), middles in open_pairs(neighbours, shelf.mine).items():
            lease.report("duplicates", 1.0)
            left, right = shelf.take(one), shelf.take(other)
            if left is not None and right is not None:
                ways = [(neighbours[middle][one], neighbours[middle][other]) for middle in middles]
                link = inferred(left, right, ways, neighbours.get(one, {}).get(other))
                more |= {} if link is None else {(one, other): link}
        return more

    def _prints(self, fingerprints: Iterable[Fingerprint]) -> Iterator[tuple[Fingerprint, Print]]:
        for fingerprint in fingerprints:
            read = self.read(fingerprint)
            if read is not None:
                yield fingerprint, read

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
        return Print(
            fingerprint.asset_id,
            look,
            frames,
            is_still=fingerprint.per_second == 0,
            grain=grain if grain.size else None,
        )

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
    """The batch's own fingerprints, and of the others the few that were asked for last."""

    def __init__(self, comparer: Comparer, mine: dict[AssetId, Print]) -> None:
        self.mine = frozenset(mine)
        self._own = mine
        self._read = lru_cache(maxsize=_OTHERS)(comparer.one)

    def take(self, asset_id: AssetId) -> Print | None:
        return self._own[asset_id] if asset_id in self._own else self._read(asset_id)


def _key(fingerprint: Fingerprint) -> Key:
    return fingerprint.asset_id, fingerprint.sha256[:_DIGITS]


def _add(pictures: Pictures, fingerprint: Fingerprint, item: Print) -> None:
    pictures[item.is_still].add(_key(fingerprint), item.vectors[telling_rows(item, PER_SECOND)])


def _candidates(mine: Collection[Print], pictures: Pictures) -> set[Ends]:
    """Pairs of assets with like pictures in two seconds, or in one where the asking asset has no more."""
    found = (
        _likely([item for item in mine if item.is_still is is_still], index)
        for is_still, index in pictures.items()
    )
    return set().union(*found)


def _likely(asking: Sequence[Print], index: PictureIndex) -> set[Ends]:
    """The same for films or stills; all of them ask at once, since each question costs the same again."""
    rows = [telling_rows(item, _ASKED_STEP) for item in asking]
    asked = [
        (item.asset, row // PER_SECOND)
        for item, mine in zip(asking, rows, strict=True)
        for row in mine.tolist()
    ]
    if not asked:
        return set()
    vectors = np.concatenate([item.vectors[mine] for item, mine in zip(asking, rows, strict=True)])
    near = {(*asked[row], AssetId(asset)) for row, (asset, _) in index.near(vectors, CANDIDATE)}
    votes = Counter((asker, asset) for asker, _, asset in near if asset != asker)
    seconds = Counter(asker for asker, _ in set(asked))
    return {(min(ends), max(ends)) for ends, count in votes.items() if count >= min(2, seconds[ends[0]])}
