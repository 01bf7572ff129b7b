"""What a restore under way must do besides to suit somebody who joins it: stay longer, come faster."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.prices.cost import Charge, Load, extension_charges, total, upgrade_charges
from archive_tiering.prices.storage_class import RETRIEVAL_TIERS, facts_or_plain
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.survey import Coming
from archive_tiering.quotes.tiers import Wish, is_faster
from catalog.model import EntryKind, Restore


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a restore that costs money."""

    kind: EntryKind
    charges: tuple[Charge, ...]

    @property
    def cost(self) -> Decimal:
        """Rounded up to the cent."""
        return total(self.charges)


@dataclass(frozen=True, slots=True)
class Amendment:
    """Everything that joining a restore changes about it.

    Attributes:
        days: The hold to be asked for once the copy is there; None where it is long enough.
        tier: The faster retrieval tier; None where it is fast enough.
        changes: What that costs.
        ready: When it will be there; None where nobody knows.
    """

    days: int | None
    tier: str | None
    changes: tuple[Change, ...]
    ready: datetime | None

    @property
    def charges(self) -> tuple[Charge, ...]:
        """All lines."""
        return tuple(charge for change in self.changes for charge in change.charges)

    @property
    def cost(self) -> Decimal:
        """Each change rounded up to the cent."""
        return sum((change.cost for change in self.changes), Decimal(0))


def amendment_of(coming: Coming, wish: Wish) -> Amendment:
    """Say what somebody with this wish has to pay besides.

    Raises:
        BadSettings: The price table lacks a class or tier.
    """
    restore, storage_class = coming.restore, coming.item.storage_class
    expires = not facts_or_plain(storage_class).moves_back
    days = wish.days if expires and wish.days > held_days(restore) else None
    tier = _faster(coming, wish)
    changes = []
    if days is not None:
        extra = days - held_days(restore)
        changes.append(extension(coming.terms, storage_class, restore, extra))
    ready = restore.eta
    if tier is not None:
        changes.append(upgrade(coming.terms, storage_class, restore, tier))
        ready = wish.now + timedelta(
            seconds=coming.terms.seconds(storage_class, tier, coming.item.archive_tier)
        )
    return Amendment(days, tier, tuple(changes), ready)


def held_days(restore: Restore) -> int:
    """Return how long a restore's copy will be kept as things stand."""
    return max(restore.days, restore.wanted_days or 0)


def extension(terms: Terms, storage_class: str, restore: Restore, days: int) -> Change:
    """Price keeping the copy for some days more."""
    load = Load(storage_class, 1, restore.size, Decimal(days), terms.egress)
    return Change(EntryKind.EXTENSION, extension_charges(terms.prices, load, restore.retrieval_tier))


def upgrade(terms: Terms, storage_class: str, restore: Restore, tier: str) -> Change:
    """Price making it faster."""
    load = Load(storage_class, 1, restore.size, Decimal(0), terms.egress)
    return Change(EntryKind.UPGRADE, upgrade_charges(terms.prices, load, tier))


def _faster(coming: Coming, wish: Wish) -> str | None:
    """The tier that was named where it is faster; else the slowest one that still meets the deadline."""
    now_at = coming.restore.wanted_tier or coming.restore.retrieval_tier
    offered = coming.terms.tiers(coming.item.storage_class, coming.item.archive_tier)
    faster = [tier for tier in RETRIEVAL_TIERS if tier in offered and is_faster(tier, now_at)]
    if wish.retrieval_tier is not None:
        return wish.retrieval_tier if wish.retrieval_tier in faster else None
    eta = coming.restore.eta
    if wish.deadline is None or eta is None or eta <= wish.deadline:
        return None
    left = (wish.deadline - wish.now).total_seconds()
    in_time = [tier for tier in faster if offered[tier] <= left]
    return in_time[-1] if in_time else None
