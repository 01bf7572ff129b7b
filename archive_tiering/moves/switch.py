"""The moment at which a copy becomes the master: one catalog transaction."""

from collections.abc import Mapping
from dataclasses import replace

from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import HotCopy, Instance, Move, MovedObject, StoredObject
from catalog.repository import CatalogWriter
from foundation.errors import StateConflict
from foundation.ids import InstanceId, mint


def switch(tx: CatalogWriter, move: Move, lies: Mapping[str, ObjectInfo]) -> None:
    """Let the instance lie where its copy does; the change feed tells the indexes.

    A walk may have met the copy before and taken it for new footage: what it registered is this asset.

    Args:
        tx: The transaction in which the move goes on.
        move: The move.
        lies: How the copies lie, by target key.

    Raises:
        StateConflict: Another master is on record at that place.
    """
    copy = next(item for item in tx.assets.instances(move.asset_id) if item.id == move.instance_id)
    if move.keep_id is not None:
        _add_hot_copy(tx, move, copy, lies)
        return
    by_key = {item.key: item for item in move.objects}
    objects = tuple(_moved(item, by_key.get(item.key), lies) for item in copy.objects)
    name = by_key[copy.name].target_key if copy.name in by_key else copy.name
    _make_room(tx, move, copy, name)
    there = replace(copy, location_id=move.to_location, name=name, objects=objects)
    tx.assets_writer.replace_instance(there)
    facts = {"rule": move.rule, "from": move.from_class, "to": move.to_class, "name": name}
    tx.audit.append(move.principal, "tier.moved", move.asset_id, facts)


def _add_hot_copy(tx: CatalogWriter, move: Move, origin: Instance, lies: Mapping[str, ObjectInfo]) -> None:
    """The source stays the master; its copy is one more, which may be let go one day."""
    by_key = {item.key: item for item in move.objects}
    objects = tuple(_moved(item, by_key.get(item.key), lies) for item in origin.objects)
    first = move.objects[0]
    name = first.target_key.removesuffix(first.key) + origin.name
    made = replace(
        origin,
        id=InstanceId(mint("ins")),
        location_id=move.to_location,
        name=name,
        objects=objects,
        available=True,
    )
    _make_room(tx, move, made, name)
    tx.assets_writer.replace_instance(made)
    tx.keeps.made(HotCopy(made.id, made.asset_id, move.id, origin.id, move.identity))
    facts = {"keep": move.keep_id, "copy": made.id, "name": name}
    tx.audit.append(move.principal, "keep.copied", move.asset_id, facts)


def _moved(item: StoredObject, moved: MovedObject | None, lies: Mapping[str, ObjectInfo]) -> StoredObject:
    if moved is None:
        return item  # a small object that keeps its class
    found = lies[moved.target_key]
    return replace(
        item,
        uri=found.uri,
        key=found.key,
        size=found.size,
        etag=found.etag,
        mtime_ns=found.mtime_ns,
        version=found.version,
        storage_class=found.storage_class,
        restore=found.restore,
        archive_tier=found.archive_tier,
        sha256=moved.sha256 or item.sha256,
    )


def _make_room(tx: CatalogWriter, move: Move, copy: Instance, name: str) -> None:
    found = tx.moves.occupant(move.to_location, name)
    if found is None or found[0] == copy.id:
        return
    instance_id, asset_id = found
    if asset_id != copy.asset_id:
        ours, other = tx.assets.get(copy.asset_id), tx.assets.get(asset_id)
        digests = {item.sha256 for item in copy.objects} | {ours.sha256}
        if other.sha256 is not None and other.sha256 not in digests:
            raise StateConflict(f"Another master is on record at {name!r}.")
        tx.assets_writer.merge(asset_id, copy.asset_id)
    tx.moves.vacate(instance_id)
