"""Thaw jobs: masters that sleep and have no proxy come in by waves, in budget, are walked and left to expire.

Nothing is remembered between two looks at a job: what was asked for, and what it cost, is in the ledger, what
is done shows in the catalog, and what failed has a dead letter of this run. What a run has paid for is never
paid for again by the same run.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from archive_tiering.backfill.forecast import Standing
from archive_tiering.backfill.waves import Load, Wave
from archive_tiering.factory import open_backfill, open_restorer
from catalog.lifecycle import has_ended
from catalog.model import Instance, Restore
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import (
    ApprovalNeeded,
    BudgetExceeded,
    ObjectMissing,
    RekindleError,
    StorageError,
    TierUnavailable,
)
from foundation.ids import AssetId
from indexer.bootstrap import Services
from indexer.lease import Lease
from indexer.letters import letter_of
from indexer.payload import WALK, ThawOrder, WalkOrder
from indexer.purse import spending, spent_on_reads, spent_on_restores, thawed
from indexer.waiting import Waiting

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0
_Failures = list[tuple[AssetId, RekindleError]]


class Thawer:
    """Does thaw jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._restorer = open_restorer(services.catalog, services.settings)
        self._backfill = open_backfill(services.catalog, services.settings)

    def run(self, lease: Lease) -> None:
        """Order walks of what is there; once nothing is on its way, ask for the next wave.

        Raises:
            Waiting: Something is still on its way, or being looked at.
            AlreadyOwned: Another worker spends this home's money right now.
        """
        order = ThawOrder.from_payload(lease.job.payload)
        self._restorer.poll()
        with spending(self._services.home.run / "thaw.lock"):
            standing = self._standing(lease, order)
            if standing.asleep and not standing.coming and not standing.awake:
                lease.report("requesting restores", 0.0)
                self._ask(lease, order, standing.asleep)
                standing = self._standing(lease, order)
        self._walk(lease, standing.awake)
        if standing.coming:
            raise Waiting(self._pause(), f"waiting for {len(standing.coming):,} masters to be restored")
        if standing.asleep:
            raise Waiting(_SHORTEST_PAUSE, f"{len(standing.asleep):,} masters wait for their wave")

    def _pause(self) -> float:
        due = self._restorer.due()
        return _LONGEST_PAUSE if due is None else min(max(due, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def _standing(self, lease: Lease, order: ThawOrder) -> Standing:
        """Masters that still have no proxy; those with a dead letter of this run are given up."""
        with self._services.catalog.read() as reader:
            letters = reader.runs.dead_letters(lease.job.run_id) if lease.job.run_id else []
            given_up = {letter.asset_id for letter in letters}
            current = [asset.id for asset in reader.assets.many(order.assets).values()]
        left = [asset_id for asset_id in current if asset_id not in given_up]
        standing = self._backfill.standing(left)
        failed: _Failures = [(item.asset_id, item.error) for item in standing.impossible]
        if failed:
            self._give_up(lease, failed)
        return standing

    def _ask(self, lease: Lease, order: ThawOrder, asleep: Sequence[Load]) -> None:
        """Ask for one wave; what is not asked for at all gets its dead letter."""
        spent, ended = self._history(lease)
        failed: _Failures = [
            (load.asset_id, ended[load.asset_id]) for load in asleep if load.asset_id in ended
        ]
        budget = None if order.budget_usd is None else Decimal(order.budget_usd)
        left = None if budget is None else budget - spent
        fresh = [load for load in asleep if load.asset_id not in ended]
        plan = self._backfill.plan(fresh, left, most=1)
        failed += [(load.asset_id, self._backfill.no_room(load)) for load in plan.too_large]
        limit = BudgetExceeded(f"Bringing it in would exceed the budget of {budget} USD.")
        failed += [(load.asset_id, limit) for load in plan.beyond_budget]
        for wave in plan.waves:
            failed += self._request(wave, left)
        if failed:
            self._give_up(lease, failed)

    def _request(self, wave: Wave, budget: Decimal | None) -> _Failures:
        """Quote and agree; the money is reserved in the transaction that adds the restores."""
        asset_ids = [load.asset_id for load in wave.loads]
        tier = None if wave.retrieval_tier == "mixed" else wave.retrieval_tier
        try:
            quote = self._restorer.quote(asset_ids, retrieval_tier=tier)
            self._restorer.request(quote.id, budget=budget)
        except (BudgetExceeded, ApprovalNeeded, TierUnavailable, StorageError) as error:
            return [(asset_id, error) for asset_id in asset_ids]
        return []

    def _history(self, lease: Lease) -> tuple[Decimal, dict[AssetId, RekindleError]]:
        """What this run has spent so far, and what became of masters that it asked for in vain."""
        if lease.job.run_id is None:
            return Decimal(0), {}
        with self._services.catalog.read() as reader:
            run = lease.job.run_id
            spent = spent_on_restores(reader, run) + spent_on_reads(reader, run)
            return spent, _in_vain(reader, thawed(reader, run), reader.runs.get(run).started_at)

    def _give_up(self, lease: Lease, failed: Iterable[tuple[AssetId, RekindleError]]) -> None:
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            for asset_id, error in failed:
                copies = writer.assets.instances(asset_id)
                subject = copies[0].essence.uri if copies else asset_id
                letter = letter_of(error, subject, "thaw", writer.now, lease.job, asset_id)
                writer.runs.put_dead_letter(letter)

    def _walk(self, lease: Lease, awake: Sequence[Instance]) -> None:
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            for instance in awake:
                _order_walk(writer, lease, instance)


def _in_vain(
    reader: CatalogReader, assets: Sequence[AssetId], began: datetime
) -> dict[AssetId, RekindleError]:
    asked = reader.restores.asked_since(assets, began)
    return {restore.asset_id: _lost(restore) for restore in asked if has_ended(restore.status)}


def _lost(restore: Restore) -> RekindleError:
    reason = restore.error or "The copy went away before it was looked at."
    return ObjectMissing(
        f"Its restore is {restore.status}: {reason}",
        remedy="It was not asked for twice. Run `rekindle index --cold` again to pay for another try.",
    )


def _order_walk(writer: CatalogWriter, lease: Lease, instance: Instance) -> None:
    order = WalkOrder(instance.location_id, instance.asset_id, instance.id, instance.essence.uri)
    key = f"{instance.location_id}/{instance.essence.key}"
    writer.jobs.enqueue(WALK, key, order.to_payload(), run=lease.job.run_id, asset=instance.asset_id)
