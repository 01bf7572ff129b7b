"""How the masters of some assets stand: asleep, on their way, awake, or nowhere to be had."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from archive_tiering.fixity.findings import OPEN
from archive_tiering.places import Places
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.tiers import Sleeper
from catalog.model import Asset, AssetState, Instance, Restore, RestoreState, RestoreStatus, StoredObject
from catalog.repository import CatalogReader
from foundation.errors import (
    AssetNotFound,
    BadSettings,
    LocationNotFound,
    ObjectMissing,
    RekindleError,
    StorageError,
)
from foundation.ids import AssetId, InstanceId, LocationId

Silent = Mapping[InstanceId, StorageError]
"""Copies of which their stores did not say whether they sleep, and why."""


@dataclass(frozen=True, slots=True)
class Warm:
    """An object that can be read now; ``until`` is None where it stays, or nobody knows."""

    instance: Instance
    item: StoredObject
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Coming:
    """An object that is on its way."""

    item: StoredObject
    restore: Restore
    terms: Terms


@dataclass(frozen=True, slots=True)
class Impossible:
    """An asset whose master cannot be brought back, and why."""

    asset_id: AssetId
    name: str
    error: RekindleError


@dataclass(frozen=True, slots=True)
class Unasked:
    """A copy that was passed over, as its store did not say whether it sleeps."""

    copy: Instance
    error: StorageError


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, asset by asset."""

    assets: list[Asset] = field(default_factory=list)
    sleepers: list[Sleeper] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)
    warm: list[Warm] = field(default_factory=list)
    impossible: list[Impossible] = field(default_factory=list)
    unasked: list[Unasked] = field(default_factory=list)


def survey(
    view: CatalogReader,
    places: Places,
    asset_ids: Iterable[AssetId],
    *,
    strict: bool,
    silent: Silent = MappingProxyType({}),
) -> Survey:
    """Look at assets in the catalog; no store is asked.

    Whether a copy is awake of which its store did not say nobody knows: another one is taken, awake or not.

    Args:
        view: The catalog.
        places: Terms of locations.
        asset_ids: Whose masters.
        strict: Raise what keeps a master from being brought back, instead of noting it.
        silent: Copies of which their stores did not say whether they sleep.

    Raises:
        AssetNotFound: There is no such asset; only if ``strict``.
        ObjectMissing: No copy of an asset is in a location now; only if ``strict``.
        StorageError: All copies of an asset are silent; only if ``strict``.
    """
    wanted = list(dict.fromkeys(asset_ids))
    known = view.assets.many(wanted)
    current = list(dict.fromkeys(asset.id for asset in known.values()))
    copies = view.assets.copies(current)
    active = view.restores.active_of(current)
    bad = {(finding.place, finding.uri) for finding in view.fixity.findings(states=OPEN)}
    found = Survey()
    seen: set[AssetId] = set()
    for asset_id in wanted:
        asset = known.get(asset_id)
        if asset is not None and asset.id in seen:
            continue
        try:
            if asset is None:
                raise AssetNotFound(f"There is no asset {asset_id}.")
            seen.add(asset.id)
            own = active.get(asset.id, ())
            sound = _sound(copies.get(asset.id, ()), bad)
            told = _told(sound, own, silent)
            _look(found, places, asset, told, own)
            found.unasked.extend(Unasked(copy, silent[copy.id]) for copy in sound if copy not in told)
        except RekindleError as error:
            if strict:
                raise
            found.impossible.append(Impossible(asset_id, asset.name if asset else "", error))
    return found


def sleeping(instance: Instance) -> list[StoredObject]:
    """Return the objects of an instance that nobody woke yet, sidecars included."""
    return [
        item
        for item in instance.objects
        if item.restore is RestoreState.NEEDED and facts_or_plain(item.storage_class).may_sleep
    ]


def choose_copy(asset: Asset, instances: Sequence[Instance]) -> Instance:
    """Return the copy to bring back: the one with the fewest sleeping bytes.

    Raises:
        ObjectMissing: No copy of the asset is in a location now.
    """
    there = [instance for instance in instances if instance.available]
    if not there or asset.state is AssetState.ERASED:
        raise ObjectMissing(f"No copy of {asset.name!r} is in any location now.")
    return min(there, key=lambda instance: sum(item.size + 1 for item in sleeping(instance)))


def _sound(copies: Sequence[Instance], bad: Set[tuple[str, str]]) -> Sequence[Instance]:
    """Copies that are there and not known to have bad bytes; all where no copy is."""
    sound = [
        copy
        for copy in copies
        if copy.available and not any((copy.location_id, item.uri) in bad for item in copy.objects)
    ]
    return sound or copies


def _told(copies: Sequence[Instance], active: Sequence[Restore], silent: Silent) -> Sequence[Instance]:
    """Copies of which it is known whether they sleep, among them what is on its way.

    Raises:
        StorageError: There are copies, and none of which it is known.
    """
    coming = {restore.uri for restore in active if _counts(restore) and restore.restored_at is None}
    told = [
        copy for copy in copies if copy.id not in silent or any(item.uri in coming for item in copy.objects)
    ]
    if any(copy.available for copy in told):
        return told
    why = next((silent[copy.id] for copy in copies if copy.id in silent), None)
    if why is not None:
        raise why
    return copies


def _look(
    found: Survey, places: Places, asset: Asset, copies: Sequence[Instance], active: Sequence[Restore]
) -> None:
    instance = choose_copy(asset, copies)
    asleep = {item.uri for item in sleeping(instance)}
    under_way = {restore.uri: restore for restore in active if _counts(restore)}
    terms = _terms(places, instance.location_id) if asleep or under_way else None
    objects = list(_objects(instance, asleep, under_way, terms))
    found.assets.append(asset)
    for item in objects:
        match item:
            case Sleeper():
                found.sleepers.append(item)
            case Coming():
                found.coming.append(item)
            case Warm():
                found.warm.append(item)


def _objects(
    instance: Instance, asleep: set[str], under_way: Mapping[str, Restore], terms: Terms | None
) -> Iterator[Sleeper | Coming | Warm]:
    for item in instance.objects:
        restore = under_way.get(item.uri)
        if restore is not None and restore.version != (item.version or item.etag):
            restore = None
        if restore is not None and restore.restored_at is None and terms is not None:
            yield Coming(item, restore, terms)
        elif item.uri in asleep and terms is not None:
            terms.prices.of(item.storage_class)
            yield Sleeper(instance, item, terms)
        else:
            yield Warm(instance, item, None if restore is None else restore.expires_at)


def _counts(restore: Restore) -> bool:
    return restore.status is not RestoreStatus.NEEDS_APPROVAL


def _terms(places: Places, location_id: LocationId) -> Terms:
    try:
        return places.terms(location_id)
    except LocationNotFound as error:
        raise BadSettings(f"The location {location_id} was removed.") from error
