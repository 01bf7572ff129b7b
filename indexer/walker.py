"""Walk jobs: from the ledger's order to a walk, with everything it needs in its hands."""

from archive_tiering.archived import note, standing_of, to_ask
from catalog.model import Asset, Instance
from catalog.repository import CatalogReader
from foundation.errors import AssetNotFound, MediaError, NeedsRestore, ToolError
from indexer.bootstrap import Services
from indexer.borrow import lent_before, walk_borrowed
from indexer.borrowing import Lent
from indexer.lease import Lease
from indexer.master import expect_unchanged, refreshed
from indexer.payload import WalkOrder
from indexer.plan import is_asleep
from indexer.stages import walk
from indexer.work import Work
from media.tool import MediaLimits


class Walker:
    """Does walk jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._models = services.models()
        self._limits = MediaLimits.from_settings(services.settings.media)

    def run(self, lease: Lease) -> None:
        """Walk the asset of a job.

        Raises:
            RekindleError: Why it is not complete.
        """
        order = WalkOrder.from_payload(lease.job.payload)
        work = self._work(lease, order)
        try:
            lent = self._lent(work, order)
            if lent is None:
                walk(work)
            else:
                walk_borrowed(work, lent)
        except (MediaError, ToolError):
            # What was written to meanwhile is no bad file: it is read again.
            expect_unchanged(work.store, work.instance)
            raise
        except NeedsRestore:
            self._note_asleep(work)
            raise
        finally:
            work.close()

    def _note_asleep(self, work: Work) -> None:
        """A read was refused: the master is catalogued as asleep, so that a restore of it can be quoted."""
        work.instance = refreshed(work.store, work.instance)
        states = {item.uri: standing_of(item) for item in to_ask(work.instance.objects)}
        with self._services.catalog.write() as writer:
            work.lease.fence(writer)
            if work.registered:
                note(writer, work.asset.id, states)
            elif writer.moves.occupant(work.instance.location_id, work.instance.name) is None:
                writer.assets_writer.register(work.asset, work.instance)

    def _lent(self, work: Work, order: WalkOrder) -> Lent | None:
        """The proxy to look at in the master's place; None where the master can be read."""
        if not is_asleep(work.instance.objects) or work.asset.sha256 is not None:
            return None
        return order.lent or lent_before(work)

    def _work(self, lease: Lease, order: WalkOrder) -> Work:
        with self._services.catalog.read() as reader:
            location = reader.locations.by_id(order.location)
            asset, instance, registered = _known(reader, order) or _new(order)
        store = self._services.open_store(location)
        work = Work(
            services=self._services,
            models=self._models,
            limits=self._limits,
            lease=lease,
            recipe=self._services.recipe(),
            store=store,
            instance=refreshed(store, instance),
            asset=asset,
            registered=registered,
        )
        if registered:
            work.refresh()
        return work


def _known(reader: CatalogReader, order: WalkOrder) -> tuple[Asset, Instance, bool] | None:
    """The asset on record (merged into another meanwhile, perhaps) and this copy of it."""
    asset = reader.assets.many([order.asset]).get(order.asset)
    copies = reader.assets.instances(asset.id) if asset else []
    copy = next((item for item in copies if item.id == order.instance), None)
    return (asset, copy, True) if asset and copy else None


def _new(order: WalkOrder) -> tuple[Asset, Instance, bool]:
    found = order.candidate
    if found is None:
        raise AssetNotFound(f"{order.uri} is no longer on record.")
    asset = Asset(
        order.asset, found.media, found.name, order.location, storage_class=found.essence.storage_class
    )
    return (
        asset,
        Instance(order.instance, order.asset, order.location, found.name, found.kind, found.objects),
        False,
    )
