"""What moving masters costs and saves: exact arithmetic over sums of bytes and objects.

    monthly = GB · class + objects · (overhead GB · class + index GB · STANDARD) + objects/1000 · monitoring
    once    = objects/1000 · write + GB · write + reads + egress + early deletion   (two reads between stores)
    early   = Σ max(0, minimum days − days stayed)/30.4 · GB · class left

One GB is 2^30 bytes. Everything is linear in bytes and objects, so a plan adds up whole numbers per route and
prices each route once. Sources: the price table names its own; minimum stays and overheads are those of
:mod:`archive_tiering.prices.storage_class`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from archive_tiering.prices.cost import CENT, DAYS_PER_MONTH, GB, Charge, PriceTable
from archive_tiering.prices.storage_class import StorageClassFacts

PART = 64 << 20
"""Bytes of one part of an upload: 10,000 of them are the 640 GB that one object may have here."""

ACROSS_READS = 2
"""Times that a master is read which moves between stores: to verify it, and to copy it."""

_THOUSAND = Decimal(1000)


class Way(StrEnum):
    """How bytes get from one class to another."""

    TAG = "tag"
    IN_PLACE = "in place"
    STORE_COPY = "store copy"
    ACROSS = "across"


@dataclass(frozen=True, slots=True)
class Spot:
    """A storage class in a location, with what it costs there.

    Attributes:
        facts: What is true of the class.
        prices: The location's price table.
        is_folder: The user's own disks, priced per GB and month only.
        egress: What is read leaves the provider's network, and is billed.
    """

    facts: StorageClassFacts
    prices: PriceTable
    is_folder: bool = False
    egress: bool = False

    @property
    def per_gb_month(self) -> Decimal:
        """Price of keeping a GB for a month; raises BadSettings where the table has none."""
        if self.is_folder:
            return self.prices.folder.per_gb_month
        return self.prices.of(self.facts.name).per_gb_month

    @property
    def per_gb_read(self) -> Decimal:
        """Price of reading a GB, egress included; a restored copy of a cold class costs egress alone."""
        if self.is_folder:
            return Decimal(0)
        egress = self.prices.transfer.out_per_gb if self.egress else Decimal(0)
        return egress if self.facts.is_cold else egress + self.prices.of(self.facts.name).read_per_gb

    @property
    def is_bucket(self) -> bool:
        """Requests are billed."""
        return not self.is_folder and "STANDARD" in self.prices.classes


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of something.

    Attributes:
        objects: How many objects.
        size: Their bytes.
        parts: Parts in which they are uploaded; see :func:`parts_of`.
        early: Byte-days of a minimum stay that are not over.
    """

    objects: int = 0
    size: int = 0
    parts: int = 0
    early: int = 0


def parts_of(size: int) -> int:
    """Return in how many parts an object is uploaded."""
    return max(1, -(-size // PART))


@dataclass(frozen=True, slots=True)
class Route:
    """From where to where, and how."""

    source: Spot
    target: Spot
    way: Way


def monthly(spot: Spot, amounts: Amounts) -> Decimal:
    """Return what keeping objects costs per month, exact; sizes must be billed sizes."""
    facts, own = spot.facts, 0
    index = facts.overhead_at_standard * amounts.objects
    own = amounts.size + (facts.overhead_bytes - facts.overhead_at_standard) * amounts.objects
    cost = own / GB * spot.per_gb_month
    if index:
        cost += index / GB * spot.prices.of("STANDARD").per_gb_month
    if facts.monitored:
        cost += amounts.objects / _THOUSAND * spot.prices.of(facts.name).monitoring_per_1000
    return cost


def once(route: Route, amounts: Amounts) -> tuple[Charge, ...]:
    """Return the one-off charges of a move; lines of nothing are left out."""
    lines = [*_writing(route, amounts), *_reading(route, amounts)]
    early = Decimal(amounts.early) / GB / DAYS_PER_MONTH
    lines.append(
        Charge("early deletion", route.source.facts.name, early, "GB-month", route.source.per_gb_month)
    )
    return tuple(line for line in lines if line.amount)


def rounded_up(amount: Decimal) -> Decimal:
    """Return a cost in whole cents, never less than it is."""
    return amount.quantize(CENT, ROUND_CEILING)


def rounded_down(amount: Decimal) -> Decimal:
    """Return a saving in whole cents, never more than it is."""
    return amount.quantize(CENT, ROUND_FLOOR)


def total_once(lines: Iterable[Charge]) -> Decimal:
    """Return the exact sum of charges."""
    return sum((line.amount for line in lines), Decimal(0))


def break_even(cost: Decimal, saving: Decimal) -> Decimal | None:
    """Return after how many months a one-off cost is earned, to a tenth; None where it never is."""
    if saving <= 0:
        return None
    return (cost / saving).quantize(Decimal("0.1"), ROUND_CEILING)


def worth_from(route: Route, months: Decimal) -> int | None:
    """Return from how many bytes per object a move pays back within ``months``; None where it never does.

    0 where the source's price is not known: then nothing can be said.
    """
    if not route.source.per_gb_month:
        return 0
    nothing, gigabyte = Amounts(1, 0, 1), Amounts(1, int(GB), parts_of(int(GB)))
    fixed = _loss(route, nothing, months)
    gain = fixed - _loss(route, gigabyte, months)
    if gain <= 0:
        return None
    return max(0, math.ceil(fixed / gain * GB))


def _loss(route: Route, amounts: Amounts, months: Decimal) -> Decimal:
    """What moving costs more per month than staying, with the one-off cost spread over ``months``."""
    more = monthly(route.target, amounts) - monthly(route.source, amounts)
    return more + total_once(once(route, amounts)) / months


def _writing(route: Route, amounts: Amounts) -> list[Charge]:
    target, name = route.target, route.target.facts.name
    if target.is_folder:
        return []
    prices, thousands = target.prices.of(name), amounts.objects / _THOUSAND
    what = "lifecycle transitions" if route.way is Way.TAG else "writing objects"
    lines = [
        Charge(what, name, thousands, "1,000 requests", prices.write_per_1000),
        Charge("writing", name, amounts.size / GB, "GB", prices.write_per_gb),
    ]
    if target.is_bucket and route.way in (Way.IN_PLACE, Way.ACROSS):
        usual = target.prices.of("STANDARD").write_per_1000
        # A copy in place is kept aside as long as it takes to verify it.
        extra = amounts.objects if route.way is Way.IN_PLACE else amounts.parts
        named = "safety copies" if route.way is Way.IN_PLACE else "parts of uploads"
        lines.append(Charge(named, "STANDARD", extra / _THOUSAND, "1,000 requests", usual))
    return lines


def _reading(route: Route, amounts: Amounts) -> list[Charge]:
    """Reads of the source: one within a bucket, where reading is free; across it is verified, then copied."""
    source, name = route.source, route.source.facts.name
    if not source.is_bucket:
        return []
    reads = ACROSS_READS if route.way is Way.ACROSS else 1
    lines = [
        Charge(
            "reading objects", name, reads * amounts.objects / _THOUSAND, "1,000 requests",
            source.prices.transfer.get_per_1000,
        )
    ]  # fmt: skip
    if route.way is Way.ACROSS:
        lines.append(Charge("reading", name, reads * amounts.size / GB, "GB", source.per_gb_read))
    return lines
