"""Writes down what discovery found: copies, availability, dead letters, and the jobs that follow."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from catalog.model import Asset, DeadLetter, Instance, Location, StoredObject
from catalog.repository import Catalog, CatalogWriter, KnownInstance
from foundation.errors import ObjectUnreadable
from foundation.ids import AssetId, InstanceId, mint
from indexer.borrowing import Lent
from indexer.candidates import Candidate
from indexer.lease import Lease
from indexer.listing import Listing
from indexer.payload import THAW, WALK, DiscoverOrder, ThawOrder, WalkOrder
from indexer.plan import Plan, is_asleep, same_essence, with_digests

BATCH = 200
"""Most changes of one transaction; searches and walks get their turn in between."""

_Change = Callable[[CatalogWriter], None]


class Recorder:
    """Records one discovery. Everything it does can be done again without harm.

    Args:
        catalog: Where it goes.
        lease: Of the discover job.
        location: That was listed.
        order: What was asked for.
        lent: Proxies that others made, by the names of sleeping masters.
        is_billed: Reading it costs money; without a budget it is catalogued and not read.
    """

    def __init__(
        self,
        catalog: Catalog,
        lease: Lease,
        location: Location,
        order: DiscoverOrder,
        lent: Mapping[str, Lent] = MappingProxyType({}),
        is_billed: Callable[[Candidate], bool] = lambda candidate: False,
    ) -> None:
        self._catalog = catalog
        self._lease = lease
        self._location = location
        self._order = order
        self._lent = lent
        self._is_billed = is_billed
        self._asleep: list[AssetId] = []

    def survey(self, made: Plan) -> None:
        """Catalogue what sleeps and was never seen; everything else is left to the run that looks at it."""
        changes = [self._cold(candidate) for candidate in made.new_cold]
        changes += [self._new(candidate) for candidate in made.new if self._may_not_be_read(candidate)]
        for start in range(0, len(changes), BATCH):
            self._write(changes[start : start + BATCH])
        self._write([*self._thaws(made), self._count(made.listed, len(made.unchanged))])

    def record(self, made: Plan, moves: Sequence[tuple[Instance, Candidate]], listing: Listing) -> None:
        """Write it all down, in batches, the count of the run last."""
        changes = [
            self._availability(made),
            *(self._moved(instance, candidate) for instance, candidate in moves),
            *(self._changed(item, candidate) for item, candidate in made.changed),
            *(self._cold(candidate) for candidate in made.new_cold),
            *(self._new(candidate) for candidate in made.new),
            *(self._due(item, candidate) for item, candidate in made.due),
        ]
        for start in range(0, len(changes), BATCH):
            self._lease.report("ordering", start / len(changes))
            self._write(changes[start : start + BATCH])
        self._write(self._thaws(made))
        self._write(
            [self._letters(listing), self._thaw, self._count(made.listed + len(moves), len(made.unchanged))]
        )

    def _write(self, changes: Sequence[_Change]) -> None:
        with self._catalog.write() as writer:
            self._lease.fence(writer)
            for change in changes:
                change(writer)

    def _availability(self, made: Plan) -> _Change:
        gone = [item.instance_id for item in made.missing.values()]
        back = [item.instance_id for item in made.back]

        def change(writer: CatalogWriter) -> None:
            writer.assets_writer.set_available(gone, available=False)
            writer.assets_writer.set_available(back, available=True)

        return change

    def _moved(self, instance: Instance, candidate: Candidate) -> _Change:
        return lambda writer: self._replace(writer, instance, candidate)

    def _changed(self, item: KnownInstance, candidate: Candidate) -> _Change:
        def change(writer: CatalogWriter) -> None:
            copies = writer.assets.instances(item.asset_id)
            former = next(copy for copy in copies if copy.id == item.instance_id)
            self._replace(writer, former, candidate)

        return change

    def _replace(self, writer: CatalogWriter, former: Instance, candidate: Candidate) -> None:
        """New facts of a known copy, then its walk, or its place among those that sleep."""
        instance = replace(
            former,
            name=candidate.name,
            kind=candidate.kind,
            objects=with_digests(candidate, former),
            available=True,
        )
        asleep = is_asleep(candidate.objects)
        overwritten = not same_essence(candidate.objects, former)
        if asleep and overwritten and len(writer.assets.instances(former.asset_id)) == 1:
            # Nobody can look into a sleeping master, and what is known describes other bytes.
            writer.assets_writer.new_version(former.asset_id)
        writer.assets_writer.replace_instance(instance)
        asset = writer.assets.get(former.asset_id)
        if asleep and asset.indexed_at is None:
            self._asleep.append(asset.id)
        else:
            self._order_walk(writer, asset.id, instance.id, instance.essence, None)

    def _cold(self, candidate: Candidate) -> _Change:
        """Register a sleeping master from the listing alone."""
        asset_id, instance_id = _ids()
        lent = self._lent.get(candidate.name)
        if lent is None:
            self._asleep.append(asset_id)
        asset, instance = self._unread(asset_id, instance_id, candidate)

        def change(writer: CatalogWriter) -> None:
            writer.assets_writer.register(asset, instance)
            if lent is not None:
                self._order_walk(writer, asset_id, instance_id, instance.essence, None, lent)

        return change

    def _may_not_be_read(self, candidate: Candidate) -> bool:
        return self._order.budget_usd is None and self._is_billed(candidate)

    def _unread(
        self, asset_id: AssetId, instance_id: InstanceId, candidate: Candidate
    ) -> tuple[Asset, Instance]:
        """An asset and its copy as the listing alone shows them."""
        place = (self._location.id, candidate.name)
        asset = Asset(
            asset_id,
            candidate.media,
            candidate.name,
            self._location.id,
            collection=self._location.collection,
            storage_class=candidate.essence.storage_class,
        )
        instance = Instance(instance_id, asset_id, *place, candidate.kind, candidate.objects)
        return asset, instance

    def _thaws(self, made: Plan) -> list[_Change]:
        """Known masters that sleep: walks of those that have a proxy from others, the rest is noted."""
        self._asleep += [item.asset_id for item, found in made.thaw if found.name not in self._lent]
        return [
            self._borrow(item, found, self._lent[found.name])
            for item, found in made.thaw
            if found.name in self._lent
        ]

    def _borrow(self, item: KnownInstance, candidate: Candidate, lent: Lent) -> _Change:
        return lambda writer: self._order_walk(
            writer, item.asset_id, item.instance_id, candidate.essence, None, lent
        )

    def _new(self, candidate: Candidate) -> _Change:
        asset_id, instance_id = _ids()
        if self._may_not_be_read(candidate):
            asset, instance = self._unread(asset_id, instance_id, candidate)
            return lambda writer: writer.assets_writer.register(asset, instance)
        return lambda writer: self._order_walk(writer, asset_id, instance_id, candidate.essence, candidate)

    def _due(self, item: KnownInstance, candidate: Candidate) -> _Change:
        if self._may_not_be_read(candidate) and not (item.complete and not item.borrowed):
            return lambda writer: None
        return lambda writer: self._order_walk(
            writer, item.asset_id, item.instance_id, candidate.essence, None
        )

    def _order_walk(
        self,
        writer: CatalogWriter,
        asset_id: AssetId,
        instance_id: InstanceId,
        essence: StoredObject,
        candidate: Candidate | None,
        lent: Lent | None = None,
    ) -> None:
        order = WalkOrder(self._location.id, asset_id, instance_id, essence.uri, candidate, lent)
        known = None if candidate else asset_id
        key = f"{self._location.id}/{essence.key}"
        writer.jobs.enqueue(WALK, key, order.to_payload(), run=self._lease.job.run_id, asset=known)

    def _letters(self, listing: Listing) -> _Change:
        """Complaints of the listing; letters about what is gone or readable again are cleared."""
        run, complaints = self._lease.job.run_id, {item.uri: item for item in listing.unreadable}

        def change(writer: CatalogWriter) -> None:
            for letter in writer.runs.dead_letters():
                if _is_over(letter, listing, complaints.keys()):
                    writer.runs.clear_dead_letter(letter.uri)
            for item in complaints.values():
                remedy = ObjectUnreadable.default_remedy
                writer.runs.put_dead_letter(
                    DeadLetter(
                        item.uri, "discover", item.code, item.reason, remedy, False, writer.now, None, run
                    )
                )

        return change

    def _thaw(self, writer: CatalogWriter) -> None:
        if self._order.cold and self._asleep:
            order = ThawOrder(self._location.id, tuple(self._asleep), self._order.budget_usd)
            key = f"{self._location.id}/{self._order.prefix or ''}"
            # What an earlier run was allowed to spend no longer holds.
            writer.jobs.supersede(THAW, key, order.to_payload(), run=self._lease.job.run_id)

    def _count(self, found: int, unchanged: int) -> _Change:
        run_id = self._lease.job.run_id

        def change(writer: CatalogWriter) -> None:
            writer.runs.clear_dead_letter(self._location.uri)
            if run_id is None:
                return
            run = writer.runs.get(run_id)
            writer.runs.update(
                run_id,
                state=run.state,
                discovered=run.discovered + found,
                unchanged=run.unchanged + unchanged,
                cold=run.cold + len(self._asleep),
            )

        return change


def _ids() -> tuple[AssetId, InstanceId]:
    return AssetId(mint("ast")), InstanceId(mint("ins"))


def _is_over(letter: DeadLetter, listing: Listing, complaints: Collection[str]) -> bool:
    below = listing.root is not None and letter.uri.startswith(listing.root)
    readable_again = letter.stage == "discover" and letter.uri not in complaints
    return below and (letter.uri not in listing.uris or readable_again)
