"""Writes down what discovery found: copies, availability, dead letters, and the jobs that follow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from archive_tiering.archived import States, end_restores, note, standing_of, to_ask
from archive_tiering.stores.object_store import Unreadable
from catalog.model import Asset, DeadLetter, Instance, Location, StoredObject
from catalog.repository import Catalog, CatalogWriter, KnownInstance
from foundation.errors import ObjectUnreadable
from foundation.ids import AssetId, InstanceId, mint
from indexer.borrowing import Lent
from indexer.candidates import Candidate
from indexer.differences import Differences, batches
from indexer.lease import Lease
from indexer.listing import Listing
from indexer.payload import THAW, WALK, DiscoverOrder, ThawOrder, WalkOrder
from indexer.plan import Kind, fell_asleep, is_asleep, same_essence, with_digests

BATCH = 200
"""Most changes of one transaction; searches and walks get their turn in between."""

_Change = Callable[[CatalogWriter], object]


class Recorder:
    """Records one discovery. Everything it does can be done again without harm.

    Args:
        catalog: Where it goes.
        lease: Of the discover job.
        location: That was listed.
        order: What was asked for.
        found: What differs.
        is_billed: Reading it costs money; without a budget it is catalogued and not read.
    """

    def __init__(
        self,
        catalog: Catalog,
        lease: Lease,
        location: Location,
        order: DiscoverOrder,
        found: Differences,
        is_billed: Callable[[Candidate], bool] = lambda candidate: False,
    ) -> None:
        self._catalog = catalog
        self._lease = lease
        self._location = location
        self._order = order
        self._found = found
        self._is_billed = is_billed
        self._asleep: list[AssetId] = []
        self._sleeping = 0

    def survey(self, listing: Listing) -> None:
        """Catalogue what sleeps and was never seen; everything else is left to the run that looks at it."""
        news = (
            each.candidate for each in self._found.found(Kind.NEW) if self._may_not_be_read(each.candidate)
        )
        changes = chain(
            (self._cold(each.candidate) for each in self._found.found(Kind.NEW_COLD)), map(self._new, news)
        )
        for batch in batches(changes, BATCH):
            self._write(batch)
        for batch in batches(self._thaws(), BATCH):
            self._write(batch)
        self._write([self._count(listing)])

    def record(self, listing: Listing) -> None:
        """Write it all down, in batches, the count of the run last."""
        counts = self._found.counts()
        total, done = counts.total() + 1, 0
        for batch in batches(chain(self._availability(), self._changes()), BATCH):
            self._lease.report("ordering", min(1.0, done / total))
            self._write(batch)
            done += len(batch)
        for batch in batches(self._thaws(), BATCH):
            self._write(batch)
        for batch in batches(self._letters(listing), BATCH):
            self._write(batch)
        self._write([self._thaw, self._count(listing)])

    def _changes(self) -> Iterator[_Change]:
        for each in self._found.found(Kind.MOVED, Kind.CHANGED):
            if each.known is not None:
                yield self._changed(each.known, each.candidate)
        for each in self._found.found(Kind.NEW_COLD):
            yield self._cold(each.candidate)
        for each in self._found.found(Kind.NEW):
            yield self._new(each.candidate)
        for each in self._found.found(Kind.DUE, Kind.STATE):
            if each.known is not None:
                change = self._due if each.kind is Kind.DUE else _stating
                yield change(each.known, each.candidate)

    def _write(self, changes: Sequence[_Change]) -> None:
        with self._catalog.write() as writer:
            self._lease.fence(writer)
            for change in changes:
                change(writer)

    def _availability(self) -> Iterator[_Change]:
        gone = (item.instance_id for _, item in self._found.missing())
        for ids, available in ((gone, False), (self._found.returned(), True)):
            for batch in batches(ids, BATCH):
                yield _setting(batch, available=available)

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
        end_restores(writer, former.asset_id, _states(candidate))
        asset = writer.assets.get(former.asset_id)
        if asleep and asset.indexed_at is None:
            self._note_asleep(asset.id)
        else:
            self._order_walk(writer, asset.id, instance.id, instance.essence, None)

    def _cold(self, candidate: Candidate) -> _Change:
        """Register a sleeping master from the listing alone."""
        asset_id, instance_id = _ids()
        lent = self._found.lent(candidate.name)
        if lent is None:
            self._note_asleep(asset_id)
        asset, instance = self._unread(asset_id, instance_id, candidate)

        def change(writer: CatalogWriter) -> None:
            if self._register(writer, asset, instance) and lent is not None:
                self._order_walk(writer, asset_id, instance_id, instance.essence, None, lent)

        return change

    def _register(self, writer: CatalogWriter, asset: Asset, instance: Instance) -> bool:
        """Register a copy; False where another discovery of this location did so meanwhile."""
        if writer.moves.occupant(instance.location_id, instance.name) is not None:
            return False
        writer.assets_writer.register(asset, instance)
        return True

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

    def _note_asleep(self, asset_id: AssetId) -> None:
        """Only a run that brings masters back has to know which ones; others count them."""
        self._sleeping += 1
        if self._order.cold:
            self._asleep.append(asset_id)

    def _thaws(self) -> Iterator[_Change]:
        """Known masters that sleep: walks of those that have a proxy from others, the rest is noted."""
        for each in self._found.found(Kind.THAW):
            lent = self._found.lent(each.candidate.name)
            if each.known is None:
                continue
            if lent is None:
                self._note_asleep(each.known.asset_id)
                if fell_asleep(each.candidate, each.known):
                    yield _stating(each.known, each.candidate)
            else:
                yield self._borrow(each.known, each.candidate, lent)

    def _borrow(self, item: KnownInstance, candidate: Candidate, lent: Lent) -> _Change:
        return lambda writer: self._order_walk(
            writer, item.asset_id, item.instance_id, candidate.essence, None, lent
        )

    def _new(self, candidate: Candidate) -> _Change:
        asset_id, instance_id = _ids()
        if self._may_not_be_read(candidate):
            asset, instance = self._unread(asset_id, instance_id, candidate)
            return lambda writer: self._register(writer, asset, instance)
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

    def _letters(self, listing: Listing) -> Iterator[_Change]:
        """Letters about what is gone or readable again are cleared; complaints of the listing are put."""
        for uri in listing.over():
            yield _clearing(uri)
        for item in self._found.complaints():
            yield self._complaint(item)

    def _complaint(self, item: Unreadable) -> _Change:
        run, remedy = self._lease.job.run_id, ObjectUnreadable.default_remedy
        return lambda writer: writer.runs.put_dead_letter(
            DeadLetter(item.uri, "discover", item.code, item.reason, remedy, False, writer.now, None, run)
        )

    def _thaw(self, writer: CatalogWriter) -> None:
        if self._order.cold and self._asleep:
            order = ThawOrder(self._location.id, tuple(self._asleep), self._order.budget_usd)
            key = f"{self._location.id}/{self._order.prefix or ''}"
            # What an earlier run was allowed to spend no longer holds.
            writer.jobs.supersede(THAW, key, order.to_payload(), run=self._lease.job.run_id)

    def _count(self, listing: Listing) -> _Change:
        run_id, found = self._lease.job.run_id, self._found.counts().total() + listing.unchanged

        def change(writer: CatalogWriter) -> None:
            writer.runs.clear_dead_letter(self._location.uri)
            if run_id is None:
                return
            run = writer.runs.get(run_id)
            writer.runs.update(
                run_id,
                state=run.state,
                discovered=run.discovered + found,
                unchanged=run.unchanged + listing.unchanged,
                cold=run.cold + self._sleeping,
            )

        return change


def _setting(ids: Sequence[InstanceId], *, available: bool) -> _Change:
    return lambda writer: writer.assets_writer.set_available(ids, available=available)


def _stating(item: KnownInstance, candidate: Candidate) -> _Change:
    """How objects stand that their class archives by itself."""
    return lambda writer: note(writer, item.asset_id, _states(candidate))


def _states(candidate: Candidate) -> States:
    return {item.uri: standing_of(item) for item in to_ask(candidate.objects)}


def _clearing(uri: str) -> _Change:
    return lambda writer: writer.runs.clear_dead_letter(uri)


def _ids() -> tuple[AssetId, InstanceId]:
    return AssetId(mint("ast")), InstanceId(mint("ins"))
