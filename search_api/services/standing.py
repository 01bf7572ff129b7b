"""Standing queries: saved searches are asked again of the footage that arrived since.

Only footage that was not searched for them takes part, so that a moment is reported once. What was searched
is noted with what was found, in one transaction; after a crash the same stretch of footage is searched again
and reported once.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from catalog.model import Arrival, SavedSearch
from catalog.repository import Catalog
from embeddings.cursor import FollowedIndex
from foundation import logging
from foundation.errors import InputError, NotFound, RekindleError
from foundation.ids import AssetId, SavedSearchId
from foundation.settings import DemandSettings
from search_api import schemas as s
from search_api.services.demand import DemandLog
from search_api.services.goodness import is_good
from search_api.services.search import Search

BATCH = 100
"""Newly arrived assets that one question is asked of at once."""

PATIENCE_SECONDS = 5.0
"""How long somebody who wants to know now waits for the index to follow."""

_PAUSE_SECONDS = 1.0
_GLANCE_SECONDS = 0.1
_LONGEST_PAUSE = 60.0
_MOST_HITS = 200
log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class _Horizon:
    """Arrivals up to ``arrival`` are searchable once the index has followed up to ``change``."""

    arrival: int
    change: int


class Standing:
    """Asks saved searches of new footage, a bounded step at a time.

    Args:
        catalog: Saved searches, arrivals, the feed.
        index: Says how far it has followed; None while it cannot be opened: words are searched all the same.
        search: Answers the questions.
    """

    def __init__(self, catalog: Catalog, index: FollowedIndex | None, search: Search) -> None:
        self._catalog = catalog
        self._index = index
        self._search = search
        self._horizon: _Horizon | None = None
        self._searchable = 0

    def catch_up(self, saved_id: SavedSearchId) -> None:
        """Ask one question of all new footage, waiting a moment for what the index does not know yet."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            while self.step(saved_id):
                pass
            with self._catalog.read() as reader:
                waiting = reader.arrivals.count(reader.saved.get(saved_id).seen)
            if not waiting or time.monotonic() >= deadline:
                return
            time.sleep(_GLANCE_SECONDS)

    def step(self, only: SavedSearchId | None = None) -> bool:
        """Ask one question of one batch of new footage; False when there is nothing to ask.

        Args:
            only: This saved search, and no other.
        """
        self._look_ahead()
        with self._catalog.read() as reader:
            behind = [
                saved
                for saved in reader.saved.all()
                if saved.seen < self._searchable and only in (None, saved.id)
            ]
            # Whoever waits longest is first, so that none is left behind by an error of another.
            saved = min(behind, key=lambda item: item.seen, default=None)
            if saved is None:
                return False
            arrived = [item for item in reader.arrivals.after(saved.seen, BATCH) if self._reaches(item)]
        found = self._found(saved, [item.asset_id for item in arrived]) if arrived else []
        seen = arrived[-1].seq if len(arrived) == BATCH else self._searchable
        with self._catalog.write() as writer:
            writer.saved.advance(saved.id, seen, found)
        return True

    def _reaches(self, arrival: Arrival) -> bool:
        return arrival.seq <= self._searchable

    def _look_ahead(self) -> None:
        """Find out up to which arrival the index knows everything."""
        if self._horizon is None:
            with self._catalog.read() as reader:
                self._horizon = _Horizon(reader.arrivals.last(), reader.changes.last())
        followed = None if self._index is None else self._index.cursor.load()
        if self._index is None or (followed or 0) >= self._horizon.change:
            self._searchable = max(self._searchable, self._horizon.arrival)
            self._horizon = None

    def _found(
        self, saved: SavedSearch, assets: Sequence[AssetId]
    ) -> list[tuple[AssetId, dict[str, object]]]:
        """Good hits in these assets; none where the question cannot be asked any more."""
        try:
            request = s.SearchRequest.model_validate({**saved.query, "limit": _MOST_HITS})
            reply = replace(self._search, among=tuple(assets)).run(request)
        except (InputError, NotFound, ValueError) as error:
            log.warning("standing.cannot-ask", saved=saved.id, reason=str(error))
            return []
        return [(AssetId(hit.asset.id), hit.model_dump(mode="json")) for hit in reply.hits if is_good(hit)]


def attend(
    standing: Callable[[], bool],
    demand: DemandLog,
    catalog: Catalog,
    settings: DemandSettings,
    stop: threading.Event,
) -> None:
    """Ask standing queries and write unmet demand until ``stop`` is set, in the process that owns the home.

    Steps are bounded and have pauses between them, so that people's searches do not wait for them; one that
    fails is tried again more slowly.
    """
    pause = _PAUSE_SECONDS
    while not stop.wait(pause):
        pause = _pause_after(standing, lambda: demand.write(catalog, settings), pause)
    _pause_after(lambda: False, lambda: demand.write(catalog, settings), pause)


def _pause_after(step: Callable[[], bool], write: Callable[[], None], pause: float) -> float:
    try:
        write()
        busy = step()
    except RekindleError as error:
        log.warning("standing.failed", code=error.code, reason=error.message)
        return min(2 * pause, _LONGEST_PAUSE)
    return _PAUSE_SECONDS / 4 if busy else _PAUSE_SECONDS
