"""Stores and terms of locations, opened once."""

from collections.abc import Callable

from archive_tiering.prices.terms import Terms
from archive_tiering.stores.object_store import ObjectStore
from catalog.model import Location, LocationKind
from catalog.repository import Catalog
from foundation.ids import LocationId

OpenStore = Callable[[Location], ObjectStore]
OpenTerms = Callable[[Location], Terms]


class Places:
    """Opens what lies behind a location when it is first asked for."""

    def __init__(self, catalog: Catalog, open_store: OpenStore, open_terms: OpenTerms) -> None:
        self._catalog = catalog
        self._open_store = open_store
        self._open_terms = open_terms
        self._stores: dict[LocationId, ObjectStore] = {}
        self._terms: dict[LocationId, Terms] = {}

    def store(self, location_id: LocationId) -> ObjectStore:
        """Return the store; raises LocationNotFound."""
        if location_id not in self._stores:
            self._stores[location_id] = self._open_store(self._location(location_id))
        return self._stores[location_id]

    def terms(self, location_id: LocationId) -> Terms:
        """Return the terms; raises LocationNotFound."""
        if location_id not in self._terms:
            self._terms[location_id] = self._open_terms(self._location(location_id))
        return self._terms[location_id]

    def are_one_store(self, one: Location, other: Location) -> bool:
        """Say whether two locations are buckets of one store, which copies between them by itself."""
        if {one.kind, other.kind} != {LocationKind.S3}:
            return False
        return self.terms(one.id).store == self.terms(other.id).store

    def forget(self) -> None:
        """Read everything anew from now on: a vault's terms may have been edited."""
        self._stores.clear()
        self._terms.clear()

    def _location(self, location_id: LocationId) -> Location:
        with self._catalog.read() as view:
            return view.locations.by_id(location_id)
