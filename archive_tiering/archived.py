"""Objects that their storage class archives by itself: only the store knows whether they sleep.

Intelligent-Tiering moves what nobody reads into archive tiers, on buckets that opted in. The class stays the
same and a listing does not tell; a HEAD does, and an event, and an inventory report a day later.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from catalog.model import Instance, RestoreState, RestoreStatus, StoredObject
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import ObjectMissing, ObjectUnreadable
from foundation.ids import AssetId, LocationId

AT_ONCE = 8
"""How many objects a store is asked about at the same time."""

_AGAIN = "It was archived again after it had moved back."


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an object can be read now, and in which archive tier it sleeps where that was told."""

    restore: RestoreState
    archive_tier: str | None = None


States = Mapping[str, Standing]
"""How objects stand, by their URIs."""


def standing_of(item: StoredObject | ObjectInfo) -> Standing:
    """How an object stands as the catalog, or its store, has it."""
    return Standing(item.restore, item.archive_tier if item.restore.is_asleep else None)


def as_told(item: StoredObject, states: States) -> StoredObject:
    """The object as it stands by what was told; as it was where nothing was."""
    told = states.get(item.uri)
    return item if told is None else replace(item, restore=told.restore, archive_tier=told.archive_tier)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a store says, by the objects' URIs; ``refused`` are those that may not be looked at."""

    states: States
    refused: Mapping[str, ObjectUnreadable]


def to_ask(objects: Iterable[StoredObject]) -> list[StoredObject]:
    """Return the objects that may have fallen asleep by themselves."""
    return [item for item in objects if facts_or_plain(item.storage_class).may_be_archived(item.size)]


def ask(store: ObjectStore, objects: Sequence[StoredObject]) -> States:
    """Ask a store how objects stand, one request each; those that it does not let us see are left out.

    Raises:
        StorageError: The store does not say.
    """
    return answers(store, objects).states


def answers(store: ObjectStore, objects: Sequence[StoredObject]) -> Answers:
    """Ask a store how objects stand, one request each; what is gone or another object by now is left out.

    Raises:
        StorageError: The store does not say.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(zip(objects, pool.map(partial(_state, store), objects), strict=True))
    return Answers(
        {item.uri: said for item, said in found if isinstance(said, Standing)},
        {item.uri: said for item, said in found if isinstance(said, ObjectUnreadable)},
    )


def note(tx: CatalogWriter, asset_id: AssetId, states: States) -> bool:
    """Let the catalog say how an asset's objects stand; returns whether it said something else.

    The restore of an object that had moved back and sleeps again is over: the next one is a new one.
    """
    changed = False
    for instance in tx.assets.instances(asset_id):
        noted = tuple(as_told(item, states) for item in instance.objects)
        if noted != instance.objects:
            changed = True
            tx.assets_writer.replace_instance(replace(instance, objects=noted))
    end_restores(tx, asset_id, states)
    return changed


def note_refused(catalog: Catalog, store: ObjectStore, location_id: LocationId, item: StoredObject) -> None:
    """A read of an object was refused that the catalog has as awake: ask how it stands, and write it down.

    Raises:
        StorageError: The store does not say.
    """
    objects = to_ask([item])
    states = ask(store, objects) if objects else {}
    if not states:
        return
    with catalog.write() as tx:
        there = tx.moves.occupant(location_id, item.key)
        if there is not None:
            note(tx, there[1], states)


def look_again(catalog: Catalog, store: ObjectStore, copy: Instance) -> None:
    """A read of a copy was refused: ask how what may be archived of it stands, and write it down.

    What is in another class by now is left out: it was moved there, and whoever moves it will say so.

    Raises:
        StorageError: The store does not say.
    """
    asked = to_ask(copy.objects)
    objects = [o for o in asked if store.head(o.key, o.version).storage_class == o.storage_class]
    states = ask(store, objects) if objects else {}
    if states:
        with catalog.write() as tx:
            note(tx, copy.asset_id, states)


def end_restores(tx: CatalogWriter, asset_id: AssetId, states: States) -> None:
    """End the restores of objects that had come back and sleep by now, so that nobody joins them."""
    asleep = {uri for uri, told in states.items() if told.restore is RestoreState.NEEDED}
    if not asleep:
        return
    for restores in tx.restores.active_of([asset_id]).values():
        for restore in restores:
            if restore.uri in asleep and restore.restored_at is not None:
                ended = replace(restore, status=RestoreStatus.EXPIRED, due_at=None, error=_AGAIN)
                tx.restores.update(ended)
                facts = {"uri": restore.uri, "from": restore.status, "error": _AGAIN}
                tx.audit.append(restore.principal, f"restore.{ended.status}", restore.id, facts)


def _state(store: ObjectStore, item: StoredObject) -> Standing | ObjectUnreadable | None:
    try:
        found = store.head(item.key, item.version)
    except ObjectMissing:
        return None
    except ObjectUnreadable as error:
        return error
    return standing_of(found) if (found.size, found.etag) == (item.size, item.etag) else None
