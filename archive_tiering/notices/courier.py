"""Delivers notices through channels: at least once, again after failures with growing pauses, then given up.

Notices are written in the transaction of what they tell (:mod:`catalog.sql_notices`). Here each channel gets
a delivery for every notice, and what ended is recorded after it was sent: a process that dies in between
sends once more, with the same id.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from archive_tiering.clock import Clock
from catalog.model import Delivery, DeliveryState, Notice
from catalog.repository import Catalog
from foundation.errors import CatalogBusy, RekindleError
from foundation.logging import get

BATCH = 100
_FIRST_PAUSE = timedelta(seconds=5)
_NEW_CHANNEL = timedelta(days=1)
"""How far back a channel that was just configured is told."""


class Channel(Protocol):
    """One way to reach people.

    Attributes:
        name: Unique; deliveries are kept by it.
    """

    name: str

    def send(self, notices: Sequence[Notice]) -> Sequence[RekindleError | None]:
        """Try to send; returns for each notice why it failed, or None. Raises nothing."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a channel is tried.

    Attributes:
        attempts: Tries before a notice is given up.
        longest: Longest pause between two of them.
    """

    attempts: int
    longest: timedelta


class Courier:
    """Sends what is due.

    Args:
        catalog: The outbox.
        channels: Ways to reach people.
        patience: How often they are tried.
        clock: The time.
        dice: Spreads retries, so that channels that fail together are not tried together.
    """

    def __init__(
        self,
        catalog: Catalog,
        channels: Sequence[Channel],
        patience: Patience,
        clock: Clock,
        dice: random.Random,
    ) -> None:
        self._catalog = catalog
        self._channels = channels
        self._patience = patience
        self._clock = clock
        self._dice = dice

    def deliver(self) -> int:
        """Send everything that is due on every channel; returns how many notices were taken.

        Raises:
            CatalogBusy: The outbox could not be written; what was sent is sent again.
        """
        return sum(self._deliver(channel) for channel in self._channels)

    def _deliver(self, channel: Channel) -> int:
        now = self._clock()
        with self._catalog.read() as view:
            is_behind = view.notices.is_behind(channel.name)
        if is_behind:
            with self._catalog.write() as tx:
                tx.notices.hand_out(channel.name, now - _NEW_CHANNEL)
        taken = 0
        while due := self._due(channel, now):
            self._record(due, channel.send([delivery.notice for delivery in due]), now)
            taken += len(due)
            if len(due) < BATCH:
                break
        return taken

    def _due(self, channel: Channel, now: datetime) -> list[Delivery]:
        with self._catalog.read() as view:
            return view.notices.due(channel.name, now, BATCH)

    def _record(
        self, due: Sequence[Delivery], results: Sequence[RekindleError | None], now: datetime
    ) -> None:
        after = [self._after(delivery, error) for delivery, error in zip(due, results, strict=True)]
        with self._catalog.write() as tx:
            for delivery in after:
                tx.notices.record([delivery], now + self._pause(delivery.attempts))

    def _after(self, delivery: Delivery, error: RekindleError | None) -> Delivery:
        attempts = delivery.attempts + 1
        if error is None:
            return replace(delivery, state=DeliveryState.DONE, attempts=attempts, error=None)
        given_up = attempts >= self._patience.attempts or not error.retryable
        state = DeliveryState.DEAD if given_up else DeliveryState.WAITING
        facts = {"channel": delivery.channel, "notice": delivery.notice.id, "reason": error.message}
        get(__name__).warning("notice_not_delivered", given_up=given_up, **facts)
        return replace(delivery, state=state, attempts=attempts, error=error.message)

    def _pause(self, attempts: int) -> timedelta:
        """Twice as long each time, spread by half, never longer than patience has it."""
        doubled: int = 2 ** min(attempts - 1, 20)
        pause = min(_FIRST_PAUSE * doubled, self._patience.longest)
        return pause * (0.75 + self._dice.random() / 2)


def deliver_quietly(courier: Courier) -> None:
    """Deliver, and leave what cannot be written now to the next time."""
    try:
        courier.deliver()
    except CatalogBusy as error:
        get(__name__).warning("courier_waits", reason=error.message)
