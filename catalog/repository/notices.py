"""Ports to baskets, and to the outbox of what people are told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from catalog.model import Basket, BasketItem, Delivery, Notice
from foundation.ids import BasketItemId, PrincipalId


class Notices(Protocol):
    """The outbox: notices are written with what they tell of, and delivered afterwards."""

    def after(self, seq: int, limit: int, *, principal: PrincipalId | None = None) -> list[Notice]:
        """Notices behind a sequence number, for one principal or all, in order."""

    def newest(self, seq: int, limit: int, *, principal: PrincipalId) -> list[Notice]:
        """The newest notices of one principal behind a sequence number, in the order of writing."""

    def last(self) -> int:
        """The newest sequence number; 0 where there is none."""

    def is_behind(self, channel: str) -> bool:
        """Say whether there are notices that a channel has no deliveries for yet."""

    def hand_out(self, channel: str, since: datetime) -> int:
        """Give a channel a delivery for every notice it has none for; a new channel begins at ``since``.

        Returns:
            How many were added.
        """

    def due(self, channel: str, now: datetime, limit: int) -> list[Delivery]:
        """Deliveries whose turn it is, in order."""

    def next_due(self) -> datetime | None:
        """When the next delivery of any channel is due."""

    def record(self, deliveries: Sequence[Delivery], due_at: datetime | None = None) -> None:
        """How attempts ended; ``due_at`` is when those that still wait are tried again."""

    def undelivered(self, limit: int) -> list[Delivery]:
        """What was given up, newest first."""


class Baskets(Protocol):
    """Baskets of one principal each."""

    def open(self, name: str, principal: PrincipalId) -> Basket:
        """By name without regard to case; made where there is none."""

    def get(self, name: str, principal: PrincipalId) -> Basket:
        """By name or id; raises BasketNotFound."""

    def all(self, principal: PrincipalId) -> list[Basket]:
        """By name."""

    def items(self, basket: Basket) -> list[BasketItem]:
        """In the order of putting in, of visible assets."""

    def put(self, basket: Basket, items: Sequence[BasketItem]) -> int:
        """Put in what is not there yet, by asset and range; returns how many were."""

    def take(self, basket: Basket, items: Sequence[BasketItemId]) -> int:
        """Take out; returns how many were there."""

    def remove(self, basket: Basket) -> None:
        """Forget the basket with all that is in it."""
