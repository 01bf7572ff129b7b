"""Reads that are billed although nothing sleeps: egress, and classes whose reads cost by the byte.

Bringing a sleeping master back has such a read in its quote; here are those of masters that can be read as
they are. A read is charged to the ledger before it begins, once for a run, whatever interrupts it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from archive_tiering.clock import Clock
from archive_tiering.places import Places
from archive_tiering.prices.budgets import caps_of
from archive_tiering.prices.cost import GB
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.prices.terms import Terms
from catalog.model import Entry, EntryKind, Instance, ObjectRole, RestoreState, StoredObject
from catalog.repository import Catalog
from foundation.errors import BudgetExceeded, ConsentNeeded
from foundation.ids import DEFAULT_PROJECT, LOCAL_PRINCIPAL, LocationId, RestoreId, RunId
from foundation.settings import TieringSettings

_MILLIONTH = Decimal("0.000001")
_BESIDE = (ObjectRole.CAPTIONS, ObjectRole.SIDECAR)


@dataclass(frozen=True, slots=True)
class Purse:
    """What a run may spend on reads.

    Attributes:
        budget: The most that the run may cost; None where nobody agreed to any cost.
        spent: What the run has spent on other things.
    """

    run: RunId
    budget: Decimal | None
    spent: Decimal = Decimal(0)


def read_cost(objects: Iterable[StoredObject], terms: Terms) -> Decimal:
    """Return what one read of an instance's essence costs, rounded up to the millionth; 0 where it is free.

    Plain requests are not counted where neither bytes nor egress are billed.

    Raises:
        BadSettings: The price table lacks a class.
    """
    cost = Decimal(0)
    for item in objects:
        if item.restore is not RestoreState.NONE or item.role in _BESIDE:
            continue
        if facts_or_plain(item.storage_class).billed_read:
            cost += item.size / GB * terms.prices.of(item.storage_class).read_per_gb
        if terms.egress:
            cost += item.size / GB * terms.prices.transfer.out_per_gb
    return cost.quantize(_MILLIONTH, ROUND_CEILING)


class TollGate:
    """Charges reads.

    Args:
        catalog: The ledger.
        places: Terms of locations.
        settings: The budgets.
        clock: The time; the money is this month's.
    """

    def __init__(self, catalog: Catalog, places: Places, settings: TieringSettings, clock: Clock) -> None:
        self._catalog = catalog
        self._places = places
        self._settings = settings
        self._clock = clock

    def cost(self, location: LocationId, objects: Iterable[StoredObject]) -> Decimal:
        """Return what reading objects of a location once costs; raises BadSettings, LocationNotFound."""
        return read_cost(objects, self._places.terms(location))

    def pay(self, instance: Instance, purse: Purse) -> Decimal:
        """Charge the read of an instance to the ledger, unless this run has paid for it already.

        Returns:
            What was charged; 0 where the read is free or paid for.

        Raises:
            ConsentNeeded: It costs money, and nobody agreed to any cost; nothing was charged.
            BudgetExceeded: The run's budget, or the month's, does not suffice; nothing was charged.
        """
        cost = self.cost(instance.location_id, instance.objects)
        if not cost:
            return cost
        name = instance.name
        if purse.budget is None:
            raise ConsentNeeded(f"Reading {name!r} costs {cost} USD; it was catalogued and not read.")
        month = f"{self._clock():%Y-%m}"
        with self._catalog.write() as tx:
            entry = _entry(instance, purse.run, cost, month)
            if tx.spending.is_charged(entry.key):
                return Decimal(0)
            if purse.spent + tx.spending.charged_to(RestoreId(purse.run)) + cost > purse.budget:
                raise BudgetExceeded(
                    f"Reading {name!r} costs {cost} USD; the run's budget of {purse.budget} is used up."
                )
            caps = caps_of(tx, self._settings, LOCAL_PRINCIPAL, DEFAULT_PROJECT, month)
            tx.spending.charge(entry, caps)
            tx.audit.append(
                LOCAL_PRINCIPAL, "read.charge", instance.id, {"cost": str(cost), "run": purse.run}
            )
        return cost


def _entry(instance: Instance, run: RunId, cost: Decimal, month: str) -> Entry:
    return Entry(
        key=f"read/{run}/{instance.id}",
        restore_id=RestoreId(run),
        kind=EntryKind.READ,
        amount=cost,
        currency="USD",
        month=month,
        principal=LOCAL_PRINCIPAL,
    )
