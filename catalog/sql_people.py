"""Names of faces in SQL."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.filters import conditions, visible
from catalog.model import ChangeKind, FaceTrack, Person
from catalog.query import AssetFilter
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_faces import FaceNames
from catalog.sql_facts import face_of
from catalog.tables import assets
from catalog.tables_facts import face_tracks, persons
from foundation.errors import NameTaken, PersonNotFound
from foundation.ids import AssetId, PersonId, mint


class SqlPeople:
    """Somebody, and where they appear."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Person]:
        """Everybody, by name."""
        return [_person(row) for row in self._session.rows(_with_faces().order_by(persons.c.folded))]

    def get(self, name_or_id: str) -> Person:
        """By id, else by name without regard to case; raises PersonNotFound."""
        wanted = sa.or_(persons.c.id == name_or_id, persons.c.folded == _folded(name_or_id))
        first_by_id = (persons.c.id == name_or_id).desc()
        row = self._session.first(_with_faces().where(wanted).order_by(first_by_id))
        if row is None:
            raise PersonNotFound(f"There is nobody called {name_or_id!r}.")
        return _person(row)

    def add(self, name: str) -> Person:
        """Create; raises NameTaken."""
        name = " ".join(name.split())
        if self._session.first(sa.select(persons.c.id).where(persons.c.folded == _folded(name))) is not None:
            raise NameTaken(f"Somebody is called {name!r} already.")
        person = Person(PersonId(mint("per")), name)
        values = {"id": person.id, "name": name, "folded": _folded(name), "created_at": self._session.now}
        self._session.run(sa.insert(persons).values(**values, principal=self._session.principal))
        return person

    def remove(self, person_id: PersonId) -> None:
        """Forget the person; tracks become nameless. Raises PersonNotFound."""
        shown_in = sa.select(face_tracks.c.asset_id).distinct().where(face_tracks.c.person_id == person_id)
        touched = [row.asset_id for row in self._session.rows(shown_in)]
        if not self._session.run(sa.delete(persons).where(persons.c.id == person_id)):
            raise PersonNotFound(f"There is nobody with the id {person_id}.")
        nameless = sa.update(face_tracks).where(face_tracks.c.person_id == person_id).values(person_id=None)
        self._session.run(nameless)
        for asset_id in touched:
            self._session.tell(asset_id, ChangeKind.PAYLOAD)

    def assign(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId | None) -> None:
        """Name (or un-name) face tracks; raises PersonNotFound."""
        if person_id is not None:
            self.get(person_id)
        FaceNames(self._session).name_tracks(asset_id, ordinals, person_id)

    def tracks(self, person_id: PersonId | None, where: AssetFilter, limit: int) -> list[FaceTrack]:
        """Face tracks of a person, best first; None gives the nameless ones."""
        whose = (
            face_tracks.c.person_id.is_(None) if person_id is None else face_tracks.c.person_id == person_id
        )
        query = (
            sa.select(face_tracks)
            .join(assets, assets.c.id == face_tracks.c.asset_id)
            .where(whose, visible(), *conditions(where))
            .order_by(face_tracks.c.quality.desc(), face_tracks.c.asset_id, face_tracks.c.ordinal)
            .limit(limit)
        )
        return [face_of(row) for row in self._session.rows(query)]


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _with_faces() -> sa.Select[tuple[str, str, int]]:
    counted = (
        sa.select(sa.func.count())
        .select_from(face_tracks)
        .where(face_tracks.c.person_id == persons.c.id)
        .scalar_subquery()
    )
    return sa.select(persons.c.id, persons.c.name, counted.label("faces"))


def _person(row: Row) -> Person:
    return Person(row.id, row.name, row.faces)
