"""Asks stores about what may have fallen asleep by itself, before anything is promised about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from archive_tiering.archived import States, answers, note, to_ask
from archive_tiering.places import Places
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.quotes.survey import Impossible
from catalog.model import Asset, Instance, RestoreState, StoredObject
from catalog.repository import Catalog
from foundation.errors import StorageError
from foundation.ids import AssetId, LocationId

MOST = 5000
"""Most objects that one look asks about; of more than these the catalog's word is taken."""

_Wanted = Mapping[LocationId, Mapping[AssetId, list[StoredObject]]]
_Silent = Mapping[AssetId, Mapping[LocationId, StorageError]]


class Lookout:
    """Keeps the catalog true about objects that their class archives by itself.

    Args:
        catalog: What is known of the masters.
        places: Stores of locations.
        most: Most objects that one look asks about.
    """

    def __init__(self, catalog: Catalog, places: Places, most: int = MOST) -> None:
        self._catalog = catalog
        self._places = places
        self._most = most

    def look(self, asset_ids: Iterable[AssetId]) -> list[Impossible]:
        """Ask how the masters of assets stand, where only their stores know, and write it down.

        Returns:
            Assets whose store did not say, and why; not those that have another copy which is awake.
        """
        with self._catalog.read() as view:
            known = view.assets.many(asset_ids)
            assets = {asset.id: asset for asset in known.values() if _may_sleep(asset)}
            copies = view.assets.copies(assets) if assets else {}
        wanted: dict[LocationId, dict[AssetId, list[StoredObject]]] = defaultdict(dict)
        left = self._most
        for asset_id, each in copies.items():
            for copy in (copy for copy in each if copy.available):
                objects = to_ask(copy.objects)[:left]
                left -= len(objects)
                if objects:
                    wanted[copy.location_id].setdefault(asset_id, []).extend(objects)
        return self._in_doubt(self._ask(wanted), assets)

    def _ask(self, wanted: _Wanted) -> _Silent:
        silent: dict[AssetId, dict[LocationId, StorageError]] = defaultdict(dict)
        for location_id, objects in wanted.items():
            for asset_id, error in self._look_into(location_id, objects).items():
                silent[asset_id][location_id] = error
        return silent

    def _look_into(
        self, location_id: LocationId, objects: Mapping[AssetId, list[StoredObject]]
    ) -> Mapping[AssetId, StorageError]:
        """Ask one store; returns the assets of which it did not say all."""
        try:
            store = self._places.store(location_id)
            told = answers(store, [item for each in objects.values() for item in each])
        except StorageError as error:
            return dict.fromkeys(objects, error)
        self._note(objects, told.states)
        refused = told.refused
        return {
            asset_id: refused[item.uri]
            for asset_id, each in objects.items()
            for item in each
            if item.uri in refused
        }

    def _in_doubt(self, silent: _Silent, assets: Mapping[AssetId, Asset]) -> list[Impossible]:
        """Those that have no other copy which is awake."""
        if not silent:
            return []
        with self._catalog.read() as view:
            copies = view.assets.copies(silent)
        return [
            Impossible(asset_id, assets[asset_id].name, next(iter(errors.values())))
            for asset_id, errors in silent.items()
            if not any(_is_awake(each) for each in copies[asset_id] if each.location_id not in errors)
        ]

    def _note(self, objects: Mapping[AssetId, list[StoredObject]], states: States) -> None:
        changed = {asset_id: news for asset_id, each in objects.items() if (news := _news(states, each))}
        if not changed:
            return
        with self._catalog.write() as tx:
            for asset_id, news in changed.items():
                note(tx, asset_id, news)


def _news(states: States, items: Iterable[StoredObject]) -> States:
    """What differs from the catalog; and what sleeps, for a restore of it may not have been ended yet."""
    told = ((item, states.get(item.uri, item.restore)) for item in items)
    return {
        item.uri: state
        for item, state in told
        if state is not item.restore or (state is RestoreState.NEEDED and item.uri in states)
    }


def _is_awake(copy: Instance) -> bool:
    return copy.available and not any(item.restore.is_asleep for item in copy.objects)


def _may_sleep(asset: Asset) -> bool:
    return facts_or_plain(asset.storage_class).moves_back
