"""Names of faces in SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from catalog.filters import conditions, visible
from catalog.model import FaceTrack, Merge, Person
from catalog.query import AssetFilter
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_clusters import SqlClusters
from catalog.sql_faces import FaceNames, leave
from catalog.sql_facts import face_of
from catalog.sql_roots import MergeLog, persons_counting_as
from catalog.tables import assets
from catalog.tables_people import face_clusters, face_names, face_tracks, persons
from foundation.errors import InputError, NameTaken, PersonNotFound
from foundation.ids import AssetId, MergeId, PersonId, mint


class SqlPeople:
    """Somebody, and where they appear."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names = FaceNames(session)
        self._log = MergeLog(session)

    def all(self) -> list[Person]:
        """Everybody, by name; those merged into others are left out."""
        query = _with_faces().where(persons.c.merged_into.is_(None)).order_by(persons.c.folded)
        return [_person(row) for row in self._session.rows(query)]

    def names(self) -> list[Person]:
        """Everybody with all their names, faces not counted: quick however many there are."""
        rows = self._session.rows(sa.select(persons).order_by(persons.c.folded))
        also: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            if row.merged_into is not None:
                also[row.merged_into].append(row.name)
        return [Person(row.id, row.name, also=tuple(also[row.id])) for row in rows if row.merged_into is None]

    def get(self, name_or_id: str) -> Person:
        """By id, else by name without regard to case, merges followed; raises PersonNotFound."""
        wanted = sa.or_(persons.c.id == name_or_id, persons.c.folded == _folded(name_or_id))
        first_by_id = (persons.c.id == name_or_id).desc()
        found = self._session.first(sa.select(persons).where(wanted).order_by(first_by_id))
        if found is None:
            raise PersonNotFound(f"There is nobody called {name_or_id!r}.")
        root = found.merged_into or found.id
        (row,) = self._session.rows(_with_faces().where(persons.c.id == root))
        return _person(row)

    def add(self, name: str) -> Person:
        """Create; raises NameTaken, or InputError for a name without a letter."""
        name = " ".join(name.split())
        if not name:
            raise InputError("A person needs a name.", remedy="Write one.")
        if self._session.first(sa.select(persons.c.id).where(persons.c.folded == _folded(name))) is not None:
            raise NameTaken(f"Somebody is called {name!r} already.")
        person = Person(PersonId(mint("per")), name)
        values = {"id": person.id, "name": name, "folded": _folded(name), "created_at": self._session.now}
        self._session.run(sa.insert(persons).values(**values, principal=self._session.principal))
        return person

    def remove(self, person_id: PersonId) -> None:
        """Forget the person and the decisions about them; tracks become nameless. Raises PersonNotFound."""
        gone = persons_counting_as(self._session, person_id)
        if person_id not in gone:
            raise PersonNotFound(f"There is nobody with the id {person_id}.")
        touched = self._assets_of([person_id])
        for subject in gone:
            self._log.forget(subject)
        self._session.run(sa.delete(persons).where(persons.c.id.in_(gone)))
        self._names.settle(touched)

    def assign(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId | None) -> None:
        """Say whom face tracks show; None says that they do not show whom they are thought to show."""
        tracks = self._chosen(asset_id, ordinals)
        if person_id is None:
            for track in tracks:
                if track.person_id is not None:
                    self._reject([track], track.person_id)
        else:
            person = self.get(person_id)
            self._names.confirm(tracks, person.id)
            others = [track for track in tracks if track.person_id not in (None, person.id)]
            leave(self._session, others)
            nameless = {t.cluster_id for t in tracks if t.person_id is None and t.cluster_id is not None}
            for cluster_id in sorted(nameless):
                SqlClusters(self._session).name(cluster_id, person.id)
        self._names.settle([asset_id])

    def reject(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId) -> None:
        """Say that face tracks do not show this person; that sticks. Raises PersonNotFound."""
        self._reject(self._chosen(asset_id, ordinals), self.get(person_id).id)
        self._names.settle([asset_id])

    def _reject(self, tracks: Sequence[Row], person_id: PersonId) -> None:
        self._names.reject(tracks, persons_counting_as(self._session, person_id))
        leave(self._session, [track for track in tracks if track.person_id == person_id])

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

    def confirmed(self, person_id: PersonId) -> list[FaceTrack]:
        """Face tracks, one by one said to show the person, by asset and ordinal."""
        everyone = persons_counting_as(self._session, person_id)
        said = (face_names.c.person_id.in_(everyone), face_names.c.shown, face_names.c.via.is_(None))
        places = sa.select(face_names.c.asset_id).where(*said)
        query = sa.select(face_tracks).where(
            face_tracks.c.person_id == person_id, face_tracks.c.asset_id.in_(places)
        )
        rows = self._session.rows(query.order_by(face_tracks.c.asset_id, face_tracks.c.ordinal))
        decided = self._names.decided(rows, one_by_one=True)
        return [face_of(row) for row, (stated, _) in zip(rows, decided, strict=True) if stated == person_id]

    def merge(self, gone: PersonId, kept: PersonId) -> Merge:
        """Let a person count as another one; raises PersonNotFound, StateConflict."""
        former, latter = self.get(gone).id, self.get(kept).id
        touched = self._assets_of([former])
        merge = self._log.add(former, latter)
        self._names.settle(touched)
        return merge

    def merges(self) -> list[Merge]:
        """The log of merges of persons and clusters, newest first."""
        return self._log.all()

    def unmerge(self, merge_id: MergeId) -> Merge:
        """Undo a merge of persons or clusters; raises MergeNotFound, StateConflict."""
        merge = self._log.undo(merge_id)
        self._names.settle(self._assets_of([self._root(merge.kept)]) + self._assets_in(merge))
        return merge

    def _root(self, subject: str) -> str:
        merged = self._session.value(sa.select(persons.c.merged_into).where(persons.c.id == subject))
        return merged or subject

    def _assets_in(self, merge: Merge) -> list[AssetId]:
        ids = (merge.gone, merge.kept)
        near = sa.or_(face_clusters.c.id.in_(ids), face_clusters.c.merged_into.in_(ids))
        members = face_tracks.c.cluster_id.in_(sa.select(face_clusters.c.id).where(near))
        query = sa.select(face_tracks.c.asset_id).distinct().where(members)
        return [row.asset_id for row in self._session.rows(query)]

    def _assets_of(self, person_ids: Iterable[str]) -> list[AssetId]:
        shown_in = (
            sa.select(face_tracks.c.asset_id).distinct().where(face_tracks.c.person_id.in_(list(person_ids)))
        )
        return [row.asset_id for row in self._session.rows(shown_in)]

    def _chosen(self, asset_id: AssetId, ordinals: Sequence[int]) -> Sequence[Row]:
        chosen = (face_tracks.c.asset_id == asset_id, face_tracks.c.ordinal.in_(ordinals))
        return self._session.rows(sa.select(face_tracks).where(*chosen))


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
