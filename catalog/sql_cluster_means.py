"""What face clusters are made of, in SQL: means, members, and tracks that have yet to find their cluster."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from catalog.model import ClusterMean, FaceTrack, LooseFace
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.sql_faces import FaceNames
from catalog.sql_facts import face_of
from catalog.tables_facts import vector_files
from catalog.tables_people import face_clusters, face_names, face_tracks, persons
from foundation.ids import AssetId, ClusterId, FaceTrackId, PersonId


class ClusterMeans:
    """Reads and writes clusters for whoever groups faces."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def loose(self, space: str, after: tuple[AssetId, int] | None, limit: int) -> list[LooseFace]:
        """Tracks with a vector in this space that are in no cluster, by asset and ordinal, from there on."""
        encoded = sa.exists().where(
            vector_files.c.asset_id == face_tracks.c.asset_id, vector_files.c.space == space
        )
        query = sa.select(face_tracks).where(face_tracks.c.cluster_id.is_(None), encoded)
        if after is not None:
            key = sa.tuple_(face_tracks.c.asset_id, face_tracks.c.ordinal)
            query = query.where(key > sa.tuple_(sa.literal(after[0]), sa.literal(after[1])))
        ordered = query.order_by(face_tracks.c.asset_id, face_tracks.c.ordinal).limit(limit)
        rows = self._session.rows(ordered)
        decided = FaceNames(self._session).decided(rows)
        return [
            LooseFace(face_of(row), stated, rejected)
            for row, (stated, rejected) in zip(rows, decided, strict=True)
        ]

    def due(self) -> bool:
        """Say whether any track with a vector is in no cluster."""
        encoded = sa.exists().where(
            vector_files.c.asset_id == face_tracks.c.asset_id, vector_files.c.kind == "face"
        )
        query = sa.select(face_tracks.c.id).where(face_tracks.c.cluster_id.is_(None), encoded)
        return self._session.first(query.limit(1)) is not None

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
        rejected = self._rejected()
        return [_mean(row, rejected.get(row.id, set())) for row in rows]

    def _rejected(self) -> dict[str, set[PersonId]]:
        """By cluster, whom its members are said not to show; people say so of few faces."""
        spoken_of = sa.exists().where(
            face_names.c.asset_id == face_tracks.c.asset_id, sa.not_(face_names.c.shown)
        )
        query = sa.select(face_tracks).where(face_tracks.c.cluster_id.is_not(None), spoken_of)
        tracks = self._session.rows(query)
        found: dict[str, set[PersonId]] = defaultdict(set)
        for track, (_, rejected) in zip(tracks, FaceNames(self._session).decided(tracks), strict=True):
            found[track.cluster_id] |= rejected
        return found

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

    def add(self, mean: ClusterMean) -> None:
        """A new cluster."""
        values = {"id": mean.id, "space": mean.space, "mean": mean.mean, "size": mean.size, "stale": False}
        owner = {"person_id": mean.person_id, "principal": self._session.principal}
        self._session.run(sa.insert(face_clusters).values(**values, **owner, created_at=self._session.now))

    def set_mean(self, mean: ClusterMean) -> None:
        """Another mean of a cluster, which has all its members in it."""
        values = {"mean": mean.mean, "size": mean.size, "stale": False}
        self._session.run(sa.update(face_clusters).where(face_clusters.c.id == mean.id).values(values))

    def join(self, members: Mapping[FaceTrackId, ClusterId]) -> list[AssetId]:
        """Put tracks into clusters; returns the assets they are in."""
        by_cluster: dict[ClusterId, list[FaceTrackId]] = defaultdict(list)
        for track_id, cluster_id in members.items():
            by_cluster[cluster_id].append(track_id)
        for cluster_id, track_ids in by_cluster.items():
            self._join(cluster_id, track_ids)
        touched: dict[AssetId, None] = {}
        for ids in chunks(members):
            query = sa.select(face_tracks.c.asset_id).distinct().where(face_tracks.c.id.in_(ids))
            touched |= dict.fromkeys(row.asset_id for row in self._session.rows(query))
        return list(touched)

    def _join(self, cluster_id: ClusterId, track_ids: Sequence[FaceTrackId]) -> None:
        cluster = face_clusters.c.id == cluster_id
        joined = 0
        for ids in chunks(track_ids):
            chosen = (face_tracks.c.id.in_(ids), sa.exists().where(cluster))
            joined += self._session.run(sa.update(face_tracks).where(*chosen).values(cluster_id=cluster_id))
        if joined < len(track_ids):
            self._session.run(sa.update(face_clusters).where(cluster).values(stale=True))

    def absorb(self, gone: ClusterId, kept: ClusterId) -> list[AssetId]:
        """Move all members into another cluster; returns the assets they are in."""
        members = face_tracks.c.cluster_id == gone
        touched = self._session.rows(sa.select(face_tracks.c.asset_id).distinct().where(members))
        self._session.run(sa.update(face_tracks).where(members).values(cluster_id=kept))
        self._session.run(sa.delete(face_clusters).where(face_clusters.c.id == gone))
        return [row.asset_id for row in touched]


def _mean(row: Row, rejected: Iterable[PersonId]) -> ClusterMean:
    return ClusterMean(
        id=row.id,
        space=row.space,
        mean=row.mean,
        size=row.size,
        person_id=row.shows,
        fixed=row.shows is not None or bool(row.is_merged),
        rejected=frozenset(rejected),
    )
