"""The log of merges in SQL, and whom everybody counts as while its entries hold."""

import dataclasses
from collections.abc import Mapping

import sqlalchemy as sa

from catalog.model import Merge
from catalog.rows import Row
from catalog.session import Session
from catalog.tables_people import face_clusters, people_merges, persons
from foundation.errors import MergeNotFound, StateConflict
from foundation.ids import ClusterId, MergeId, PersonId, mint

_TABLES = {"per": persons, "clu": face_clusters}


class MergeLog:
    """Persons and clusters that count as others; nothing is rewritten, so every entry can be undone."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Merge]:
        """Newest first."""
        newest = people_merges.c.row.desc()
        return [_merge(row) for row in self._session.rows(sa.select(people_merges).order_by(newest))]

    def add(self, gone: str, kept: str) -> Merge:
        """Let one count as the other from now on.

        Raises:
            StateConflict: They count as one already, or one is a person and the other a cluster.
        """
        if gone == kept or gone[:3] != kept[:3]:
            raise StateConflict(f"{gone} cannot be merged into {kept}: they are the same, or of two kinds.")
        merge = Merge(MergeId(mint("mrg")), gone, kept, self._session.now, principal=self._session.principal)
        values = {"id": merge.id, "gone": gone, "kept": kept, "at": merge.at, "principal": merge.principal}
        self._session.run(sa.insert(people_merges).values(values))
        self._refresh(gone[:3])
        return merge

    def undo(self, merge_id: MergeId) -> Merge:
        """Take an entry back; it stays in the log.

        Raises:
            MergeNotFound: There is no such entry.
            StateConflict: It was undone before.
        """
        row = self._session.first(sa.select(people_merges).where(people_merges.c.id == merge_id))
        if row is None:
            raise MergeNotFound(f"There is no merge {merge_id!r}.")
        if row.undone_at is not None:
            raise StateConflict(f"The merge {merge_id} was undone before.")
        merge = dataclasses.replace(_merge(row), undone_at=self._session.now)
        chosen = people_merges.c.id == merge_id
        self._session.run(sa.update(people_merges).where(chosen).values(undone_at=merge.undone_at))
        self._refresh(merge.gone[:3])
        return merge

    def forget(self, subject: str) -> None:
        """Drop the entries that speak of somebody who is no more."""
        named = sa.or_(people_merges.c.gone == subject, people_merges.c.kept == subject)
        self._session.run(sa.delete(people_merges).where(named))
        self._refresh(subject[:3])

    def _refresh(self, kind: str) -> None:
        """Write down whom each one counts as, which the log decides."""
        held = (people_merges.c.undone_at.is_(None), people_merges.c.gone.startswith(f"{kind}_"))
        order = people_merges.c.row
        into = {
            row.gone: row.kept
            for row in self._session.rows(sa.select(people_merges).where(*held).order_by(order))
        }
        table = _TABLES[kind]
        merged = sa.select(table.c.id).where(table.c.merged_into.is_not(None))
        for subject in {*into, *(row.id for row in self._session.rows(merged))}:
            root = None if subject not in into else root_of(subject, into)
            self._session.run(sa.update(table).where(table.c.id == subject).values(merged_into=root))


def root_of(subject: str, into: Mapping[str, str]) -> str:
    """Whom somebody counts as in the end."""
    while subject in into:
        subject = into[subject]
    return subject


def roots(session: Session, kind: str) -> dict[str, str]:
    """Those of a kind (``per``, ``clu``) that count as somebody else, and as whom."""
    table = _TABLES[kind]
    merged = sa.select(table.c.id, table.c.merged_into).where(table.c.merged_into.is_not(None))
    return {row.id: row.merged_into for row in session.rows(merged)}


def persons_counting_as(session: Session, subject: str) -> list[PersonId]:
    """A person and those merged into them."""
    counts = sa.or_(persons.c.id == subject, persons.c.merged_into == subject)
    return [row.id for row in session.rows(sa.select(persons.c.id).where(counts))]


def clusters_counting_as(session: Session, subject: str) -> list[ClusterId]:
    """A cluster, or all of a person, with those merged into them."""
    everyone = persons_counting_as(session, subject)
    chosen = sa.or_(face_clusters.c.person_id.in_(everyone), face_clusters.c.id == subject)
    theirs = sa.select(face_clusters.c.id).where(chosen)
    near = sa.or_(face_clusters.c.id.in_(theirs), face_clusters.c.merged_into.in_(theirs))
    return [row.id for row in session.rows(sa.select(face_clusters.c.id).where(near))]


def _merge(row: Row) -> Merge:
    return Merge(MergeId(row.id), row.gone, row.kept, row.at, row.undone_at, row.principal)
