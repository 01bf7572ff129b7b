"""Which retrieval tier brings which objects back, what that costs and how long it takes. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive_tiering.prices.cost import Charge, Load, charges, total
from archive_tiering.prices.storage_class import RETRIEVAL_TIERS, STANDARD
from archive_tiering.prices.terms import Terms
from catalog.model import Instance, StoredObject
from foundation.errors import TierUnavailable

MIXED = "mixed"
"""Retrieval tier of a quote whose storage classes come back through different ones."""


@dataclass(frozen=True, slots=True)
class Sleeper:
    """One object that must be restored, with the terms of its location."""

    instance: Instance
    item: StoredObject
    terms: Terms


@dataclass(frozen=True, slots=True)
class Wish:
    """How the objects shall come back; None leaves the retrieval tier to the quote.

    Attributes:
        valid: How long the quote holds.
        deadline: When they are needed; the cheapest tier that is in time is taken.
    """

    retrieval_tier: str | None
    days: int
    now: datetime
    valid: timedelta
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Objects of one storage class, and one archive tier of it, on the same terms."""

    terms: Terms
    storage_class: str
    sleepers: tuple[Sleeper, ...]
    archive_tier: str | None = None

    @property
    def tiers(self) -> Mapping[str, float]:
        """Seconds by retrieval tier on offer, fastest kind first."""
        return self.terms.tiers(self.storage_class, self.archive_tier)

    def seconds(self, tier: str) -> float:
        """Typical upper bound of a restore; raises TierUnavailable."""
        return self.terms.seconds(self.storage_class, tier, self.archive_tier)

    def load(self, days: int) -> Load:
        """What is brought back together."""
        return self.terms.load(self.storage_class, days, [sleeper.item.size for sleeper in self.sleepers])

    def bill(self, tier: str, days: int) -> tuple[Charge, ...]:
        """The exact charges through one retrieval tier."""
        return charges(self.terms.prices, self.load(days), tier)


def groups_of(sleepers: Iterable[Sleeper]) -> list[Group]:
    """Group objects by terms, storage class and archive tier, in the order in which they first come."""
    found: dict[tuple[int, str, str | None], list[Sleeper]] = {}
    for sleeper in sleepers:
        item = sleeper.item
        found.setdefault((id(sleeper.terms), item.storage_class, item.archive_tier), []).append(sleeper)
    return [Group(each[0].terms, name, tuple(each), tier) for (_, name, tier), each in found.items()]


def common_tiers(groups: Sequence[Group]) -> list[str]:
    """Return the retrieval tiers that every group offers, fastest kind first."""
    offers = [group.tiers for group in groups]
    return [tier for tier in RETRIEVAL_TIERS if offers and all(tier in offer for offer in offers)]


def choose(groups: Sequence[Group], wish: Wish) -> list[str]:
    """Return the retrieval tier of each group.

    The one that was named; else the cheapest that meets the deadline, or the fastest where none does; else
    standard where all offer it, the slowest that all offer, or each group's own usual one.

    Raises:
        TierUnavailable: A group does not offer the tier that was named.
        BadSettings: The price table lacks a class or tier.
    """
    if wish.retrieval_tier is not None:
        for group in groups:
            group.seconds(wish.retrieval_tier)
        return [wish.retrieval_tier] * len(groups)
    if wish.deadline is not None:
        return [_in_time(group, wish, wish.deadline) for group in groups]
    common = common_tiers(groups)
    if common:
        return [_usual(common)] * len(groups)
    return [_usual(_offered(group)) for group in groups]


def bill_of(groups: Sequence[Group], tiers: Sequence[str], wish: Wish) -> list[Charge]:
    """Return the exact charges of all groups, each through its tier."""
    return [c for group, tier in zip(groups, tiers, strict=True) for c in group.bill(tier, wish.days)]


def eta_seconds(groups: Sequence[Group], tiers: Sequence[str]) -> int:
    """Return how long the slowest group takes; 0 where nothing sleeps."""
    times = [group.seconds(tier) for group, tier in zip(groups, tiers, strict=True)]
    return math.ceil(max(times, default=0.0))


def is_faster(tier: str, other: str) -> bool:
    """Say whether a retrieval tier is faster than another one."""
    if tier not in RETRIEVAL_TIERS or other not in RETRIEVAL_TIERS:
        return False
    return RETRIEVAL_TIERS.index(tier) < RETRIEVAL_TIERS.index(other)


def name_of(tiers: Sequence[str]) -> str:
    """Return what the tiers of a quote are called together."""
    return MIXED if len(set(tiers)) > 1 else next(iter(tiers), STANDARD)


def _offered(group: Group) -> list[str]:
    offered = [tier for tier in RETRIEVAL_TIERS if tier in group.tiers]
    if not offered:
        raise TierUnavailable(f"{group.storage_class} has no retrieval tier on offer.")
    return offered


def _usual(offered: Sequence[str]) -> str:
    return STANDARD if STANDARD in offered else offered[-1]


def _in_time(group: Group, wish: Wish, deadline: datetime) -> str:
    offered = _offered(group)
    left = (deadline - wish.now).total_seconds()
    in_time = [tier for tier in offered if group.seconds(tier) <= left]
    fastest = min(offered, key=lambda tier: group.seconds(tier))
    return min(in_time, key=lambda tier: total(group.bill(tier, wish.days)), default=fastest)
