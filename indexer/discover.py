"""Discover jobs: list a location, take note of what came, went, moved or changed, and order the walks.

Nothing is read but the listing. A root that is gone, or lists as empty while things are known there, is an
error and withdraws nothing: that is what an unmounted disk looks like.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

from archive_tiering.object_store import ObjectStore
from catalog.model import Instance, Location
from catalog.repository import KnownInstance
from foundation.errors import BadSettings, MediaError, ObjectMissing, StorageError, StorageUnreachable, leaves
from foundation.ids import LocationId
from foundation.logging import get
from indexer.bootstrap import Services
from indexer.borrowing import Lent, lent_to
from indexer.candidates import Candidate
from indexer.lease import Lease
from indexer.listing import Listing, within
from indexer.listing import read as read_listing
from indexer.payload import DiscoverOrder
from indexer.plan import Plan, find_moves, plan
from indexer.record import Recorder

_UNFIT = frozenset(leaf.code for leaf in leaves() if issubclass(leaf, MediaError))
"""Codes of dead letters that say that what was looked at is no proxy of this master."""

_MOST_HEADS = 1000
"""How many missing copies are asked for one by one; a loss of more is told, and believed as unavailable."""


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
            StorageError: Any other leaf of the store.
        """
        order = DiscoverOrder.from_payload(lease.job.payload)
        with self._services.catalog.read() as reader:
            location = reader.locations.by_id(order.location)
            known = within(order.prefix, reader.assets.known(location.id))
        listing = self._list(lease, location, order, known)
        lent = self._lent(location, listing, known)
        proxies = {each.key for each in lent.values() if each.location == location.id} - known.keys()
        found = [candidate for candidate in listing.candidates if candidate.name not in proxies]
        made = plan(found, known, self._services.recipe().digest)
        made.missing = self._really_missing(location, listing, made)
        recorder = Recorder(
            self._services.catalog, lease, location, order, lent, partial(self._is_billed, location.id)
        )
        moves = self._moves(made)
        if order.survey:
            recorder.survey(made)
        else:
            recorder.record(made, moves, listing)

    def _list(
        self, lease: Lease, location: Location, order: DiscoverOrder, known: Mapping[str, KnownInstance]
    ) -> Listing:
        settled = self._clock() - self._services.settings.indexer.settle_seconds
        store = self._services.open_store(location)
        listing = read_listing(
            store, order.prefix, settled, lambda count: lease.report(f"listing: {count:,}", 0.0)
        )
        if not listing.uris and any(item.available for item in known.values()):
            raise StorageUnreachable(
                f"{location.name} lists as empty, while {len(known):,} masters are known there.",
                remedy="Mount the location again. If it was emptied on purpose, remove it: "
                "`rekindle location remove`.",
            )
        return listing

    def _really_missing(self, location: Location, listing: Listing, made: Plan) -> dict[str, KnownInstance]:
        """Copies that the listing lacks and, where they are few, the store itself does not know.

        A listing may be older than the catalog (an inventory), and ends early on some failing mounts. Nothing
        is ever withdrawn for being missing: it is unavailable until it shows up or a person says otherwise.
        """
        missing = {name: item for name, item in made.missing.items() if not listing.hides(name)}
        if len(missing) > _MOST_HEADS:
            get(__name__).warning("discover.many-missing", location=location.name, missing=len(missing))
            return missing
        store = self._services.open_store(location)
        regrouped = {item.key for candidate in listing.candidates for item in candidate.objects}
        return {
            name: item for name, item in missing.items() if name in regrouped or not _is_there(store, name)
        }

    def _is_billed(self, location: LocationId, candidate: Candidate) -> bool:
        return self._services.tolls.cost(location, candidate.objects) > 0

    def _lent(
        self, location: Location, listing: Listing, known: Mapping[str, KnownInstance]
    ) -> dict[str, Lent]:
        """Proxies that others made; not of masters for which one was tried and did not do."""
        rules = self._services.settings.indexer.proxy_names
        if not rules:
            return {}
        with self._services.catalog.read() as reader:
            bad = {letter.uri for letter in reader.runs.dead_letters() if letter.code in _UNFIT}
            others = {each.name: each for each in reader.locations.all()}
        masters = [
            found
            for found in listing.candidates
            if found.essence.uri not in bad and not (known.get(found.name) and known[found.name].complete)
        ]
        listed = {candidate.name: candidate for candidate in listing.candidates}
        stores: dict[str, tuple[LocationId, ObjectStore]] = {}

        def sibling(name: str) -> tuple[LocationId, ObjectStore]:
            if name not in stores:
                if name not in others:
                    raise BadSettings(f"REKINDLE_INDEXER__PROXY_NAMES: there is no location {name!r}.")
                stores[name] = others[name].id, self._services.open_store(others[name])
            return stores[name]

        return lent_to(masters, listed, rules, location.id, sibling)

    def _moves(self, made: Plan) -> list[tuple[Instance, Candidate]]:
        """Renamed copies; taken out of ``missing`` and ``new``."""
        gone = self._instances(list(made.missing.values()))
        moves = find_moves(gone, [*made.new, *made.new_cold])
        moved, taken = {i.id for i, _ in moves}, {c.name for _, c in moves}
        made.missing = {n: item for n, item in made.missing.items() if item.instance_id not in moved}
        made.new = [c for c in made.new if c.name not in taken]
        made.new_cold = [c for c in made.new_cold if c.name not in taken]
        return moves

    def _instances(self, items: list[KnownInstance]) -> list[Instance]:
        wanted = {item.instance_id for item in items}
        with self._services.catalog.read() as reader:
            copies = [reader.assets.instances(asset_id) for asset_id in {item.asset_id for item in items}]
        return [copy for found in copies for copy in found if copy.id in wanted]
