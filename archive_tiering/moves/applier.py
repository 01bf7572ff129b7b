"""From a plan to moves in the ledger, within budget: exactly what was shown, and only what is still so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from archive_tiering.clock import Clock
from archive_tiering.moves.steps import moved_object
from archive_tiering.places import Places
from archive_tiering.prices.budgets import caps_of_projects, month_cap
from archive_tiering.prices.moving import once, total_once
from archive_tiering.rules.destinations import Destination, Destinations
from archive_tiering.rules.file import load_rules
from archive_tiering.rules.refusals import kept_now, refusal_of
from archive_tiering.rules.rule_set import RuleSet
from catalog.lifecycle import identity_of
from catalog.model import (
    BudgetScope,
    Instance,
    Move,
    MovedObject,
    MoveState,
    PlanItem,
    StoredObject,
    TierPlan,
)
from catalog.repository import Catalog, CatalogReader
from catalog.repository.tiering import SMALL
from foundation.errors import BudgetExceeded, QuoteExpired
from foundation.ids import LOCAL_PRINCIPAL, MoveId, PlanId, PrincipalId, mint
from foundation.settings import Settings

_AT_ONCE = 200
_SPECK = Decimal("0.000001")
"""What exact sums may differ by because they were added up in another order."""
REMEDY = "Make a new plan: `rekindle tier plan`."


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan did.

    Attributes:
        begun: Moves that were added to the ledger.
        running: Copies that were being moved already.
        skipped: Copies that are no longer what was planned, or must stay by now.
        reserved: Money set aside for the new moves.
    """

    begun: int
    running: int
    skipped: int
    reserved: Decimal


@dataclass(frozen=True, slots=True)
class _Errand:
    """A plan that somebody agreed to.

    Attributes:
        before: What it was reserved when it was applied before.
    """

    plan: TierPlan
    rules: RuleSet
    principal: PrincipalId
    before: Decimal

    def demand_agreed(self, done: Applied) -> None:
        """Raise QuoteExpired where the moves come to more than the plan said."""
        plan, total = self.plan, self.before + done.reserved
        if total - plan.cost > _SPECK:
            raise QuoteExpired(
                f"Prices or settings changed since: going on would pass the {plan.cost} {plan.currency} "
                "that the plan said. What was begun before stays within that.",
                remedy=REMEDY,
            )


