"""What happens beside the restores themselves: bucket events come in, notices go out."""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from archive_tiering.notices.courier import Courier, deliver_quietly
from catalog.repository import CatalogWriter
from foundation.errors import CatalogBusy, StorageError
from foundation.logging import get

SECONDS = 1.0
"""How often the outbox is looked at."""

_MOST_SECONDS_OFF = 300.0


Changed = Callable[[CatalogWriter, Iterable[str]], int]
"""Orders a look at changed objects, by URI, within the transaction; says how many will be looked at."""


def ignored(writer: CatalogWriter, uris: Iterable[str]) -> int:
    """Order no look: whole listings alone find what changed."""
    return 0


class Events(Protocol):
    """Takes hints from somewhere."""

    def take(self) -> int:
        """Take what there is now; raises StorageUnreachable."""


class Dispatcher:
    """Takes events and delivers notices until it is told to stop.

    Args:
        courier: Delivers notices.
        events: Where hints come from; None where no queue is configured.
    """

    def __init__(self, courier: Courier, events: Events | None) -> None:
        self._courier = courier
        self._events = events
        self._off = 0.0

    def step(self) -> float:
        """Do what is due; returns the seconds until it is worth looking again."""
        deliver_quietly(self._courier)
        if self._events is None:
            return SECONDS
        try:
            self._events.take()
        except (StorageError, CatalogBusy) as error:
            # Restores are polled meanwhile; a queue that is away is asked ever less often.
            self._off = min(max(self._off * 2, SECONDS), _MOST_SECONDS_OFF)
            get(__name__).warning("events_not_taken", code=error.code, reason=error.message)
            return self._off
        self._off = 0.0
        return SECONDS

    def keep(self, stop: threading.Event) -> None:
        """Go on until ``stop`` is set, in the one process that looks after restores."""
        pause = 0.0
        while not stop.wait(pause):
            pause = self.step()
