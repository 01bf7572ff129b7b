"""Locations in SQL."""

import sqlalchemy as sa

from catalog.model import ChangeKind, Location, LocationKind
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_presence import refresh_assets
from catalog.tables import assets, instances, locations
from foundation.errors import LocationNotFound, NameTaken
from foundation.ids import LocationId


class SqlLocations:
    """Roots that hold masters; a removed one stays as a row that only its old copies refer to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, location: Location) -> None:
        """Register; a root that was removed once gets its copies back, unavailable until they are seen.

        Raises:
            NameTaken: The name or the root is registered already.
        """
        self._refuse_double(location)
        values = {
            "id": location.id,
            "name": location.name,
            "uri": location.uri,
            "kind": location.kind,
            "collection": location.collection,
            "principal": self._session.principal,
            "created_at": location.created_at or self._session.now,
        }
        self._session.run(sa.insert(locations).values(values))
        self._adopt(location)

    def get(self, name: str) -> Location:
        """By name; raises LocationNotFound."""
        return self._one(locations.c.name == name, name)

    def by_id(self, location_id: LocationId) -> Location:
        """By id; raises LocationNotFound."""
        row = self._session.first(sa.select(locations).where(locations.c.id == location_id))
        if row is None:
            raise LocationNotFound(f"There is no location {location_id}.")
        return _location(row)

    def all(self) -> list[Location]:
        """All, by name."""
        query = sa.select(locations).where(locations.c.removed_at.is_(None)).order_by(locations.c.name)
        return [_location(row) for row in self._session.rows(query)]

    def remove(self, name: str) -> None:
        """Forget the root; its copies become unavailable, nothing else is lost. Raises LocationNotFound."""
        location = self.get(name)
        here = instances.c.location_id == location.id
        self._session.run(
            sa.update(locations).where(locations.c.id == location.id).values(removed_at=self._session.now)
        )
        touched = [
            row.asset_id for row in self._session.rows(sa.select(instances.c.asset_id).distinct().where(here))
        ]
        self._session.run(sa.update(instances).where(here).values(available=False))
        refresh_assets(self._session, touched)

    def _one(self, condition: sa.ColumnElement[bool], wanted: str) -> Location:
        row = self._session.first(sa.select(locations).where(condition, locations.c.removed_at.is_(None)))
        if row is None:
            raise LocationNotFound(f"There is no location {wanted!r}.")
        return _location(row)

    def _refuse_double(self, location: Location) -> None:
        same = sa.or_(locations.c.name == location.name, locations.c.uri == location.uri)
        row = self._session.first(sa.select(locations).where(same, locations.c.removed_at.is_(None)))
        if row is None:
            return
        if row.name == location.name:
            raise NameTaken(f"There is a location {row.name!r} already.")
        raise NameTaken(
            f"Location {row.name!r} has this root already.", remedy=f"Use the location {row.name!r}."
        )

    def _adopt(self, location: Location) -> None:
        removed = sa.select(locations.c.id).where(
            locations.c.uri == location.uri, locations.c.removed_at.is_not(None)
        )
        held = self._session.rows(sa.select(assets.c.id).where(assets.c.location_id.in_(removed)))
        for table in (instances, assets):
            moved = sa.update(table).where(table.c.location_id.in_(removed)).values(location_id=location.id)
            self._session.run(moved)
        self._session.run(sa.delete(locations).where(locations.c.id.in_(removed)))
        for row in held:
            self._session.tell(row.id, ChangeKind.PAYLOAD)


def _location(row: Row) -> Location:
    return Location(
        id=row.id,
        name=row.name,
        uri=row.uri,
        kind=LocationKind(row.kind),
        collection=row.collection,
        created_at=row.created_at,
    )
