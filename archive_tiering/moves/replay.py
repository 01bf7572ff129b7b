"""Moves that a catalog put back from a backup does not know: manifests tell it where masters lie now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from archive_tiering.moves.bag import address_of, one_line
from archive_tiering.moves.bag_reading import Told, read_bag
from archive_tiering.moves.switch import switch
from archive_tiering.places import Places
from archive_tiering.prices.moving import Way
from archive_tiering.stores.object_store import ObjectInfo
from catalog.lifecycle import identity_of
from catalog.model import Instance, Location, Move, MovedObject, MoveState, StoredObject
from catalog.repository import Catalog, CatalogReader, CatalogWriter
from foundation.errors import (
    AssetNotFound,
    LocationNotFound,
    MoveNotFound,
    ObjectMissing,
    RekindleError,
    StateConflict,
    StorageError,
)
from foundation.home import Home
from foundation.ids import DEFAULT_PROJECT
from foundation.logging import get

_BAGS = "moves/mov_*"


@dataclass(frozen=True, slots=True)
class News:
    """A master that was moved, which the catalog does not know: its asset's name, and the latest move."""

    name: str
    told: Told


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the news.

    Attributes:
        moved: Names of masters that the catalog knows in their new places now.
        refused: Why others stay on record where they were, by name; nobody is told of them again.
        waiting: Why nothing could be found out of others, by name.
    """

    moved: tuple[str, ...]
    refused: Mapping[str, str]
    waiting: Mapping[str, str]


class MoveReplay:
    """Reads manifests in the derived store and in vaults, and lets the catalog learn from them.

    Args:
        catalog: What learns.
        places: Where copies are looked for.
        home: Whose derived store holds manifests.
        vaults: Folders of vaults.
        currency: Of what moves cost; what these did is not known.
    """

    def __init__(
        self, catalog: Catalog, places: Places, home: Home, vaults: Sequence[Path], currency: str
    ) -> None:
        self._catalog = catalog
        self._places = places
        self._home = home
        self._vaults = vaults
        self._currency = currency

    def news(self) -> list[News]:
        """Masters whose latest manifest tells of a move that the ledger does not know; no store is asked."""
        folders = {folder.name: folder for folder in self._folders()}
        latest: dict[str, Told] = {}
        with self._catalog.read() as view:
            for name in sorted(folders.keys() - view.moves.settled(folders)):
                told = read_bag(folders[name])
                if told is not None and (told.instance not in latest or latest[told.instance].at < told.at):
                    latest[told.instance] = told
            found = [_news(view, told) for told in latest.values()]
        return [news for news in found if news is not None]

    def replay(self) -> Replayed:
        """Ask the stores whether the copies are there, and let the catalog say so."""
        moved: list[str] = []
        refused: dict[str, str] = {}
        waiting: dict[str, str] = {}
        for news in self.news():
            try:
                reason = self._settle(news.told)
            except RekindleError as error:
                get(__name__).warning("move_not_replayed", move=news.told.move, reason=error.message)
                waiting[news.name] = error.message
            else:
                moved += [news.name] if reason is None else []
                refused |= {} if reason is None else {news.name: reason}
        return Replayed(tuple(moved), refused, waiting)

    def _settle(self, told: Told) -> str | None:
        """Learn from a manifest, or take note that it is not so any more; why, or None where it is."""
        try:
            self._learn(told)
        except StateConflict as error:
            self._refuse(told, error.message)
            return error.message
        except ObjectMissing as error:
            # A disk that is not mounted misses everything: nothing is concluded while no other copy is seen.
            if not self._is_elsewhere(told):
                raise
            self._refuse(told, error.message)
            return error.message
        return None

    def _is_elsewhere(self, told: Told) -> bool:
        """Say whether the master lies where the catalog has it, or another copy of it is there."""
        with self._catalog.read() as view:
            copy = _copy(view, told)
            others = [] if copy is None else view.assets.instances(copy.asset_id)
        if copy is None or any(each.available and each.id != copy.id for each in others):
            return True
        try:
            store = self._places.store(copy.location_id)
            return all(_is_still(store.head(item.key, item.version), item) for item in copy.objects)
        except StorageError:
            return False

    def _folders(self) -> Iterator[Path]:
        yield from self._home.derived.glob(f"*/*/{_BAGS}")
        for root in self._vaults:
            yield from (root / ".rekindle").glob(_BAGS)

    def _learn(self, told: Told) -> None:
        """Let the master lie where its manifest says, if it does.

        Raises:
            ObjectMissing: The copy is not there.
            StateConflict: Something else is, or the master changed since.
            CatalogBusy: Somebody works on the move: it comes to its end without us.
            StorageError: Its store cannot be asked.
            LocationNotFound: The location is not known.
        """
        with self._catalog.read() as view:
            target = _location(view, told.target)
        lies = {key: self._head(target, told, key) for key in told.objects}
        with self._catalog.write() as tx:
            copy = _demanded(tx, told)
            move = self._ended(tx, told, copy, target)
            tx.moves.conclude(move)
            if not copy.available:
                tx.assets_writer.set_available([copy.id], available=True)
            switch(tx, move, lies)

    def _head(self, target: Location, told: Told, key: str) -> ObjectInfo:
        found, wanted = self._places.store(target.id).head(key), told.objects[key]
        if found.size != wanted.size or address_of(found.uri) != wanted.address:
            raise StateConflict(f"{key!r} in {target.name} is not what was moved there.")
        return replace(found, version="")  # as the location lists it

    def _refuse(self, told: Told, reason: str) -> None:
        """Write down that the manifest was read, so that nobody is told of it again."""
        with self._catalog.write() as tx:
            copy = _copy(tx, told)
            if copy is not None:
                move = self._ended(tx, told, copy, _location(tx, told.target))
                tx.moves.conclude(replace(move, state=MoveState.FAILED, error=reason))

    def _ended(self, tx: CatalogWriter, told: Told, copy: Instance, target: Location) -> Move:
        """The move as it ended: as the ledger knows it, or as its manifest tells."""
        try:
            known = tx.moves.get(told.move)
        except MoveNotFound:
            known = self._unknown(tx, told, copy, target)
        return replace(
            known,
            state=MoveState.DONE,
            asset_id=copy.asset_id,
            manifest=f"moves/{told.move}",
            error=None,
            not_before=None,
            updated_at=told.at,
            finished_at=told.at,
        )

    def _unknown(self, tx: CatalogWriter, told: Told, copy: Instance, target: Location) -> Move:
        placed = tx.plans.placed(copy.id)
        return Move(
            id=told.move,
            asset_id=copy.asset_id,
            instance_id=copy.id,
            identity=identity_of(copy.objects),
            from_location=copy.location_id,
            from_class=told.from_class,
            to_location=target.id,
            to_class=told.to_class,
            method=Way.ACROSS.value,
            state=MoveState.DONE,
            objects=tuple(_moved(item, told) for item in copy.objects if item.key in told.objects),
            rule=told.rule,
            rule_line=told.rule_line,
            cost=Decimal(0),
            currency=self._currency,
            created_at=told.at,
            updated_at=told.at,
            project=DEFAULT_PROJECT if placed is None else placed.project_id,
        )


def _news(view: CatalogReader, told: Told) -> News | None:
    """None where the catalog does not know the copy, or knows of a later move."""
    copy = _copy(view, told)
    if copy is None:
        return None
    later = [
        move
        for move in view.moves.find(asset=copy.asset_id)
        if (move.instance_id, move.state) == (copy.id, MoveState.DONE)
        and move.finished_at is not None
        and move.finished_at > told.at
    ]
    return None if later else News(view.assets.get(copy.asset_id).name, told)


def _copy(view: CatalogReader, told: Told) -> Instance | None:
    try:
        asset = view.assets.get(told.asset)
    except AssetNotFound:
        return None
    return next((copy for copy in view.assets.instances(asset.id) if copy.id == told.instance), None)


def _demanded(view: CatalogReader, told: Told) -> Instance:
    """The copy on record, as what was moved.

    Raises:
        StateConflict: It is gone, or its objects are not those that were moved.
    """
    copy = _copy(view, told)
    known = {} if copy is None else {item.key: item for item in copy.objects}
    if copy is None or not all(_is(known.get(key), told, key) for key in told.objects):
        raise StateConflict("What is on record is not what was moved.")
    return copy


def _is(item: StoredObject | None, told: Told, key: str) -> bool:
    moved = told.objects[key]
    if item is None or item.size != moved.size:
        return False
    return moved.sha256 is None or item.sha256 is None or moved.sha256 == item.sha256


def _is_still(found: ObjectInfo, item: StoredObject) -> bool:
    return (found.size, found.etag) == (item.size, item.etag)


def _location(view: CatalogReader, name: str) -> Location:
    found = [place for place in view.locations.all() if one_line(place.name) == name]
    if not found:
        raise LocationNotFound(
            f"There is no location {name!r}, where it was moved to.",
            remedy="Add it with `rekindle location add`, then run the same command again.",
        )
    return found[0]


def _moved(item: StoredObject, told: Told) -> MovedObject:
    return MovedObject(
        key=item.key,
        uri=item.uri,
        size=item.size,
        etag=item.etag,
        version=item.version,
        storage_class=item.storage_class,
        target_key=item.key,
        target_class=told.to_class,
        sha256=told.objects[item.key].sha256,
        mtime_ns=item.mtime_ns,
        verified="as its manifest tells",
    )
