"""A run's purse: what it was allowed to spend, and what it has spent."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from archive_tiering.quotes.tolls import Purse
from catalog.model import Instance
from catalog.repository import CatalogReader
from foundation.errors import AlreadyOwned
from foundation.ids import AssetId, RestoreId, RunId
from indexer.bootstrap import Services
from indexer.payload import DISCOVER, THAW, DiscoverOrder, ThawOrder


def pay_for(services: Services, run: RunId | None, instance: Instance) -> None:
    """Charge the read of a master where it is billed.

    Raises:
        ConsentNeeded, BudgetExceeded: It may not be read.
        AlreadyOwned: Another worker spends this home's money right now.
    """
    if run is None or not services.tolls.cost(instance.location_id, instance.objects):
        return
    with services.catalog.read() as reader:
        instance = _without_paid(reader, run, instance)
    with spending(services.home.run / "thaw.lock"):
        with services.catalog.read() as reader:
            purse = Purse(run, allowed(reader, run), spent_on_restores(reader, run))
        services.tolls.pay(instance, purse)


def _without_paid(reader: CatalogReader, run: RunId, instance: Instance) -> Instance:
    """Leave out what this run brought back: one read is in that quote, and what moved back shows no copy."""
    began = reader.runs.get(run).started_at
    restores = reader.restores.active_of([instance.asset_id]).get(instance.asset_id, ())
    paid = {each.uri for each in restores if each.restored_at is not None and each.requested_at >= began}
    return replace(instance, objects=tuple(item for item in instance.objects if item.uri not in paid))


def allowed(reader: CatalogReader, run: RunId) -> Decimal | None:
    """Return what a run may cost; None where nobody said."""
    orders = (DiscoverOrder.from_payload(each) for each in reader.jobs.payloads(run, DISCOVER))
    sums = [Decimal(order.budget_usd) for order in orders if order.budget_usd is not None]
    return max(sums, default=None)


def spent_on_restores(reader: CatalogReader, run: RunId) -> Decimal:
    """Return what restores of a run's sleeping masters were charged since it began."""
    return reader.spending.charged_since(thawed(reader, run), reader.runs.get(run).started_at)


def spent_on_reads(reader: CatalogReader, run: RunId) -> Decimal:
    """Return what reads of a run were charged."""
    return reader.spending.charged_to(RestoreId(run))


def thawed(reader: CatalogReader, run: RunId) -> list[AssetId]:
    """Return the sleeping masters that a run was to bring in."""
    orders = reader.jobs.payloads(run, THAW)
    return [asset_id for each in orders for asset_id in ThawOrder.from_payload(each).assets]


@contextmanager
def spending(path: Path) -> Iterator[None]:
    """Let one worker of this home at a time look at what was spent and spend more.

    Raises:
        AlreadyOwned: Another one does.
    """
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyOwned("Another worker spends money right now.") from error
        yield
