"""Letting hot copies go: only those made for it, and only while another copy is seen to be sound."""

from collections.abc import Callable
from dataclasses import replace

from archive_tiering.moves.steps import moved_object, order_of, source_of
from archive_tiering.places import Places
from archive_tiering.prices.moving import Way
from archive_tiering.writers.master_writer import MasterWriter, Order, Source
from catalog.lifecycle import identity_of
from catalog.model import AssetState, HotCopy, Instance, Location, Move, ObjectRole, StoredObject
from catalog.repository import Catalog
from foundation.errors import RekindleError
from foundation.logging import get

OpenWriter = Callable[[Location, Way], MasterWriter]
LAST = "No other copy of it can be seen to be sound; this one stays."
WITHDRAWN = "Its asset is withdrawn; it has to come back whole."
_AT_ONCE = 200
_ESSENCE = frozenset({ObjectRole.ESSENCE, ObjectRole.FRAME, ObjectRole.CARD_PART})


class HotRelease:
    """Deletes copies that nothing keeps any more.

    Args:
        catalog: The ledger.
        places: Stores of locations.
        open_writer: Opens what deletes in a location.
    """

    def __init__(self, catalog: Catalog, places: Places, open_writer: OpenWriter) -> None:
        self._catalog = catalog
        self._places = places
        self._open_writer = open_writer

    def step(self) -> int:
        """Let go what nothing keeps; returns how many copies went. What stays is told why, in the catalog.

        Raises:
            CatalogBusy: The ledger could not be written; nothing is lost.
        """
        with self._catalog.read() as view:
            unkept = view.keeps.unkept(_AT_ONCE)
        return sum(self._let_go(copy) for copy in unkept)

    def _let_go(self, hot: HotCopy) -> bool:
        with self._catalog.read() as view:
            copies = view.assets.instances(hot.asset_id)
            move = view.moves.get(hot.move_id)
        mine = next((copy for copy in copies if copy.id == hot.instance_id), None)
        try:
            if mine is not None:
                others = [copy for copy in copies if copy.id != mine.id]
                sound = next((other for other in others if self._is_sound(other, mine, hot)), None)
                stays = LAST if sound is None else self._hide(mine, sound)
                if stays is not None:
                    return self._stays(hot, stays)
                self._delete(mine, move)
        except RekindleError as error:
            return self._stays(hot, error.message)
        with self._catalog.write() as tx:
            tx.keeps.forget(hot.instance_id)
            facts = {"copy": hot.instance_id, "name": mine.name if mine else ""}
            tx.audit.append(move.principal, "keep.let-go", hot.asset_id, facts)
        return True

    def _is_sound(self, other: Instance, mine: Instance, hot: HotCopy) -> bool:
        """Its objects lie there as on record, and are known to have this copy's bytes."""
        if not other.available:
            return False
        origin = other.id == hot.origin_id and identity_of(other.objects) == hot.origin_identity
        known = _digests(mine)
        if not origin and (known is None or _digests(other) != known):
            return False
        return all(self._lies(other, item) for item in other.objects)

    def _lies(self, copy: Instance, item: StoredObject) -> bool:
        try:
            found = self._places.store(copy.location_id).head(item.key, item.version)
        except RekindleError as error:
            get(__name__).warning("other_copy_unseen", copy=copy.id, code=error.code)
            return False
        return (found.size, found.etag) == (item.size, item.etag)

    def _hide(self, mine: Instance, sound: Instance) -> str | None:
        """Send nobody to the copy from here on; a reason where the other is not what it was a moment ago.

        Of two copies that are let go side by side, each counting on the other, only one is hidden.
        """
        with self._catalog.write() as tx:
            if tx.assets.get(mine.asset_id).state is AssetState.WITHDRAWN:
                return WITHDRAWN
            there = {copy.id: copy for copy in tx.assets.instances(mine.asset_id)}
            if (
                there.get(sound.id) != sound
                or mine.id not in there
                or mine.id in tx.keeps.kept(mine.asset_id)
            ):
                return LAST
            tx.assets_writer.set_available([mine.id], available=False)
        return None

    def _delete(self, mine: Instance, move: Move) -> None:
        """Each object goes only while it is what was made."""
        with self._catalog.read() as view:
            location = view.locations.by_id(mine.location_id)
        writer = self._open_writer(location, Way(move.method))
        for item in mine.objects:
            writer.delete_verified(*_going(item, move))

    def _stays(self, hot: HotCopy, why: str) -> bool:
        if hot.stays != why:
            with self._catalog.write() as tx:
                tx.keeps.made(replace(hot, stays=why))
        return False


def _going(item: StoredObject, move: Move) -> tuple[Source, Order]:
    gone = replace(moved_object(item, item.key, item.storage_class), sha256=item.sha256)
    return source_of(gone), order_of(move, gone)


def _digests(copy: Instance) -> list[str] | None:
    """Digests of what carries essence; None where one is unknown."""
    found = [item.sha256 for item in copy.objects if item.role in _ESSENCE]
    return None if None in found else sorted(each for each in found if each is not None)
