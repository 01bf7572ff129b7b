"""Thaw jobs: masters that sleep and have no proxy are brought in under a budget, walked, and left to expire.

Nothing is remembered between two looks at a job: what was asked for is in the ledger of restores, what is
done shows in the catalog, and what failed has a dead letter of this run.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from archive_tiering.advance import ACTIVE, AWAKE
from archive_tiering.factory import open_restorer
from archive_tiering.restore import Restorer
from catalog.model import Asset, Instance, Quote, RenditionRole, Restore
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import ApprovalNeeded, BudgetExceeded, RekindleError, StorageError, TierUnavailable
from foundation.ids import AssetId
from indexer.bootstrap import Services
from indexer.lease import Lease
from indexer.letters import letter_of
from indexer.payload import WALK, ThawOrder, WalkOrder
from indexer.waiting import Waiting

_PLAYABLE = (RenditionRole.PROXY, RenditionRole.STILL)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Sleeper:
    """A master to be brought in, and the restores of its objects that count."""

    asset: Asset
    instance: Instance
    restores: tuple[Restore, ...]

    @property
    def is_awake(self) -> bool:
        """Everything that was asked for is there."""
        return bool(self.restores) and all(restore.status in AWAKE for restore in self.restores)


class Thawer:
    """Does thaw jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._restorer: Restorer = open_restorer(services.catalog, services.settings)

    def run(self, lease: Lease) -> None:
        """Ask for what was not asked for, order walks of what is there, wait for the rest.

        Raises:
            Waiting: Something is still on its way.
        """
        order = ThawOrder.from_payload(lease.job.payload)
        self._restorer.poll()
        asleep = [item for item in self._sleepers(lease, order) if not item.restores]
        if asleep:
            lease.report("requesting restores", 0.0)
            self._request(lease, asleep, None if order.budget_usd is None else Decimal(order.budget_usd))
        pending = self._sleepers(lease, order)
        self._walk(lease, [item for item in pending if item.is_awake])
        coming = [item for item in pending if item.restores and not item.is_awake]
        if coming:
            raise Waiting(self._pause(), f"waiting for {len(coming):,} masters to be restored")

    def _pause(self) -> float:
        due = self._restorer.due()
        return _LONGEST_PAUSE if due is None else min(max(due, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def _sleepers(self, lease: Lease, order: ThawOrder) -> list[Sleeper]:
        """Masters that still have no proxy; those with a dead letter of this run are given up."""
        with self._services.catalog.read() as reader:
            letters = reader.runs.dead_letters(lease.job.run_id) if lease.job.run_id else []
            given_up = {letter.uri for letter in letters}
            assets = {asset.id: asset for asset in reader.assets.many(order.assets).values()}
            found = [self._sleeper(reader, asset, order) for asset in assets.values()]
        return [item for item in found if item is not None and item.instance.essence.uri not in given_up]

    def _sleeper(self, reader: CatalogReader, asset: Asset, order: ThawOrder) -> Sleeper | None:
        if any(role in reader.facts.renditions(asset.id) for role in _PLAYABLE):
            return None
        copies = [c for c in reader.assets.instances(asset.id) if c.location_id == order.location]
        if not copies:
            return None
        now = {(item.uri, item.version or item.etag) for item in copies[0].objects}
        found = reader.restores.find(statuses=ACTIVE, asset=asset.id)
        return Sleeper(asset, copies[0], tuple(r for r in found if (r.uri, r.version) in now))

    def _request(self, lease: Lease, asleep: Sequence[Sleeper], budget: Decimal | None) -> None:
        """Ask for as many as the budget allows, small ones first; the others get their dead letter."""
        ordered = sorted(asleep, key=lambda item: item.instance.size)
        quote, chosen = self._affordable(ordered, budget)
        failed: list[tuple[Sleeper, RekindleError]] = []
        if quote is not None:
            try:
                self._restorer.request(quote.id, budget=budget)
            except (BudgetExceeded, ApprovalNeeded, StorageError) as error:
                failed = [(item, error) for item in chosen]
        limit = BudgetExceeded(f"Bringing it in would exceed the budget of {budget} USD.")
        failed += [(item, limit) for item in ordered[len(chosen) :]]
        if failed:
            self._give_up(lease, failed)

    def _affordable(
        self, ordered: Sequence[Sleeper], budget: Decimal | None
    ) -> tuple[Quote | None, Sequence[Sleeper]]:
        chosen = ordered
        while chosen:
            quote = self._quote([item.asset.id for item in chosen])
            if budget is None or quote.cost <= budget:
                return quote, chosen
            chosen = chosen[: min(_fitting(chosen, quote, budget), len(chosen) - 1)]
        return None, chosen

    def _quote(self, assets: Sequence[AssetId]) -> Quote:
        """Bulk retrieval, the cheapest, where every class offers it."""
        try:
            return self._restorer.quote(assets, retrieval_tier="bulk")
        except TierUnavailable:
            return self._restorer.quote(assets)

    def _give_up(self, lease: Lease, failed: Iterable[tuple[Sleeper, RekindleError]]) -> None:
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            for item, error in failed:
                letter = letter_of(error, item.instance.essence.uri, "thaw", writer.now, lease.job)
                writer.runs.put_dead_letter(letter)

    def _walk(self, lease: Lease, awake: Sequence[Sleeper]) -> None:
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            for item in awake:
                _order_walk(writer, lease, item)


def _fitting(chosen: Sequence[Sleeper], quote: Quote, budget: Decimal) -> int:
    """How many of the first ones fit the budget by their shares of the quote."""
    shares: dict[object, Decimal] = {}
    for line in quote.lines:
        if line["kind"] == "object":
            shares[line["asset"]] = shares.get(line["asset"], Decimal(0)) + Decimal(str(line["cost"]))
    running = accumulate(shares.get(item.asset.id, Decimal(0)) for item in chosen)
    return sum(total <= budget for total in running)


def _order_walk(writer: CatalogWriter, lease: Lease, item: Sleeper) -> None:
    essence = item.instance.essence
    order = WalkOrder(item.instance.location_id, item.asset.id, item.instance.id, essence.uri)
    key = f"{item.instance.location_id}/{essence.key}"
    writer.jobs.enqueue(WALK, key, order.to_payload(), run=lease.job.run_id, asset=item.asset.id)
