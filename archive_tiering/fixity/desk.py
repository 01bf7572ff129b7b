"""What the API needs of fixity, put together: how far it is, running it by hand, findings, repair."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.clock import Clock
from archive_tiering.fixity.keeper import FixityKeeper, Step
from archive_tiering.fixity.plan import FixityPlan, Wish
from archive_tiering.fixity.repair import FixityRepair, Offer
from archive_tiering.fixity.schedule import MILLION, OVERHEAD, Limits, daily_weight, read_cost, round_days
from archive_tiering.places import Places
from catalog.model import CATALOG, DERIVED, Finding, FindingState, FixityTotals, FixityUse
from catalog.repository import Catalog, CatalogReader
from foundation.ids import FindingId, LocationId, PrincipalId

_RECENT = timedelta(minutes=5)
LONGEST_STEP = 4 << 30
"""Most weight of one step by hand: a request should end within minutes."""


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """How far one place is checked.

    Attributes:
        name: Of the location, ``derived`` or ``catalog``.
        weight: All of it, as the schedule weighs it.
        share: What one day looks at, likewise.
        round_days: How long one round takes with these limits; None where nothing may be read.
        round_cost: What reading everything once would cost, in the price table's currency; reads that the
            budget does not allow are not done.
        open: Open findings.
    """

    place: str
    name: str
    totals: FixityTotals
    today: FixityUse
    month: FixityUse
    limits: Limits
    weight: int
    share: int
    round_days: int | None
    round_cost: Decimal
    open: int


class FixityDesk:
    """Reads and does, for whoever asks.

    Args:
        catalog: What is known.
        places: Terms of locations.
        plan: Limits.
        keeper: Does the checking.
        repairs: Does the repairing.
        clock: The time.
    """

    def __init__(
        self,
        catalog: Catalog,
        places: Places,
        plan: FixityPlan,
        keeper: FixityKeeper,
        repairs: FixityRepair,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._plan = plan
        self._keeper = keeper
        self._repairs = repairs
        self._clock = clock
        self._told: tuple[datetime, list[PlaceReport]] | None = None

    def status(self) -> list[PlaceReport]:
        """How far every place is."""
        places = self._keeper.places()
        with self._catalog.read() as view:
            return [self._report(view, place) for place in places]

    def recent_status(self) -> tuple[datetime, list[PlaceReport]]:
        """How far every place was some minutes ago, and now's time: for monitors, which ask often."""
        now = self._clock()
        if self._told is None or abs(now - self._told[0]) > _RECENT:
            self._told = (now, self.status())
        return now, self._told[1]

    def name_of(self, place: str) -> str:
        """Return what a place is called."""
        if place in (CATALOG, DERIVED):
            return place
        with self._catalog.read() as view:
            return view.locations.by_id(LocationId(place)).name

    def place_of(self, name: str) -> str:
        """Return the place of a location's name, ``derived`` or ``catalog``; raises LocationNotFound."""
        if name in (CATALOG, DERIVED):
            return name
        with self._catalog.read() as view:
            return view.locations.get(name).id

    def step(self, place: str, weight: int, *, begins: bool = True) -> Step:
        """Check so much of a place now, those first whose turn is longest past; budgets hold all the same.

        Args:
            place: Where.
            weight: How much, as the schedule weighs it; 0 only takes in what is new.
            begins: It is the first step of many.

        Raises:
            CatalogBusy: The catalog could not be written; nothing is lost.
        """
        wish = Wish(place, min(weight, LONGEST_STEP), begins)
        return self._keeper.step(wish, threading.Event(), hurry=True)

    def findings(self, *, open_only: bool = True) -> list[Finding]:
        """Findings, newest first."""
        states = (FindingState.FOUND, FindingState.CONFIRMED) if open_only else ()
        with self._catalog.read() as view:
            return view.fixity.findings(states=states)

    def offers(self, finding: Finding) -> list[Offer]:
        """Other copies with the digest on record."""
        return self._repairs.offers(finding)

    def advice(self, finding: Finding) -> str:
        """What a person can do about it."""
        return self._repairs.advice(finding)

    def repair(self, finding_id: FindingId, principal: PrincipalId) -> Finding:
        """Put it right; see :meth:`FixityRepair.repair`."""
        return self._repairs.repair(finding_id, principal=principal)

    def keep(self, stop: threading.Event) -> None:
        """Check until ``stop`` is set."""
        self._keeper.keep(stop)

    def _report(self, view: CatalogReader, place: str) -> PlaceReport:
        now, limits = view.now, self._plan.limits(view, place)
        totals = view.fixity.totals(place, now - timedelta(days=limits.days))
        is_home = place in (CATALOG, DERIVED)
        size, objects = totals.size, totals.objects
        return PlaceReport(
            place=place,
            name=place if is_home else view.locations.by_id(LocationId(place)).name,
            totals=totals,
            today=view.fixity.use(place, f"{now:%Y-%m-%d}"),
            month=view.fixity.use(place, f"{now:%Y-%m}"),
            limits=limits,
            weight=size + objects * OVERHEAD,
            share=daily_weight(objects, size, limits.days),
            round_days=round_days(objects, size, limits),
            round_cost=Decimal(0) if is_home else self._cost(view.fixity.classes(place), place),
            open=len(view.fixity.findings(place=place, states=(FindingState.FOUND, FindingState.CONFIRMED))),
        )

    def _cost(self, classes: Mapping[str, int], place: str) -> Decimal:
        terms = self._places.terms(LocationId(place))
        exact = sum((read_cost(terms, name, size) for name, size in classes.items()), Decimal(0))
        return (exact * MILLION).to_integral_value() / MILLION
