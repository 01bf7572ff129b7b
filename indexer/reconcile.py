"""Whole listings at regular intervals: they make up for what no event told of."""

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from catalog.model import Job, JobState, Location
from catalog.repository import Catalog
from foundation.errors import CatalogBusy, NoSpace
from foundation.ids import LocationId, RunId
from foundation.logging import get
from indexer.payload import DISCOVER, DiscoverOrder

LOOK_SECONDS = 600.0
_DAY = timedelta(days=1)
"""A listing that failed is not tried again before."""
_IN_VAIN = (JobState.DEAD, JobState.CANCELLED)


def due(
    places: Sequence[Location],
    jobs: Iterable[Job],
    known: Callable[[LocationId], bool],
    now: datetime,
    days: int,
) -> list[Location]:
    """Return the locations whose last whole listing is too long ago.

    Args:
        places: All locations.
        jobs: Discover jobs that were added in the last ``days``.
        known: Says whether anything is known in a location: others wait until somebody indexes them.
        now: The time.
        days: Longest time between two whole listings.
    """
    fresh: set[LocationId] = set()
    for job in jobs:
        order = DiscoverOrder.from_payload(job.payload)
        tried_lately = job.created_at is not None and now - job.created_at < _DAY
        if order.is_whole and (tried_lately or job.state not in _IN_VAIN):
            fresh.add(order.location)
    return [place for place in places if place.id not in fresh and known(place.id)]


class Reconciler:
    """Starts runs over locations whose listing is old.

    Args:
        catalog: The ledger.
        days: Longest time between two whole listings; 0 starts none.
        clock: The time (UTC).
    """

    def __init__(
        self, catalog: Catalog, days: int, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._catalog = catalog
        self._days = days
        self._clock = clock

    def start_due(self) -> RunId | None:
        """Start one run over all locations that are due; None where none is."""
        now = self._clock()
        with self._catalog.read() as reader:
            jobs = reader.jobs.added(DISCOVER, key="discover:", since=now - timedelta(days=self._days))
            places = due(
                reader.locations.all(),
                jobs,
                lambda place: bool(reader.assets.known_page(place, limit=1)),
                now,
                self._days,
            )
        if not places or not self._days:
            return None
        with self._catalog.write() as writer:
            run = writer.runs.start()
            for place in places:
                key = f"discover:{run}:{place.id}:"
                writer.jobs.enqueue(DISCOVER, key, {"location": place.id}, run=run, asset=None)
        get(__name__).info("reconcile.started", run=run, locations=[place.name for place in places])
        return run

    def keep(self, stop: threading.Event) -> None:
        """Go on until ``stop`` is set."""
        pause = 0.0
        while self._days and not stop.wait(pause):
            try:
                self.start_due()
            except (CatalogBusy, NoSpace) as error:
                get(__name__).warning("reconcile.not-started", code=error.code, reason=error.message)
            pause = LOOK_SECONDS
