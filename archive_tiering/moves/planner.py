"""Tier plans: a dry run of the lifecycle rules over the catalog. Nothing is moved, and no store is asked.

Copies are streamed; what they add to a route is whole numbers, and every route is priced once. A plan is kept
with its items, so that applying it moves exactly what was shown.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from archive_tiering.clock import Clock
from archive_tiering.places import Places
from archive_tiering.prices.moving import (
    Amounts,
    break_even,
    monthly,
    once,
    rounded_down,
    rounded_up,
    total_once,
)
from archive_tiering.quotes.quote import CURRENCY
from archive_tiering.rules.destinations import Destination, Destinations
from archive_tiering.rules.file import load_rules
from archive_tiering.rules.matching import Matcher, known_to
from archive_tiering.rules.refusals import REFUSALS, kept_now, refusal_of
from archive_tiering.rules.rule_set import RuleSet
from catalog.model import TierPlan
from catalog.repository import Catalog, CatalogReader
from foundation.ids import LOCAL_PRINCIPAL, PlanId, PrincipalId, mint
from foundation.settings import TieringSettings

_AT_ONCE = 20_000
_EXAMPLES = 5
_NO_FOLDER_PRICE = (
    "What your own disks cost is not in the price table ([folder] per_gb_month), so that moving masters away "
    "from them is shown as saving nothing."
)
Item = tuple[int, int, str, int, int, str | None]
Progress = Callable[[int], object]


@dataclass(slots=True)
class _Sum:
    """Copies that take one route, or stay for one reason."""

    copies: int = 0
    objects: int = 0
    size: int = 0
    parts: int = 0
    early: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str, amounts: Amounts) -> None:
        self.copies += 1
        self.objects += amounts.objects
        self.size += amounts.size
        self.parts += amounts.parts
        self.early += amounts.early
        if len(self.examples) < _EXAMPLES:
            self.examples.append(name)

    @property
    def amounts(self) -> Amounts:
        return Amounts(self.objects, self.size, self.parts, self.early)


@dataclass(slots=True)
class _Tally:
    """What a scan adds up."""

    scanned: int = 0
    routes: dict[int, tuple[Destination, _Sum]] = field(default_factory=dict)
    refusals: dict[tuple[int, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))


class Planner:
    """Makes plans.

    Args:
        catalog: What there is.
        places: Terms of locations.
        settings: How long a plan holds, and which buckets move objects by themselves.
        rules: The file of lifecycle rules.
        clock: The time.
    """

    def __init__(
        self, catalog: Catalog, places: Places, settings: TieringSettings, rules: Path, clock: Clock
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._settings = settings
        self._rules = rules
        self._clock = clock

    def plan(
        self, *, principal: PrincipalId = LOCAL_PRINCIPAL, progress: Progress = lambda scanned: None
    ) -> TierPlan:
        """Say what the rules would move, and keep it.

        Args:
            principal: Who asks.
            progress: Told now and then how many copies were looked at.

        Raises:
            BadRules: The rules cannot be read, or name what does not exist.
            BadSettings: The price table lacks a class.
        """
        rules = load_rules(self._rules)
        self._places.forget()
        draft = self._draft(rules, principal)
        with self._catalog.write(principal) as tx:
            tx.plans.forget_before(draft.created_at)
            tx.plans.put(draft)
        tally = _Tally()
        with self._catalog.read() as view:
            for items in _batches(self._items(view, rules, tally, draft)):
                with self._catalog.write(principal) as tx:
                    tx.plans.add_items(draft.id, items)
                progress(tally.scanned)
        done = _completed(draft, rules, tally)
        with self._catalog.write(principal) as tx:
            tx.plans.put(done)
            facts = {"moving": done.moving, "cost": str(done.cost), "saving": str(done.saving)}
            tx.audit.append(principal, "tier.plan", done.id, facts)
        return done

    def _draft(self, rules: RuleSet, principal: PrincipalId) -> TierPlan:
        now = self._clock()
        return TierPlan(
            id=PlanId(mint("pln")),
            rules_sha256=rules.sha256,
            rules=tuple(rule.as_json() for rule in rules.rules),
            summary={},
            scanned=0, moving=0, refused=0, size=0, cost=Decimal(0), saving=Decimal(0), currency=CURRENCY,
            created_at=now,
            expires_at=now + timedelta(hours=self._settings.plan_hours),
            principal=principal,
            complete=False,
        )  # fmt: skip

    def _items(self, view: CatalogReader, rules: RuleSet, tally: _Tally, draft: TierPlan) -> Iterator[Item]:
        matcher = Matcher(rules, known_to(view, rules, draft.created_at))
        locations = {location.id: location for location in view.locations.all()}
        tagged = frozenset(self._settings.tag_locations)
        destinations = Destinations(rules, locations, self._places, tagged)
        kept, now, ordinal = kept_now(view), int(draft.created_at.timestamp()), 0
        for copy in view.plans.scan():
            tally.scanned += 1
            number = matcher.decides(copy)
            # A hot copy is where it belongs: no rule is broken, and there is nothing to tell.
            is_hot = copy.instance_id in kept.hot
            if number is None or is_hot or copy.location_id not in locations:
                continue
            destination = destinations.of(number, copy.location_id, copy.storage_class)
            if destination is None:
                continue
            refusal = refusal_of(copy, destination, kept, now)
            if refusal is None:
                _, total = tally.routes.setdefault(id(destination), (destination, _Sum()))
                total.add(copy.name, destination.amounts(copy, now))
            else:
                tally.refusals[number, refusal].add(copy.name, Amounts(copy.objects, copy.size))
            yield ordinal, copy.row, copy.identity, copy.size, number, refusal
            ordinal += 1


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _completed(draft: TierPlan, rules: RuleSet, tally: _Tally) -> TierPlan:
    routes = [_Priced(destination, total) for destination, total in tally.routes.values()]
    cost = sum((route.cost for route in routes), Decimal(0))
    saving = sum((route.saving for route in routes), Decimal(0))
    return replace(
        draft,
        summary=_summary(routes, rules, tally),
        scanned=tally.scanned,
        moving=sum(route.total.copies for route in routes),
        refused=sum(total.copies for total in tally.refusals.values()),
        size=sum(route.total.size for route in routes),
        cost=rounded_up(cost),
        saving=rounded_down(saving),
        complete=True,
    )


class _Priced:
    """A route with its money, exact."""

    def __init__(self, destination: Destination, total: _Sum) -> None:
        self.destination, self.total = destination, total
        route, amounts = destination.route, total.amounts
        self.charges = once(route, amounts)
        self.cost = total_once(self.charges)
        self.before = monthly(route.source, amounts)
        self.after = monthly(route.target, amounts)

    @property
    def saving(self) -> Decimal:
        return self.before - self.after

    def as_json(self) -> Mapping[str, object]:
        months = break_even(self.cost, self.saving)
        early = sum((line.amount for line in self.charges if line.what == "early deletion"), Decimal(0))
        return {
            "rule": self.destination.rule.name,
            "line": self.destination.rule.line,
            "from_location": self.destination.source.name,
            "from_class": self.destination.from_class,
            "to_location": self.destination.target.name,
            "to_class": self.destination.to_class,
            "way": self.destination.way.value,
            "copies": self.total.copies,
            "objects": self.total.objects,
            "bytes": self.total.size,
            "examples": self.total.examples,
            "monthly_before": str(rounded_up(self.before)),
            "monthly_after": str(rounded_up(self.after)),
            "saving": str(rounded_down(self.saving)),
            "cost": str(rounded_up(self.cost)),
            "early_deletion": str(rounded_up(early)),
            "break_even_months": None if months is None else str(months),
            "charges": [
                {
                    "what": line.what, "storage_class": line.storage_class, "quantity": str(line.quantity),
                    "unit": line.unit, "price": str(line.price), "amount": str(line.amount),
                }
                for line in self.charges
            ],
        }  # fmt: skip


def _summary(routes: list[_Priced], rules: RuleSet, tally: _Tally) -> Mapping[str, object]:
    return {
        "source": rules.source,
        "routes": [route.as_json() for route in sorted(routes, key=lambda r: r.destination.rule.line)],
        "refusals": [
            {
                "rule": rules.rules[number].name,
                "line": rules.rules[number].line,
                "reason": code,
                "sentence": REFUSALS[code],
                "copies": total.copies,
                "bytes": total.size,
                "examples": total.examples,
            }
            for (number, code), total in sorted(tally.refusals.items())
        ],
        "notices": _notices(routes),
        "prices": _tables(routes),
    }


def _notices(routes: list[_Priced]) -> list[str]:
    sources = [route.destination.route.source for route in routes]
    unpriced = any(spot.is_folder and not spot.per_gb_month for spot in sources)
    return [_NO_FOLDER_PRICE] if unpriced else []


def _tables(routes: list[_Priced]) -> list[Mapping[str, str]]:
    both = [(r.destination.route.source, r.destination.route.target) for r in routes]
    tables = {spot.prices.table for pair in both for spot in pair}
    return [
        {"table": table.name, "date": table.date.isoformat(), "source": table.source}
        for table in sorted(tables, key=lambda table: (table.name, table.source))
    ]
