"""Quotes: which objects must come back for some assets, what that costs and how long it takes.

A quote's lines are plain JSON of four kinds, told apart by ``kind``:

- ``charge``: what, storage_class, quantity, unit, price, amount (exact decimals as text)
- ``tier``: retrieval_tier, eta_seconds, cost: what each retrieval tier on offer would mean
- ``object``: asset, instance, uri, version, etag, size, cost: its share in whole cents; they add up
- ``source``: table, date, source of the prices
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.cost import Charge, Load, PriceTable, charges, shares, total
from archive_tiering.storage_class import RETRIEVAL_TIERS, STANDARD, facts_or_plain
from archive_tiering.terms import Terms
from catalog.model import Asset, Instance, Quote, RestoreState, StoredObject
from foundation.errors import ObjectMissing, TierUnavailable
from foundation.ids import QuoteId, mint

CURRENCY = "USD"
Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sleeper:
    """One object that must be restored, with the terms of its location."""

    instance: Instance
    item: StoredObject
    terms: Terms


@dataclass(frozen=True, slots=True)
class Wish:
    """How the objects shall come back; None leaves the retrieval tier to the quote."""

    retrieval_tier: str | None
    days: int
    now: datetime
    valid: timedelta


def sleeping(instance: Instance) -> list[StoredObject]:
    """Return the objects of an instance that nobody woke yet, sidecars included."""
    return [
        item
        for item in instance.objects
        if item.restore is RestoreState.NEEDED and facts_or_plain(item.storage_class).may_sleep
    ]


def choose_copy(asset: Asset, instances: Sequence[Instance]) -> Instance:
    """Return the copy to bring back: the one with the fewest sleeping bytes.

    Raises:
        ObjectMissing: No copy of the asset is in a location now.
    """
    there = [instance for instance in instances if instance.available]
    if not there:
        raise ObjectMissing(f"No copy of {asset.name!r} is in any location now.")
    return min(there, key=lambda instance: sum(item.size + 1 for item in sleeping(instance)))


def make_quote(assets: Iterable[Asset], sleepers: Sequence[Sleeper], wish: Wish) -> Quote:
    """Price objects through one retrieval tier, and say what every other one on offer would mean.

    Raises:
        TierUnavailable: Not every object's class offers the tier.
        BadSettings: The price table lacks a class or tier.
    """
    tier = wish.retrieval_tier or usual_tier(sleepers)
    bill = bill_of(sleepers, tier, wish)
    cost = total(bill)
    lines: list[Line] = [_charge_line(charge) for charge in bill]
    lines += [_tier_line(sleepers, other, wish) for other in common_tiers(sleepers)]
    lines += _object_lines(sleepers, cost)
    lines += _source_lines(sleepers)
    return Quote(
        id=QuoteId(mint("quo")),
        asset_ids=tuple(asset.id for asset in assets),
        retrieval_tier=tier,
        days=wish.days,
        size=sum(sleeper.item.size for sleeper in sleepers),
        objects=len(sleepers),
        eta_seconds=eta_seconds(sleepers, tier),
        cost=cost,
        currency=CURRENCY,
        lines=tuple(lines),
        created_at=wish.now,
        expires_at=wish.now + wish.valid,
    )


def common_tiers(sleepers: Sequence[Sleeper]) -> list[str]:
    """Return the retrieval tiers that every object's class offers, fastest kind first."""
    offers = [s.terms.tiers(s.item.storage_class) for s in sleepers]
    return [tier for tier in RETRIEVAL_TIERS if offers and all(tier in offer for offer in offers)]


def eta_seconds(sleepers: Iterable[Sleeper], tier: str) -> int:
    """Return how long the slowest object takes; 0 where nothing sleeps."""
    times = [sleeper.terms.seconds(sleeper.item.storage_class, tier) for sleeper in sleepers]
    return math.ceil(max(times, default=0.0))


def bill_of(sleepers: Iterable[Sleeper], tier: str, wish: Wish) -> list[Charge]:
    """Return the exact charges, one group per location's terms and storage class."""
    groups: dict[tuple[int, str], list[Sleeper]] = {}
    for sleeper in sleepers:
        groups.setdefault((id(sleeper.terms), sleeper.item.storage_class), []).append(sleeper)
    return [charge for group in groups.values() for charge in charges(*_priced(group, tier, wish), tier)]


def _priced(group: Sequence[Sleeper], tier: str, wish: Wish) -> tuple[PriceTable, Load]:
    terms, name = group[0].terms, group[0].item.storage_class
    sizes = [sleeper.item.size for sleeper in group]
    return terms.prices, terms.load(name, tier, wish.days, sizes, wish.now)


def usual_tier(sleepers: Sequence[Sleeper]) -> str:
    """Return standard where all offer it, else the slowest kind all offer; raises TierUnavailable."""
    if not sleepers:
        return STANDARD
    common = common_tiers(sleepers)
    if not common:
        raise TierUnavailable("No retrieval tier is offered by all of these: quote them separately.")
    return STANDARD if STANDARD in common else common[-1]


def _charge_line(charge: Charge) -> Line:
    return {
        "kind": "charge",
        "what": charge.what,
        "storage_class": charge.storage_class,
        "quantity": str(charge.quantity),
        "unit": charge.unit,
        "price": str(charge.price),
        "amount": str(charge.amount),
    }


def _tier_line(sleepers: Sequence[Sleeper], tier: str, wish: Wish) -> Line:
    cost = total(bill_of(sleepers, tier, wish))
    return {
        "kind": "tier",
        "retrieval_tier": tier,
        "eta_seconds": eta_seconds(sleepers, tier),
        "cost": str(cost),
    }


def _object_lines(sleepers: Sequence[Sleeper], cost: Decimal) -> list[Line]:
    parts = shares(cost, [sleeper.item.size for sleeper in sleepers])
    return [
        {
            "kind": "object",
            "asset": sleeper.instance.asset_id,
            "instance": sleeper.instance.id,
            "uri": sleeper.item.uri,
            "version": sleeper.item.version,
            "etag": sleeper.item.etag,
            "size": sleeper.item.size,
            "cost": str(part),
        }
        for sleeper, part in zip(sleepers, parts, strict=True)
    ]


def _source_lines(sleepers: Sequence[Sleeper]) -> list[Line]:
    tables = {sleeper.terms.prices.table for sleeper in sleepers}
    return [
        {"kind": "source", "table": table.name, "date": table.date.isoformat(), "source": table.source}
        for table in sorted(tables, key=lambda table: table.name)
    ]
