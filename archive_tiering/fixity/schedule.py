"""How much of a place is looked at in a day, and what a read may be: pure numbers, no clock, no store.

Every object weighs its bytes and :data:`OVERHEAD`, so that many small objects take their share of days like
few large ones. A day looks at ``weight / days`` at least; as items take turns, each comes up within ``days``
days as long as the budgets let the reads happen. The last object of a day may pass the share; the days after
look at that much less. What was missed (nothing ran) is not made up for: it makes the round longer, not the
next day heavier.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from math import ceil

from archive_tiering.prices.cost import GB
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.prices.terms import Terms
from catalog.model import FixityUse

OVERHEAD = 64 << 10
"""Bytes that one object weighs by itself: about what a request costs beside its bytes."""

MILLION = Decimal(1_000_000)
_THOUSAND = Decimal(1000)


class Verdict(StrEnum):
    """What to do with the object whose turn it is."""

    READ = "read"
    LOOK = "look"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be read of one place.

    Attributes:
        days: Everything comes up within so many days.
        month_bytes: Most bytes of a month; None for no such limit.
        month_micros: Most that billed reads of a month may cost, in millionths of the currency.
    """

    days: int
    month_bytes: int | None = None
    month_micros: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """One object.

    Attributes:
        size: Bytes.
        micros: What reading it costs, in millionths, rounded up; 0 where reading is free.
        asleep: It cannot be read without a restore, and is never restored for this.
    """

    size: int
    micros: int = 0
    asleep: bool = False

    @property
    def weight(self) -> int:
        """Its share of the schedule."""
        return self.size + OVERHEAD


def daily_weight(objects: int, size: int, days: int) -> int:
    """Return how much of a place one day has to look at."""
    return ceil((size + objects * OVERHEAD) / days)


def has_done_its_day(today: FixityUse, share: int) -> bool:
    """Say whether the day has looked at its share; the last object may pass it."""
    return today.weight >= share


def carried(previous: FixityUse, share: int, days: int) -> int:
    """Return what a day passed its share by, as far as the days since have not made up for it.

    Args:
        previous: The last day that looked at something, what it had carried over itself included.
        share: What one day has to look at.
        days: Days from that one to this, at least 1.
    """
    return max(0, previous.weight - share * days)


def decide(load: Load, month: FixityUse, limits: Limits) -> Verdict:
    """Say whether an object is read now, merely looked at, or has to wait for the next month.

    Looked at (the store's word is taken) is what sleeps, and what no month's budget would ever allow to read,
    so that it holds nothing up. What fits a whole month's budget but not what is left of this one waits for
    its turn, so that large objects do not starve behind small ones.
    """
    if load.asleep or load.micros > limits.month_micros:
        return Verdict.LOOK
    if limits.month_bytes is not None and load.size > limits.month_bytes:
        return Verdict.LOOK
    if load.micros and month.micros + load.micros > limits.month_micros:
        return Verdict.WAIT
    if limits.month_bytes is not None and month.size + load.size > limits.month_bytes:
        return Verdict.WAIT
    return Verdict.READ


def read_cost(terms: Terms, storage_class: str, size: int) -> Decimal:
    """Return what reading an object once costs, exact: in classes that bill it, and where egress is counted.

    Raises:
        BadSettings: The price table lacks the class.
    """
    prices, gigabytes = terms.prices, Decimal(size) / GB
    each = Decimal(0)
    if facts_or_plain(storage_class).billed_read:
        each += gigabytes * prices.of(storage_class).read_per_gb
    if terms.egress:
        each += gigabytes * prices.transfer.out_per_gb
    billed = terms.egress or facts_or_plain(storage_class).billed_read
    return each + (prices.transfer.get_per_1000 / _THOUSAND if billed else 0)


def to_micros(amount: Decimal) -> int:
    """Return millionths, rounded up."""
    return int((amount * MILLION).to_integral_value(ROUND_CEILING))


def round_days(objects: int, size: int, limits: Limits) -> int | None:
    """Return how many days one round takes with these limits; None where no bytes may be read at all."""
    if limits.month_bytes is None or not size:
        return limits.days
    if not limits.month_bytes:
        return None
    return max(limits.days, ceil(size * 30 / limits.month_bytes))
