"""How a master gets into a hot location, and which locations are hot."""

from archive_tiering.places import Places
from archive_tiering.prices.moving import Route, Spot, Way
from archive_tiering.prices.storage_class import facts_or_plain
from catalog.model import Instance, Location, LocationKind
from catalog.repository import Catalog
from foundation.errors import BadSettings
from foundation.ids import LocationId

_HOT_CLASS = "STANDARD"


class HotRoutes:
    """Resolves routes into hot locations.

    Args:
        catalog: The locations.
        places: Their terms.
    """

    def __init__(self, catalog: Catalog, places: Places) -> None:
        self._catalog = catalog
        self._places = places

    def check(self, location_id: LocationId) -> None:
        """Raise BadSettings where a location is a vault, which is cold."""
        location = self._location(location_id)
        if location.kind is LocationKind.VAULT:
            raise BadSettings(
                f"{location.name} is a vault: what lies there sleeps.",
                remedy="Name a folder or a bucket: `rekindle location list`.",
            )

    def route(self, source_id: LocationId, storage_class: str, target_id: LocationId) -> Route:
        """The route of a copy; raises BadSettings where a price is lacking."""
        source, target = self._location(source_id), self._location(target_id)
        to_class = (
            _HOT_CLASS if target.kind is LocationKind.S3 else self._places.terms(target_id).storage_class
        )
        way = Way.STORE_COPY if self._places.are_one_store(source, target) else Way.ACROSS
        return Route(self._spot(source, storage_class), self._spot(target, to_class), way)

    def _spot(self, location: Location, storage_class: str) -> Spot:
        terms = self._places.terms(location.id)
        is_folder = location.kind is LocationKind.FOLDER
        return Spot(facts_or_plain(storage_class), terms.prices, is_folder, terms.egress)

    def _location(self, location_id: LocationId) -> Location:
        with self._catalog.read() as view:
            return view.locations.by_id(location_id)


def is_awake(copy: Instance) -> bool:
    """Say whether every object of a copy can be read now."""
    return copy.available and not any(item.restore.is_asleep for item in copy.objects)