class Applier:
    """Puts a plan's moves into the ledger.

    Args:
        catalog: The ledger.
        places: Terms of locations.
        settings: Budget, rules and buckets that move objects by themselves.
        clock: The time.
    """

    def __init__(self, catalog: Catalog, places: Places, settings: Settings, clock: Clock) -> None:
        self._catalog = catalog
        self._places = places
        self._settings = settings
        self._clock = clock

    def apply(
        self, plan_id: PlanId, *, budget: Decimal | None = None, principal: PrincipalId = LOCAL_PRINCIPAL
    ) -> Applied:
        """Begin every move of a plan; applying it again begins what is missing.

        Args:
            plan_id: The plan.
            budget: Most it may cost, besides the budgets that restores keep to as well.
            principal: Who asks.

        Raises:
            PlanNotFound: There is no such plan.
            QuoteExpired: It ran out, was never completed, or the rules changed since; or prices did, and the
                moves would come to more than the plan said: those begun before stay within that.
            BudgetExceeded: Nothing was begun; or a budget of the month, user or project ran out on the way.
        """
        with self._catalog.read() as view:
            plan = view.plans.get(plan_id)
        rules = load_rules(self._settings.rules_file)
        self._check(plan, rules, budget)
        self._places.forget()
        with self._catalog.read() as view:
            errand = _Errand(plan, rules, principal, view.moves.reserved_by(plan_id))
        done = Applied(0, 0, 0, Decimal(0))
        for items in self._pages(plan_id):
            done = self._begin(errand, items, done)
        with self._catalog.write(principal) as tx:
            tx.plans.put(replace(tx.plans.get(plan_id), applied_at=self._clock()))
            facts = {"begun": done.begun, "skipped": done.skipped, "reserved": str(done.reserved)}
            tx.audit.append(principal, "tier.apply", plan_id, facts)
        return done

    def _check(self, plan: TierPlan, rules: RuleSet, budget: Decimal | None) -> None:
        now = self._clock()
        if not plan.complete or now >= plan.expires_at:
            held = f"{plan.expires_at:%Y-%m-%d %H:%M} UTC"
            raise QuoteExpired(f"The plan held until {held}, or was never completed.", remedy=REMEDY)
        if plan.rules_sha256 != rules.sha256:
            raise QuoteExpired("The rules changed since the plan was made.", remedy=REMEDY)
        if budget is not None and plan.cost > budget:
            raise BudgetExceeded(f"The plan costs {plan.cost} {plan.currency}; {budget} were allowed.")
        with self._catalog.read() as view:
            month = f"{now:%Y-%m}"
            cap = month_cap(view, self._settings.tiering, month)
            left = cap - view.spending.reserved(BudgetScope.MONTH, "", month)
        if plan.applied_at is None and plan.cost > left:
            raise BudgetExceeded(
                f"The plan costs {plan.cost} {plan.currency}; this month's budget leaves {left}.",
                remedy="Narrow the rules, wait for next month, or raise it: `rekindle restore budget`.",
            )

    def _pages(self, plan_id: PlanId) -> Iterator[list[PlanItem]]:
        after = -1
        while True:
            with self._catalog.read() as view:
                items = view.plans.items(plan_id, refused=False, after=after, limit=_AT_ONCE)
            if not items:
                return
            yield items
            after = items[-1].ordinal

    def _begin(self, errand: _Errand, items: list[PlanItem], done: Applied) -> Applied:
        now, principal = self._clock(), errand.principal
        with self._catalog.write(principal) as tx:
            locations = {location.id: location for location in tx.locations.all()}
            tagged = frozenset(self._settings.tiering.tag_locations)
            destinations = Destinations(errand.rules, locations, self._places, tagged)
            found = [self._move(tx, errand.plan, item, destinations, principal) for item in items]
            wanted = [move for move in found if move is not None]
            month = f"{now:%Y-%m}"
            projects = dict.fromkeys(move.project for move in wanted)
            caps = caps_of_projects(tx, self._settings.tiering, principal, projects, month)
            begun = tx.moves.begin(wanted, caps, month)
            fresh = [move for move, asked in zip(begun, wanted, strict=True) if move is asked]
            after = Applied(
                done.begun + len(fresh),
                done.running + len(begun) - len(fresh),
                done.skipped + len(items) - len(wanted),
                done.reserved + sum((move.cost for move in fresh), Decimal(0)),
            )
            errand.demand_agreed(after)
        return after

    def _move(
        self,
        view: CatalogReader,
        plan: TierPlan,
        item: PlanItem,
        destinations: Destinations,
        principal: PrincipalId,
    ) -> Move | None:
        """The move of an item; None where the copy is no longer what was planned, or must stay by now."""
        copy = view.plans.placed(item.instance_id)
        if copy is None or copy.identity != item.identity:
            return None
        destination = destinations.of(item.rule, copy.location_id, copy.storage_class)
        now = self._clock()
        seconds = int(now.timestamp())
        if destination is None or refusal_of(copy, destination, kept_now(view, copy.asset_id), seconds):
            return None
        instance = next(i for i in view.assets.instances(copy.asset_id) if i.id == copy.instance_id)
        return Move(
            id=MoveId(mint("mov")),
            asset_id=copy.asset_id,
            instance_id=copy.instance_id,
            identity=identity_of(instance.objects),
            from_location=copy.location_id,
            from_class=copy.storage_class,
            to_location=destination.target.id,
            to_class=destination.to_class,
            method=destination.way.value,
            state=MoveState.PLANNED,
            objects=moved_objects(instance, destination),
            rule=destination.rule.name,
            rule_line=destination.rule.line,
            cost=total_once(once(destination.route, destination.amounts(copy, seconds))),
            currency=plan.currency,
            created_at=now,
            updated_at=now,
            plan_id=plan.id,
            principal=principal,
            project=copy.project_id,
        )


def moved_objects(instance: Instance, destination: Destination) -> tuple[MovedObject, ...]:
    """Return the objects that move: all of them to another location, the larger ones to another class.

    In a bucket, objects below 128 KiB stay in STANDARD: colder classes bill them as larger than they are.
    """
    across = destination.source.id != destination.target.id
    return tuple(
        _moved(item, destination)
        for item in instance.objects
        if across or (item.size >= SMALL and item.storage_class == destination.from_class)
    )


def _moved(item: StoredObject, destination: Destination) -> MovedObject:
    small = item.size < SMALL and destination.route.target.is_bucket
    return moved_object(item, item.key, "STANDARD" if small else destination.to_class)
