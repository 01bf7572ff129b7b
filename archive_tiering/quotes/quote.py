"""Quotes: which objects must come back for some assets, what that costs and how long it takes.

A quote's lines are plain JSON, told apart by ``kind``:

- ``charge``: what, storage_class, quantity, unit, price, amount (exact decimals as text), part of the split
- ``tier``: retrieval_tier, eta_seconds, cost, split, in_time: what each retrieval tier on offer would mean
- ``deadline``: deadline, in_time: whether what was chosen meets it
- ``object``: asset, instance, uri, version, etag, size, retrieval_tier, cost: its share in whole cents
- ``join``: asset, uri, restore, days, retrieval_tier, eta, cost: on its way already; the cost is for a longer
  hold and a faster tier
- ``warm``: asset, uri, until: can be read now
- ``impossible``: asset, name, code, reason, remedy: cannot be brought back
- ``unasked``: asset, uri, code, reason: a copy that was passed over, as its store did not say if it sleeps
- ``source``: table, date, source of the prices

Costs of objects and joins add up to the quote's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.prices.cost import Charge, shares, split_of, total
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.amendments import Amendment, amendment_of
from archive_tiering.quotes.survey import Coming, Impossible, Survey, Unasked, Warm
from archive_tiering.quotes.tiers import (
    Group,
    Wish,
    bill_of,
    choose,
    common_tiers,
    eta_seconds,
    groups_of,
    name_of,
)
from catalog.model import Quote
from foundation.ids import QuoteId, mint

CURRENCY = "USD"
Line = Mapping[str, object]
_Join = tuple[Coming, Amendment]


def make_quote(found: Survey, wish: Wish) -> Quote:
    """Price what sleeps, through the tiers that suit the wish, and tell of the rest.

    Raises:
        TierUnavailable: Not every object's class offers the tier that was named.
        BadSettings: The price table lacks a class or tier.
    """
    groups = groups_of(found.sleepers)
    tiers = choose(groups, wish)
    bill = bill_of(groups, tiers, wish)
    cost = total(bill)
    joins = [(coming, amendment_of(coming, wish)) for coming in found.coming]
    everything = [*bill, *(charge for _, amendment in joins for charge in amendment.charges)]
    eta = eta_seconds(groups, tiers)
    lines: list[Line] = [_charge_line(charge) for charge in everything]
    lines += [_tier_line(groups, tier, wish) for tier in common_tiers(groups)]
    lines += _deadline_lines(groups, tiers, joins, wish)
    lines += _object_lines(groups, tiers, cost)
    lines += [_join_line(coming, amendment) for coming, amendment in joins]
    lines += [_warm_line(warm) for warm in found.warm]
    lines += [_impossible_line(item) for item in found.impossible]
    lines += [_unasked_line(item) for item in found.unasked]
    lines += _source_lines([*(g.terms for g in groups), *(c.terms for c in found.coming)])
    return Quote(
        id=QuoteId(mint("quo")),
        asset_ids=tuple(asset.id for asset in found.assets),
        retrieval_tier=name_of(tiers),
        days=wish.days,
        size=sum(sleeper.item.size for sleeper in found.sleepers),
        objects=len(found.sleepers),
        eta_seconds=max([eta, *(_left(coming, wish.now) for coming in found.coming)]),
        cost=cost + sum((amendment.cost for _, amendment in joins), Decimal(0)),
        currency=CURRENCY,
        lines=tuple(lines),
        created_at=wish.now,
        expires_at=wish.now + wish.valid,
    )


def _left(coming: Coming, now: datetime) -> int:
    eta = coming.restore.eta
    return 0 if eta is None else max(0, int((eta - now).total_seconds()))


def _charge_line(charge: Charge) -> Line:
    return {
        "kind": "charge",
        "what": charge.what,
        "storage_class": charge.storage_class,
        "quantity": str(charge.quantity),
        "unit": charge.unit,
        "price": str(charge.price),
        "amount": str(charge.amount),
        "part": charge.part,
    }


def _tier_line(groups: Sequence[Group], tier: str, wish: Wish) -> Line:
    tiers = [tier] * len(groups)
    bill = bill_of(groups, tiers, wish)
    seconds = eta_seconds(groups, tiers)
    ready = wish.now + timedelta(seconds=seconds)
    return {
        "kind": "tier",
        "retrieval_tier": tier,
        "eta_seconds": seconds,
        "cost": str(total(bill)),
        "split": {part: str(amount) for part, amount in split_of(bill).items()},
        "in_time": None if wish.deadline is None else ready <= wish.deadline,
    }


def _deadline_lines(
    groups: Sequence[Group], tiers: Sequence[str], joins: Sequence[_Join], wish: Wish
) -> list[Line]:
    if wish.deadline is None:
        return []
    ready = [wish.now + timedelta(seconds=eta_seconds(groups, tiers)), *(a.ready for _, a in joins)]
    in_time = all(moment is None or moment <= wish.deadline for moment in ready)
    return [{"kind": "deadline", "deadline": wish.deadline.isoformat(), "in_time": in_time}]


def _object_lines(groups: Sequence[Group], tiers: Sequence[str], cost: Decimal) -> list[Line]:
    each = [(sleeper, tier) for group, tier in zip(groups, tiers, strict=True) for sleeper in group.sleepers]
    parts = shares(cost, [sleeper.item.size for sleeper, _ in each])
    return [
        {
            "kind": "object",
            "asset": sleeper.instance.asset_id,
            "instance": sleeper.instance.id,
            "uri": sleeper.item.uri,
            "version": sleeper.item.version,
            "etag": sleeper.item.etag,
            "size": sleeper.item.size,
            "retrieval_tier": tier,
            "cost": str(part),
        }
        for (sleeper, tier), part in zip(each, parts, strict=True)
    ]


def _join_line(coming: Coming, amendment: Amendment) -> Line:
    eta = amendment.ready or coming.restore.eta
    return {
        "kind": "join",
        "asset": coming.restore.asset_id,
        "uri": coming.item.uri,
        "restore": coming.restore.id,
        "days": amendment.days,
        "retrieval_tier": amendment.tier,
        "eta": None if eta is None else eta.isoformat(),
        "cost": str(amendment.cost),
    }


def _warm_line(warm: Warm) -> Line:
    until = None if warm.until is None else warm.until.isoformat()
    return {"kind": "warm", "asset": warm.instance.asset_id, "uri": warm.item.uri, "until": until}


def _impossible_line(item: Impossible) -> Line:
    why = {"code": item.error.code, "reason": item.error.message, "remedy": item.error.remedy}
    return {"kind": "impossible", "asset": item.asset_id, "name": item.name, **why}


def _unasked_line(item: Unasked) -> Line:
    why = {"code": item.error.code, "reason": item.error.message}
    return {"kind": "unasked", "asset": item.copy.asset_id, "uri": item.copy.essence.uri, **why}


def _source_lines(terms: Iterable[Terms]) -> list[Line]:
    tables = {each.prices.table for each in terms}
    return [
        {"kind": "source", "table": table.name, "date": table.date.isoformat(), "source": table.source}
        for table in sorted(tables, key=lambda table: table.name)
    ]
