"""Who belongs to which cluster of faces, in SQL: joining it, leaving it, and what becomes of the cluster."""

from collections.abc import Iterable

import sqlalchemy as sa

from catalog.session import Session, chunks
from catalog.tables_people import face_clusters, face_tracks


def drop_tracks(session: Session, asset_id: str) -> None:
    """Delete the face tracks of an asset; clusters take note."""
    of_asset = face_tracks.c.asset_id == asset_id
    joined = sa.select(face_tracks.c.cluster_id).distinct().where(of_asset)
    touched = [row.cluster_id for row in session.rows(joined) if row.cluster_id is not None]
    session.run(sa.delete(face_tracks).where(of_asset))
    note_losses(session, touched)


def leave_clusters(session: Session, track_ids: Iterable[str]) -> None:
    """Take face tracks out of their clusters."""
    for ids in chunks(track_ids):
        chosen = face_tracks.c.id.in_(ids)
        joined = sa.select(face_tracks.c.cluster_id).distinct().where(chosen)
        touched = [row.cluster_id for row in session.rows(joined) if row.cluster_id is not None]
        session.run(sa.update(face_tracks).where(chosen).values(cluster_id=None))
        note_losses(session, touched)


def note_losses(session: Session, cluster_ids: Iterable[str]) -> None:
    """Mark clusters that lost members; those that nobody named or merged go with their last member."""
    for ids in chunks(cluster_ids):
        chosen = face_clusters.c.id.in_(ids)
        session.run(sa.update(face_clusters).where(chosen).values(stale=True))
        session.run(sa.delete(face_clusters).where(chosen, _is_empty(), _is_plain()))


def _is_empty() -> sa.ColumnElement[bool]:
    return ~sa.exists().where(face_tracks.c.cluster_id == face_clusters.c.id)


def _is_plain() -> sa.ColumnElement[bool]:
    other = face_clusters.alias()
    return sa.and_(
        face_clusters.c.person_id.is_(None),
        face_clusters.c.merged_into.is_(None),
        ~sa.exists().where(other.c.merged_into == face_clusters.c.id),
    )
