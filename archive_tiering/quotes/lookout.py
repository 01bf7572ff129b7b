"""Asks stores about what may have fallen asleep by itself, before anything is promised about it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from archive_tiering.archived import Standing, States, answers, note, standing_of, to_ask
from archive_tiering.fixity.findings import OPEN
from archive_tiering.places import Places
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.quotes.survey import Silent
from catalog.model import Asset, Instance, RestoreState, StoredObject
from catalog.repository import Catalog
from foundation.errors import StorageError
from foundation.ids import AssetId, InstanceId, LocationId

MOST = 5000
"""Most objects that one look asks about; of more than these the catalog's word is taken."""

_Asked = Sequence[tuple[Instance, list[StoredObject]]]
"""Copies in one location, and what is asked about of each."""


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

    def look(self, asset_ids: Iterable[AssetId]) -> Silent:
        """Ask how the masters of assets stand, where only their stores know, and write it down.

        Returns:
            Copies of which their stores did not say all, and why: whether these sleep nobody knows.
        """
        with self._catalog.read() as view:
            known = view.assets.many(asset_ids)
            # Where a copy is known to be bad, one that nobody would ask about otherwise may be taken.
            bad = {finding.asset_id for finding in view.fixity.findings(states=OPEN)}
            assets = [asset.id for asset in known.values() if _may_sleep(asset) or asset.id in bad]
            copies = view.assets.copies(assets) if assets else {}
        wanted: dict[LocationId, list[tuple[Instance, list[StoredObject]]]] = defaultdict(list)
        left = self._most
        for copy in (copy for each in copies.values() for copy in each if copy.available):
            objects = to_ask(copy.objects)[:left]
            left -= len(objects)
            if objects:
                wanted[copy.location_id].append((copy, objects))
        silent: dict[InstanceId, StorageError] = {}
        for location_id, asked in wanted.items():
            silent |= self._look_into(location_id, asked)
        return silent

    def _look_into(self, location_id: LocationId, asked: _Asked) -> Silent:
        try:
            store = self._places.store(location_id)
            told = answers(store, [item for _, objects in asked for item in objects])
        except StorageError as error:
            return {copy.id: error for copy, _ in asked}
        self._note(asked, told.states)
        refused = told.refused
        return {
            copy.id: refused[item.uri] for copy, objects in asked for item in objects if item.uri in refused
        }

    def _note(self, asked: _Asked, states: States) -> None:
        changed: dict[AssetId, dict[str, Standing]] = defaultdict(dict)
        for copy, objects in asked:
            news = _news(states, objects)
            if news:
                changed[copy.asset_id].update(news)
        if not changed:
            return
        with self._catalog.write() as tx:
            for asset_id, told in changed.items():
                note(tx, asset_id, told)


def _news(states: States, items: Iterable[StoredObject]) -> States:
    """What differs from the catalog; and what sleeps, for a restore of it may not have been ended yet."""
    told = ((item, states[item.uri]) for item in items if item.uri in states)
    return {
        item.uri: standing
        for item, standing in told
        if standing != standing_of(item) or standing.restore is RestoreState.NEEDED
    }


def _may_sleep(asset: Asset) -> bool:
    return facts_or_plain(asset.storage_class).moves_back
