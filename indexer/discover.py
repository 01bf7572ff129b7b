"""Discover jobs: list a location, take note of what came, went, moved or changed, and order the walks.

Nothing is read but the listing; whether something sleeps that its class archives by itself is asked besides
(:mod:`indexer.sleepers`). A root that is gone, or lists as empty while things are known there, is an
error and withdraws nothing: that is what an unmounted disk looks like. One that lacks much is, too, until
somebody says that it is so.
"""

import time
from collections.abc import Callable
from functools import partial

from archive_tiering.stores.object_store import ObjectStore
from catalog.model import Instance, Location
from catalog.repository import KnownInstance
from foundation.errors import ManyMissing, ObjectMissing, StorageError, StorageUnreachable
from foundation.ids import InstanceId, LocationId
from foundation.logging import get
from indexer.bootstrap import Services
from indexer.candidates import Candidate
from indexer.differences import Differences, batches
from indexer.lease import Lease
from indexer.lending import Lender
from indexer.listing import Listing, Pass
from indexer.payload import DiscoverOrder
from indexer.plan import Kind
from indexer.record import Recorder
from indexer.scopes import Scope, parts_of_others, scopes_of
from indexer.sleepers import Sleepers

_MOST_HEADS = 1000
"""How many missing copies are asked for one by one; a loss of more is told, and believed as unavailable."""

_TOGETHER = 200


def _is_there(store: ObjectStore, name: str) -> bool:
    try:
        store.head(name)
    except ObjectMissing:
        return False
    except StorageError:
        return True
    return True


class Discoverer:
    """Does discover jobs.

    Args:
        services: Of this process.
        clock: Seconds since the epoch; what was written to lately is left to settle.
    """

    def __init__(self, services: Services, clock: Callable[[], float] = time.time) -> None:
        self._services = services
        self._clock = clock

    def run(self, lease: Lease) -> None:
        """List, compare, order.

        Raises:
            StorageUnreachable: The location is not there; nothing was changed.
            ManyMissing: It lacks more than is believed unasked; nothing was changed.
            StorageError: Any other leaf of the store.
        """
        order = DiscoverOrder.from_payload(lease.job.payload)
        with self._services.catalog.read() as reader:
            location = reader.locations.by_id(order.location)
        with Differences(self._services.home.scratch / lease.job.id) as found:
            listing = self._list(lease, location, order, found)
            store = self._services.open_store(location)
            Sleepers(store, self._services.recipe().digest).find(found, listing, lease)
            Lender(self._services, location).lend(found)
            recorder = Recorder(
                self._services.catalog, lease, location, order, found, partial(self._is_billed, location.id)
            )
            if order.survey:
                recorder.survey(listing)
                return
            self._settle_missing(location, order, found)
            self._find_moves(found)
            self._believe(location, order, listing, found)
            recorder.record(listing)

    def _list(self, lease: Lease, location: Location, order: DiscoverOrder, found: Differences) -> Listing:
        with self._services.catalog.read() as reader:
            listing = Listing({letter.uri: letter.stage for letter in reader.runs.dead_letters()})
        store = self._services.open_store(location)
        scopes = scopes_of(order, store)
        if order.keys:
            listing.roots = tuple(f"{location.uri}/{scope.start}" for scope in scopes)
        for scope in scopes:
            known = scope.known(self._services.catalog, location.id)
            self._pass(lease, scope, doubts=bool(order.keys)).over(
                store.list(scope.start), known, listing, found
            )
        if not listing.objects and listing.standing and not all(scope.start for scope in scopes):
            raise StorageUnreachable(
                f"{location.name} lists as empty, while {listing.standing:,} masters are known there.",
                remedy="Mount the location again. If it was emptied on purpose, remove it: "
                "`rekindle location remove`.",
            )
        return listing

    def _pass(self, lease: Lease, scope: Scope, *, doubts: bool) -> Pass:
        return Pass(
            scope.has,
            self._clock() - self._services.settings.indexer.settle_seconds,
            self._services.recipe().digest,
            lambda count: lease.report(f"listing: {count:,}", 0.0),
            doubts,
        )

    def _settle_missing(self, location: Location, order: DiscoverOrder, found: Differences) -> None:
        """Strike out copies that the listing lacks and that are there, or may be, all the same.

        A listing may be older than the catalog (an inventory), and ends early on some failing mounts. Nothing
        is ever withdrawn for being missing: it is unavailable until it shows up or a person says otherwise.
        What events told of is asked for one by one, however much it is.
        """
        for name, _ in found.missing():
            if found.is_hidden(name):
                found.find(name)
        missing = found.count_missing()
        if missing > _MOST_HEADS and not order.keys:
            get(__name__).warning("discover.many-missing", location=location.name, missing=missing)
            return
        store = self._services.open_store(location)
        there = {name for name, _ in found.missing() if _is_there(store, name)}
        for name in there - parts_of_others(there, store):
            found.find(name)

    def _find_moves(self, found: Differences) -> None:
        """Copies that were renamed within their location: the same entity tag and size at another path.

        For folders the tag holds the inode and the time of the last write, which a rename keeps.
        """
        for batch in batches(found.missing(), _TOGETHER):
            former = self._instances([item for _, item in batch])
            for name, item in batch:
                copy = former.get(item.instance_id)
                twin = (
                    found.twin(copy.essence.etag, copy.essence.size) if copy and copy.essence.etag else None
                )
                if twin is not None:
                    found.place(twin, Kind.MOVED, item)
                    found.find(name)

    def _instances(self, items: list[KnownInstance]) -> dict[InstanceId, Instance]:
        with self._services.catalog.read() as reader:
            copies = reader.assets.copies({item.asset_id for item in items})
        return {copy.id: copy for each in copies.values() for copy in each}

    def _believe(
        self, location: Location, order: DiscoverOrder, listing: Listing, found: Differences
    ) -> None:
        limits, lost = self._services.settings.indexer, found.count_missing()
        share = lost / max(1, listing.standing)
        if order.accept_losses or order.keys or lost <= limits.loss_count or share <= limits.loss_share:
            return
        raise ManyMissing(
            f"{location.name} lacks {lost:,} of {listing.standing:,} masters that are known there.",
            detail={"location": location.name, "missing": lost, "known": listing.standing},
        )

    def _is_billed(self, location: LocationId, candidate: Candidate) -> bool:
        return self._services.tolls.cost(location, candidate.objects) > 0
