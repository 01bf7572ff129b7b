"""Follows the change feed into the vector index.

The cursor is saved after the index has flushed: a crash replays changes, and never skips one.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from catalog.model import Change, ChangeKind
from catalog.repository import Catalog
from embeddings.cursor import CursorFile, FollowedIndex
from embeddings.generations import GenerationalIndex
from embeddings.vector_index import VectorSource
from foundation import logging
from foundation.errors import RekindleError
from foundation.home import Home
from foundation.precedence import GiveWay, never
from indexer.projection import Projector, Unreadable
from indexer.renewal import Renewal
from indexer.vector_source import CatalogVectorSource

_CHANGES_AT_ONCE = 64
_FLUSH_SECONDS = 10.0
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 1.0
_LONGEST_RETREAT = 30.0
_REBUILD_PAUSE = 0.05
log = logging.get(__name__)


@dataclass(slots=True)
class _Place:
    """How far one index has followed: what is applied, and what of it is safe."""

    cursor: CursorFile
    applied: int | None
    saved: int | None


class Follower:
    """Keeps a vector index in step with the catalog, in one thread.

    Args:
        catalog: The truth.
        index: What follows it.
        source: Where points come from.
        home: Where generations are built.
        on_unreadable: Hears of every vector file that is missing or damaged.
        give_way: Called between small steps, as long as few changes wait.
    """

    def __init__(
        self,
        catalog: Catalog,
        index: FollowedIndex,
        source: VectorSource,
        home: Home,
        on_unreadable: Callable[[Unreadable], None] | None = None,
        give_way: GiveWay = never,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._projector = Projector(catalog, source, on_unreadable)
        self._renewal: Renewal | None = None
        if isinstance(index, GenerationalIndex):
            self._renewal = Renewal(catalog, index, source, home)
        self._place = _at(index.cursor)
        self._give_way = give_way
        self._flushed_at = time.monotonic()

    @property
    def applied(self) -> int | None:
        """Sequence number of the newest change in the index; None before the first projection."""
        return self._place.applied

    def run_once(self) -> int:
        """Apply all changes there are, flush, save the cursor; returns how many changes were applied."""
        applied = 0
        while step := self._step():
            applied += step
        self._save()
        return applied

    def run(self, stop: threading.Event) -> None:
        """Follow until ``stop`` is set; failures are logged and tried again more slowly."""
        pause = _SHORTEST_PAUSE
        while not stop.is_set():
            try:
                busy = self._tick()
            except RekindleError as error:
                log.exception("follower-failed", code=error.code, message=error.message)
                pause = min(2 * pause, _LONGEST_RETREAT)
            else:
                pause = 0.0 if busy else min(max(1.2 * pause, _SHORTEST_PAUSE), _LONGEST_PAUSE)
            stop.wait(pause)
        self._end()

    def rebuild(self) -> None:
        """Build, verify and swap in a new generation; on a server, write everything again.

        Returns when that is done.

        Raises:
            IndexUnavailable: The new generation did not become what the catalog describes; the old one stays.
        """
        if self._renewal is None:
            self._place.applied, _ = self._projector.everything(self._index)
            self._save()
            return
        self._renewal.start()
        while self._renewal.busy:
            if self._place.applied is not None:
                self.run_once()
            self._renew(raising=True)
            time.sleep(_REBUILD_PAUSE)

    def _tick(self) -> bool:
        applied = self._step()
        if self._place.applied != self._place.saved and (not applied or self._flush_is_due()):
            self._save()
        if not applied:
            self._renew(raising=False)
        return applied > 0

    def _step(self) -> int:
        if self._place.applied is None:
            self._place.applied, projected = self._projector.everything(self._index)
            self._save()
            return projected.points
        with self._catalog.read() as reader:
            changes = reader.changes.after(self._place.applied, _CHANGES_AT_ONCE)
        return self._apply(changes)

    def _apply(self, changes: list[Change]) -> int:
        if changes:
            # Whoever is far behind must not fall back further.
            is_behind = len(changes) == _CHANGES_AT_ONCE
            self._projector.apply(self._index, changes, never if is_behind else self._give_way)
            if any(change.kind is ChangeKind.PURGE for change in changes):
                self._index.rebuild()
            self._place.applied = changes[-1].seq
        return len(changes)

    def _renew(self, *, raising: bool) -> None:
        if self._renewal is not None and self._renewal.tick(raising=raising):
            self._place = _at(self._index.cursor)

    def _save(self) -> None:
        place = self._place
        if place.applied is not None and place.applied != place.saved:
            self._index.flush()
            place.cursor.save(place.applied)
            place.saved = place.applied
        self._flushed_at = time.monotonic()

    def _flush_is_due(self) -> bool:
        return time.monotonic() - self._flushed_at >= _FLUSH_SECONDS

    def _end(self) -> None:
        if self._renewal is not None:
            self._renewal.stop()
        try:
            self._save()
        except RekindleError as error:
            log.exception("follower-failed", code=error.code, message=error.message)


def open_follower(
    catalog: Catalog,
    index: FollowedIndex,
    home: Home,
    on_unreadable: Callable[[Unreadable], None] | None = None,
    give_way: GiveWay = never,
) -> Follower:
    """The follower of a home's catalog and derived store."""
    return Follower(catalog, index, CatalogVectorSource(catalog, home), home, on_unreadable, give_way)


def _at(cursor: CursorFile) -> _Place:
    saved = cursor.load()
    return _Place(cursor, saved, saved)
