"""What can replace bad bytes, and doing so on a person's word.

No finding is believed because it is on record: the bad copy is read again first, and the other one is read to
its end before anything is changed. A bad copy that sleeps is not woken for that: it must be the very object
that two reads found wrong, and is kept as ever.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from archive_tiering.clock import Clock
from archive_tiering.fixity.by_hand import Spot, by_hand
from archive_tiering.fixity.check import ASLEEP, Beat, check_by_reading
from archive_tiering.fixity.derived import PROXY, WALK, check_derived
from archive_tiering.fixity.findings import OPEN, Findings
from archive_tiering.fixity.mend import FolderMender
from archive_tiering.fixity.schedule import read_cost
from archive_tiering.places import Places
from archive_tiering.prices.storage_class import facts_or_plain
from catalog.model import (
    CATALOG,
    DERIVED,
    Finding,
    FindingState,
    FixityItem,
    Instance,
    Location,
    LocationKind,
    RestoreState,
    StoredObject,
)
from catalog.repository import Catalog
from foundation.errors import ObjectUnreadable, StateConflict
from foundation.home import Home
from foundation.ids import AssetId, FindingId, InstanceId, LocationId, PrincipalId
from foundation.s3_settings import S3Endpoint

AGAIN = "The next `rekindle index` makes it again."
_CATALOG_REMEDY = (
    "Stop Rekindle and run `rekindle check --repair`, which flips a single bit back. Otherwise keep "
    "the file, put back a backup of catalog.db; the next `rekindle index` catches up."
)
_NO_COPY = "There is no other copy with the digest on record. Keep the bad one: most of it is still good."
_NONE_READY = "The other copies sleep, or reading them is billed."
_NOT_IN_S3 = "Rekindle does not write over objects in S3."
_SEEN_ONCE = (
    "It sleeps, and was read wrong once only: it is replaced after a second read that finds it wrong."
)
_ANOTHER = "Another object is on record there by now; it was left alone."
OpenMender = Callable[[Location], FolderMender]
EndpointOf = Callable[[str], S3Endpoint]
"""How the store of a location is reached, by the location's name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Another copy that should have the right bytes.

    Attributes:
        location: Name of its location.
        asleep: It has to be restored first.
        billed: Reading it costs; it has to be brought back by other means.
        read_at: When a full read last found it good, None if none did yet.
        commands: What a person would type where Rekindle does not write.
    """

    instance_id: InstanceId
    location: str
    key: str
    uri: str
    asleep: bool
    billed: bool
    read_at: datetime | None
    commands: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Say whether it can be read as it is, for nothing."""
        return not self.asleep and not self.billed


