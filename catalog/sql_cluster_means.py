"""What face clusters are made of, in SQL: means, members, and tracks that have yet to find their cluster."""

from collections import defaultdict
from collections.abc import Mapping

import sqlalchemy as sa

from catalog.model import ClusterMean, FaceTrack, LooseFace
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_faces import FaceNames
from catalog.sql_facts import face_of
from catalog.tables_facts import vector_files
from catalog.tables_people import face_clusters, face_tracks, persons
from foundation.ids import AssetId, ClusterId, FaceTrackId


class ClusterMeans:
    """Reads and writes clusters for whoever groups faces."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def loose(self, space: str) -> list[LooseFace]:
        """Tracks with a vector in this space that are in no cluster, by asset and ordinal."""
        encoded = sa.exists().where(
            vector_files.c.asset_id == face_tracks.c.asset_id, vector_files.c.space == space
        )
        query = sa.select(face_tracks).where(face_tracks.c.cluster_id.is_(None), encoded)
        rows = self._session.rows(query.order_by(face_tracks.c.asset_id, face_tracks.c.ordinal))
        decided = FaceNames(self._session).decided(rows)
        return [
            LooseFace(face_of(row), stated, rejected)
            for row, (stated, rejected) in zip(rows, decided, strict=True)
        ]

    def all(self, space: str) -> list[ClusterMean]:
        """What new faces are compared with, the oldest cluster first."""
        root, mine, theirs = face_clusters.alias("root"), persons.alias("mine"), persons.alias("theirs")
        merged = sa.select(face_clusters.c.merged_into).where(face_clusters.c.merged_into.is_not(None))
        person = sa.func.coalesce(
            mine.c.merged_into, face_clusters.c.person_id, theirs.c.merged_into, root.c.person_id
        )
        joined = face_clusters.outerjoin(root, root.c.id == face_clusters.c.merged_into)
        joined = joined.outerjoin(mine, mine.c.id == face_clusters.c.person_id)
        joined = joined.outerjoin(theirs, theirs.c.id == root.c.person_id)
        is_merged = sa.or_(face_clusters.c.merged_into.is_not(None), face_clusters.c.id.in_(merged))
        query = sa.select(face_clusters, person.label("shows"), is_merged.label("is_merged"))
        query = query.select_from(joined).where(face_clusters.c.space == space)
        rows = self._session.rows(query.order_by(face_clusters.c.created_at, face_clusters.c.id))
        return [_mean(row) for row in rows]

    def stale(self, space: str) -> dict[ClusterId, list[FaceTrack]]:
        """Clusters whose mean no longer holds, with the members they have left."""
        query = (
            sa.select(face_tracks)
            .join(face_clusters, face_clusters.c.id == face_tracks.c.cluster_id)
            .where(face_clusters.c.space == space, face_clusters.c.stale)
            .order_by(face_tracks.c.cluster_id, face_tracks.c.asset_id, face_tracks.c.ordinal)
        )
        found: dict[ClusterId, list[FaceTrack]] = defaultdict(list)
        for row in self._session.rows(query):
            found[row.cluster_id].append(face_of(row))
        return dict(found)

    def put(self, mean: ClusterMean) -> None:
        """Add a cluster, or give it a new mean."""
        chosen = face_clusters.c.id == mean.id
        values = {"mean": mean.mean, "size": mean.size, "stale": False}
        if not self._session.run(sa.update(face_clusters).where(chosen).values(values)):
            new = {"id": mean.id, "space": mean.space, "person_id": mean.person_id}
            owned = {"created_at": self._session.now, "principal": self._session.principal}
            self._session.run(sa.insert(face_clusters).values(values | new | owned))

    def join(self, members: Mapping[FaceTrackId, ClusterId]) -> list[AssetId]:
        """Put tracks into clusters; returns the assets they are in."""
        touched: dict[AssetId, None] = {}
        for track_id, cluster_id in members.items():
            chosen = face_tracks.c.id == track_id
            if self._session.run(sa.update(face_tracks).where(chosen).values(cluster_id=cluster_id)):
                touched[self._session.value(sa.select(face_tracks.c.asset_id).where(chosen))] = None
            else:
                lost = face_clusters.c.id == cluster_id
                self._session.run(sa.update(face_clusters).where(lost).values(stale=True))
        return list(touched)

    def absorb(self, gone: ClusterId, kept: ClusterId) -> list[AssetId]:
        """Move all members into another cluster; returns the assets they are in."""
        members = face_tracks.c.cluster_id == gone
        touched = self._session.rows(sa.select(face_tracks.c.asset_id).distinct().where(members))
        self._session.run(sa.update(face_tracks).where(members).values(cluster_id=kept))
        self._session.run(sa.delete(face_clusters).where(face_clusters.c.id == gone))
        return [row.asset_id for row in touched]


def _mean(row: Row) -> ClusterMean:
    return ClusterMean(
        id=row.id,
        space=row.space,
        mean=row.mean,
        size=row.size,
        person_id=row.shows,
        fixed=row.shows is not None or bool(row.is_merged),
    )
