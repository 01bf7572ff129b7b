"""Unmet demand: queries that found nothing good are counted in memory and written now and then.

A search never waits for the catalog's writer on their account.
"""

import threading
from datetime import timedelta

from catalog.repository import Catalog
from foundation.settings import DemandSettings
from search_api.schemas import SearchReply, SearchRequest
from search_api.services.goodness import is_good

MOST_WAITING = 1_000
"""Different queries that wait in memory at most; more are dropped until the next write."""

Key = tuple[str, str]
"""Text, and filters in words."""


class DemandLog:
    """Counts queries until somebody writes them. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Key, int] = {}

    def note(self, request: SearchRequest, reply: SearchReply) -> None:
        """Take note of a search's first page, if somebody asked in words and nothing good was found."""
        if not request.demand or request.cursor is not None or any(map(is_good, reply.hits)):
            return
        key = reply.query, _in_words(reply)
        with self._lock:
            if key[0] and (key in self._waiting or len(self._waiting) < MOST_WAITING):
                self._waiting[key] = self._waiting.get(key, 0) + 1

    def write(self, catalog: Catalog, settings: DemandSettings) -> None:
        """Write what waits, and forget what is too old; what waits is dropped where nothing is to be kept.

        Raises:
            CatalogBusy, NoSpace: Nothing is lost; it waits for the next time.
        """
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        if not waiting or not settings.keep:
            return
        try:
            with catalog.write() as writer:
                now = writer.now
                for (text, filters), count in waiting.items():
                    writer.demands.add(text, filters, count=count, at=now)
                writer.demands.forget_before(now - timedelta(days=settings.days))
        except Exception:
            self._put_back(waiting)
            raise

    def _put_back(self, waiting: dict[Key, int]) -> None:
        with self._lock:
            for key, count in waiting.items():
                self._waiting[key] = self._waiting.get(key, 0) + count


def _in_words(reply: SearchReply) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(reply.understood.filters.items()))