class FixityRepair:
    """Offers and repairs.

    Args:
        catalog: Findings and copies.
        places: Stores and terms of locations.
        open_mender: Opens what writes whole copies into a folder or a folder vault.
        endpoint_of: How the stores of locations are reached.
        home: Where the derived store is.
        clock: The time.
    """

    def __init__(
        self,
        catalog: Catalog,
        places: Places,
        open_mender: OpenMender,
        endpoint_of: EndpointOf,
        home: Home,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._open_mender = open_mender
        self._endpoint_of = endpoint_of
        self._home = home
        self._clock = clock
        self._findings = Findings(catalog, clock)

    def offers(self, finding: Finding) -> list[Offer]:
        """Other copies with the digest on record; nothing is read for this."""
        return [self._offer(finding, copy, item) for copy, item in self._others(finding)]

    def advice(self, finding: Finding) -> str:
        """What a person can do about an open finding, in a sentence."""
        if finding.place == CATALOG:
            return _CATALOG_REMEDY
        if finding.place == DERIVED:
            return f"`rekindle fixity repair {finding.id}` has the next index make it again."
        offers = self.offers(finding)
        if not offers:
            return _NO_COPY
        ready = next((offer for offer in offers if offer.is_ready), None)
        if ready is None:
            return f"{_NONE_READY} {_quote_first(finding)}"
        return self._advice_with(finding, ready)

    def _advice_with(self, finding: Finding, ready: Offer) -> str:
        """What to do about a master while another copy can be read as it is."""
        if self._place_of(finding).kind is LocationKind.S3:
            return f"{_NOT_IN_S3} By hand: {_typed(ready.commands)}."
        with self._catalog.read() as view:
            item = view.fixity.item(finding.place, finding.uri)
        is_asleep = item is not None and item.listed is not None and item.listed.restore.is_asleep
        if is_asleep and finding.state is not FindingState.CONFIRMED:
            return f"{_SEEN_ONCE} {_use_instead(ready)}"
        return (
            f"`rekindle fixity repair {finding.id}` puts a verified copy in its place; the bad one is kept."
        )

    def repair(
        self, finding_id: FindingId, *, principal: PrincipalId, stop: threading.Event | None = None
    ) -> Finding:
        """Put it right, as somebody said.

        Raises:
            FindingNotFound: There is no such finding.
            StateConflict: It is over, it is not so (any more), or Rekindle cannot put it right; says why.
            FixityMismatch: The other copy is not whole either; nothing was changed.
        """
        with self._catalog.read() as view:
            finding = view.fixity.finding(finding_id)
            item = view.fixity.item(finding.place, finding.uri)
        if finding.state not in OPEN:
            raise StateConflict(f"The finding is {finding.state}.")
        if finding.place == CATALOG:
            raise StateConflict("The catalog cannot mend itself.", remedy=_CATALOG_REMEDY)
        if item is None:
            raise StateConflict("It is no longer in the catalog.")
        beat = _until(stop or threading.Event())
        if finding.place == DERIVED:
            return self._have_made_again(finding, item, principal, beat)
        return self._mend(finding, item, principal, beat)

    def _have_made_again(
        self, finding: Finding, item: FixityItem, principal: PrincipalId, beat: Beat
    ) -> Finding:
        result = check_derived(self._catalog, self._home, item, beat, self._clock())
        self._findings.settle_derived(item, result.damages)
        stages = {damage.file.stage for damage in result.damages if damage.file.path == finding.key}
        if not stages:
            raise StateConflict("It is whole now; nothing was done.")
        with self._catalog.write(principal) as tx:
            tx.assets_writer.reopen(AssetId(item.uri), {WALK, *stages}, needs_master=PROXY in stages)
            tx.audit.append(principal, "fixity.reopened", finding.id, {"path": finding.key})
            return tx.fixity.put_finding(replace(tx.fixity.finding(finding.id), note=AGAIN))

    def _mend(self, finding: Finding, item: FixityItem, principal: PrincipalId, beat: Beat) -> Finding:
        place, bad = self._place_of(finding), item.listed
        if bad is None or item.instance_id is None or finding.expected is None:
            raise StateConflict("It is no longer in the catalog.")
        self._expect_still(item)
        source = self._source(finding)
        if place.kind is LocationKind.S3:
            commands = self._offer(finding, *source).commands
            raise StateConflict(_NOT_IN_S3, remedy=_typed(commands))
        mender = self._open_mender(place)
        done = mender.finished(finding, finding.expected)
        if done is None:
            if not mender.is_half_done(finding):
                finding = self._confirmed(finding, item, bad, beat)
            chunks = _beating(self._read(source), beat)
            done = mender.mend(finding, bad, chunks, finding.expected or "")
        aside, lies = done
        fresh = replace(bad, etag=lies.etag, mtime_ns=lies.mtime_ns, size=lies.size, sha256=finding.expected)
        return self._repaired(finding, item, fresh, aside, principal)

    def _confirmed(self, finding: Finding, item: FixityItem, bad: StoredObject, beat: Beat) -> Finding:
        """Read the bad copy once more, now: an old report is no reason to touch anything."""
        store = self._places.store(LocationId(finding.place))
        if bad.restore.is_asleep:
            return self._asleep(finding, bad)
        checked, reading = check_by_reading(store, item, bad, beat)
        if checked.note == ASLEEP:
            return self._asleep(finding, bad)
        if reading is None:
            self._findings.settle_master(item, checked)
            raise StateConflict(f"It does not read wrong now ({checked.outcome}); nothing was done.")
        return self._findings.confirm(finding, reading.sha256, reading.info.etag)

    def _asleep(self, finding: Finding, bad: StoredObject) -> Finding:
        """Nothing wakes for this: quotes bring back the whole copy, which nobody has to pay for."""
        if finding.state is not FindingState.CONFIRMED:
            raise StateConflict(_SEEN_ONCE, remedy=_use_instead(self._offer(finding, *self._source(finding))))
        if (finding.etag, finding.size) != (bad.etag, bad.size):
            raise StateConflict(_ANOTHER)
        return finding

    def _repaired(
        self, finding: Finding, item: FixityItem, fresh: StoredObject, aside: str, principal: PrincipalId
    ) -> Finding:
        with self._catalog.write(principal) as tx:
            for copy in tx.assets.instances(AssetId(item.asset_id or "")):
                if copy.id == item.instance_id:
                    objects = tuple(fresh if part.uri == fresh.uri else part for part in copy.objects)
                    tx.assets_writer.replace_instance(replace(copy, objects=objects))
            facts = {"uri": finding.uri, "aside": aside, "sha256": finding.expected}
            tx.audit.append(principal, "fixity.repaired", finding.id, facts)
            done = replace(finding, state=FindingState.REPAIRED, aside=aside)
            return tx.fixity.put_finding(done)

    def _expect_still(self, item: FixityItem) -> None:
        with self._catalog.read() as view:
            if item.instance_id in view.plans.moving():
                raise StateConflict("It is being moved.", remedy="Wait for the move to end.")

    def _source(self, finding: Finding) -> tuple[Instance, StoredObject]:
        """The first other copy that can be read as it is."""
        others = self._others(finding)
        if not others:
            raise StateConflict(_NO_COPY)
        for copy, item in others:
            if self._offer(finding, copy, item).is_ready:
                return copy, item
        raise StateConflict(_NONE_READY, remedy=_quote_first(finding))

    def _read(self, source: tuple[Instance, StoredObject]) -> Iterator[bytes]:
        copy, item = source
        store = self._places.store(copy.location_id)
        found = store.head(item.key, item.version)
        if (found.size, found.etag) != (item.size, item.etag):
            raise ObjectUnreadable(f"{item.uri} is not what was catalogued.", remedy="Run `rekindle index`.")
        return store.read(item.key, 0, None, item.version)

    def _others(self, finding: Finding) -> list[tuple[Instance, StoredObject]]:
        if finding.asset_id is None or finding.expected is None:
            return []
        with self._catalog.read() as view:
            copies = view.assets.instances(finding.asset_id)
        return [
            (copy, item)
            for copy in copies
            for item in copy.objects
            if copy.available and item.sha256 == finding.expected and item.uri != finding.uri
        ]

    def _offer(self, finding: Finding, copy: Instance, item: StoredObject) -> Offer:
        with self._catalog.read() as view:
            place = view.locations.by_id(copy.location_id)
            checked = view.fixity.item(place.id, item.uri)
        cost = read_cost(self._places.terms(place.id), item.storage_class, item.size)
        sleeps = item.restore.is_asleep
        is_cold = facts_or_plain(item.storage_class).is_cold
        return Offer(
            instance_id=copy.id,
            location=place.name,
            key=item.key,
            uri=item.uri,
            asleep=sleeps or (is_cold and item.restore is not RestoreState.RESTORED),
            billed=cost > 0,
            read_at=None if checked is None else checked.read_at,
            commands=self._commands(finding, place, item),
        )

    def _commands(self, finding: Finding, place: Location, item: StoredObject) -> tuple[str, ...]:
        bad_place = self._place_of(finding)
        if bad_place.kind is not LocationKind.S3:
            return ()
        with self._catalog.read() as view:
            known = view.fixity.item(finding.place, finding.uri)
        kept = "STANDARD" if known is None or known.listed is None else known.listed.storage_class
        bad = Spot(finding.uri, "", kept, self._endpoint_of(bad_place.name))
        good = Spot(item.uri, item.version, item.storage_class, self._endpoint_of(place.name))
        return by_hand(bad, good, f"{finding.id}.copy")

    def _place_of(self, finding: Finding) -> Location:
        with self._catalog.read() as view:
            return view.locations.by_id(LocationId(finding.place))


def _typed(commands: tuple[str, ...]) -> str:
    return "; ".join(f"`{command}`" for command in commands)


def _use_instead(ready: Offer) -> str:
    return f"Nothing has to be restored: the copy in {ready.location} can be read as it is ({ready.uri})."


def _quote_first(finding: Finding) -> str:
    return f"`rekindle restore quote {finding.asset_id}` says what bringing one back costs."


def _until(stop: threading.Event) -> Beat:
    def beat(size: int) -> None:
        del size
        if stop.is_set():
            raise StateConflict("The repair was interrupted; nothing was changed.")

    return beat


def _beating(chunks: Iterator[bytes], beat: Beat) -> Iterator[bytes]:
    for chunk in chunks:
        beat(len(chunk))
        yield chunk
