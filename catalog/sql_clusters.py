"""Clusters of faces in SQL, as people see them: listed, named, merged."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import ClusterMean, FaceCluster, FaceTrack, LooseFace, Merge
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_cluster_means import ClusterMeans
from catalog.sql_faces import FaceNames, leave
from catalog.sql_facts import face_of
from catalog.sql_roots import MergeLog, clusters_counting_as
from catalog.tables import assets
from catalog.tables_people import face_clusters, face_names, face_tracks, persons
from foundation.errors import ClusterNotFound, PersonNotFound, StateConflict
from foundation.ids import AssetId, ClusterId, FaceTrackId, PersonId

_ROOT = sa.func.coalesce(face_clusters.c.merged_into, face_clusters.c.id)


class SqlClusters:
    """Faces that are alike, and whom they show."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names = FaceNames(session)
        self._means = ClusterMeans(session)

    def page(self, *, named: bool | None, limit: int) -> list[FaceCluster]:
        """Clusters with faces that may be shown, the largest first; ``named`` None gives all."""
        query = _counted()
        if named is not None:
            person = sa.func.max(face_clusters.c.person_id)
            query = query.having(person.is_not(None) if named else person.is_(None))
        rows = self._session.rows(query.order_by(sa.desc("faces"), sa.asc("root")).limit(limit))
        return [self._cluster(row) for row in rows]

    def get(self, cluster_id: ClusterId) -> FaceCluster:
        """By id, merges followed; raises ClusterNotFound."""
        group = self._group(cluster_id)
        row = self._session.first(_counted().where(face_clusters.c.id.in_(group)))
        if row is None:
            raise ClusterNotFound(f"There is no cluster {cluster_id!r} with faces that may be shown.")
        return self._cluster(row)

    def tracks(self, cluster_id: ClusterId, limit: int) -> list[FaceTrack]:
        """Members that may be shown, clearest first."""
        return self._shown(self._group(cluster_id), limit)

    def name(self, cluster_id: ClusterId, person_id: PersonId | None) -> None:
        """Say whom a cluster shows, now and in all footage to come; None takes the name away."""
        group = self._group(cluster_id)
        if person_id is not None and not self._is_person(person_id):
            raise PersonNotFound(f"There is nobody with the id {person_id!r}.")
        chosen = face_clusters.c.id.in_(group)
        self._session.run(sa.update(face_clusters).where(chosen).values(person_id=person_id))
        members = self._members(group)
        touched = [track.asset_id for track in members] + self._anchored(group)
        self._rename_anchors(group, person_id)
        if person_id is not None:
            self._confirm(members, person_id)
        self._names.settle(touched)

    def _anchored(self, group: Sequence[str]) -> list[AssetId]:
        """Assets in which the name of a cluster is anchored, whether its faces are in the cluster or not."""
        query = sa.select(face_names.c.asset_id).distinct().where(face_names.c.via.in_(group))
        return [row.asset_id for row in self._session.rows(query)]

    def _rename_anchors(self, group: Sequence[str], person_id: PersonId | None) -> None:
        mine = face_names.c.via.in_(group)
        if person_id is None:
            self._session.run(sa.delete(face_names).where(mine))
        else:
            self._session.run(sa.update(face_names).where(mine).values(person_id=person_id))

    def _confirm(self, members: Sequence[Row], person_id: PersonId) -> None:
        """Anchor the name to every member; who was said to be, or not to be, somebody else stays that."""
        decided = self._names.decided(members, one_by_one=True)
        others = [
            track
            for track, (stated, rejected) in zip(members, decided, strict=True)
            if person_id in rejected or stated not in (None, person_id)
        ]
        leave(self._session, others)
        apart = {track.id for track in others}
        undecided: dict[str, list[Row]] = defaultdict(list)
        for track, (stated, _) in zip(members, decided, strict=True):
            if stated is None and track.id not in apart:
                undecided[track.cluster_id].append(track)
        for cluster_id, tracks in undecided.items():
            self._names.confirm(tracks, person_id, via=cluster_id)

    def merge(self, gone: ClusterId, kept: ClusterId) -> Merge:
        """Let a cluster count as another one.

        Raises:
            ClusterNotFound: One of them is unknown.
            StateConflict: They count as one already, or show different persons.
        """
        former, latter = self.get(gone), self.get(kept)
        if former.person_id is not None and latter.person_id is not None:
            if former.person_id != latter.person_id:
                raise StateConflict(
                    f"{gone} and {kept} show different persons.", remedy="Merge the persons instead."
                )
        elif former.person_id is not None:
            former, latter = latter, former
        merge = MergeLog(self._session).add(former.id, latter.id)
        members = self._members(self._group(latter.id))
        self._names.settle(dict.fromkeys(track.asset_id for track in members))
        return merge

    def loose(self, space: str, *, after: tuple[AssetId, int] | None, limit: int) -> list[LooseFace]:
        """Tracks with a vector in this space that are in no cluster, by asset and ordinal, from there on."""
        return self._means.loose(space, after, limit)

    def due(self) -> bool:
        """Say whether any track with a vector is in no cluster."""
        return self._means.due()

    def means(self, space: str) -> list[ClusterMean]:
        """What new faces are compared with, the oldest cluster first."""
        return self._means.all(space)

    def stale(self, space: str) -> dict[ClusterId, list[FaceTrack]]:
        """Clusters whose mean no longer holds, with the members they have left."""
        return self._means.stale(space)

    def add(self, mean: ClusterMean) -> None:
        """A new cluster."""
        self._means.add(mean)

    def set_mean(self, mean: ClusterMean) -> None:
        """Another mean of a cluster; one that is gone by now stays gone."""
        self._means.set_mean(mean)

    def join(self, members: Mapping[FaceTrackId, ClusterId]) -> None:
        """Put tracks into clusters; tracks that are gone by now make their cluster stale."""
        self._names.settle(self._means.join(members))

    def absorb(self, gone: ClusterId, kept: ClusterId) -> None:
        """Move all members into another cluster for good; only for clusters that nobody named or merged."""
        self._names.settle(self._means.absorb(gone, kept))

    def dissolve(self, subject: PersonId | ClusterId) -> list[FaceTrack]:
        """Empty and delete a cluster, or all of a person; what was confirmed stays. Returns the members."""
        group = clusters_counting_as(self._session, subject)
        members = self._members(group)
        self._session.run(sa.delete(face_names).where(face_names.c.via.in_(group)))
        leave(self._session, members)
        for cluster_id in group:
            MergeLog(self._session).forget(cluster_id)
        self._session.run(sa.delete(face_clusters).where(face_clusters.c.id.in_(group)))
        self._names.settle(dict.fromkeys(track.asset_id for track in members))
        return [face_of(track) for track in members]

    def _group(self, cluster_id: ClusterId) -> list[str]:
        """The ids that count as one cluster.

        Raises:
            ClusterNotFound: There is no such cluster.
        """
        root = self._session.value(sa.select(_ROOT).where(face_clusters.c.id == cluster_id))
        if root is None:
            raise ClusterNotFound(f"There is no cluster {cluster_id!r}.")
        return [row.id for row in self._session.rows(sa.select(face_clusters.c.id).where(root == _ROOT))]

    def _is_person(self, person_id: PersonId) -> bool:
        return self._session.first(sa.select(persons.c.id).where(persons.c.id == person_id)) is not None

    def _members(self, group: Sequence[str]) -> Sequence[Row]:
        query = sa.select(face_tracks).where(face_tracks.c.cluster_id.in_(group))
        return self._session.rows(query.order_by(face_tracks.c.asset_id, face_tracks.c.ordinal))

    def _cluster(self, row: Row) -> FaceCluster:
        person = row.person_id
        if person is not None:
            merged = self._session.value(sa.select(persons.c.merged_into).where(persons.c.id == person))
            person = merged or person
        (best,) = self._shown(self._group(row.root), 1)
        return FaceCluster(row.root, row.space, row.faces, row.assets, person, best)

    def _shown(self, group: Sequence[str], limit: int) -> list[FaceTrack]:
        query = (
            sa.select(face_tracks)
            .join(assets, assets.c.id == face_tracks.c.asset_id)
            .where(face_tracks.c.cluster_id.in_(group), visible())
            .order_by(face_tracks.c.quality.desc(), face_tracks.c.asset_id, face_tracks.c.ordinal)
            .limit(limit)
        )
        return [face_of(row) for row in self._session.rows(query)]


def _counted() -> sa.Select[Any]:
    """Clusters that count as one, with how many faces of theirs may be shown."""
    columns: list[sa.ColumnElement[Any]] = [
        _ROOT.label("root"),
        sa.func.max(face_clusters.c.space).label("space"),
        sa.func.max(face_clusters.c.person_id).label("person_id"),
        sa.func.count().label("faces"),
        sa.func.count(face_tracks.c.asset_id.distinct()).label("assets"),
    ]
    return (
        sa.select(*columns)
        .select_from(face_clusters)
        .join(face_tracks, face_tracks.c.cluster_id == face_clusters.c.id)
        .join(assets, assets.c.id == face_tracks.c.asset_id)
        .where(visible())
        .group_by(_ROOT)
    )
