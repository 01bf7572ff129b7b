"""The do-not-identify list in SQL: faces that were removed, and where and how they are kept out."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.model import ChangeKind, FacePlace, FaceTrack, Prohibition, ProhibitionReason, Removal
from catalog.rows import Row, box_of, box_values, frame_values
from catalog.session import Session, chunks
from catalog.sql_cluster_members import leave_clusters
from catalog.sql_faces import FaceNames
from catalog.sql_facts import face_of
from catalog.sql_roots import clusters_counting_as, persons_counting_as
from catalog.tables_people import (
    face_clusters,
    face_tracks,
    prohibited_places,
    prohibited_templates,
    prohibitions,
)
from foundation.errors import ProhibitionNotFound
from foundation.ids import AssetId, ProhibitionId, mint
from foundation.timecode import FrameRange


class SqlProhibitions:
    """Removes faces and keeps them out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Prohibition]:
        """Newest first."""
        rows = self._session.rows(sa.select(prohibitions).order_by(prohibitions.c.created_at.desc()))
        return [self._entry(row) for row in rows]

    def get(self, prohibition_id: ProhibitionId) -> Prohibition:
        """By id; raises ProhibitionNotFound."""
        row = self._session.first(sa.select(prohibitions).where(prohibitions.c.id == prohibition_id))
        if row is None:
            raise ProhibitionNotFound(f"The do-not-identify list has no entry {prohibition_id!r}.")
        return self._entry(row)

    def add(
        self,
        reason: ProhibitionReason,
        tracks: Sequence[FaceTrack],
        *,
        subjects: Sequence[str],
        templates: bool,
    ) -> Prohibition:
        """Remove face tracks with what was decided about them, and let nothing take their places again."""
        entry = Removal(ProhibitionId(mint("dni")), reason, self._session.now, self._session.principal)
        self._insert(entry)
        if templates:
            self._keep_templates(entry.id, tracks)
        self.extend(entry.id, tracks, subjects=subjects)
        return self.get(entry.id)

    def extend(
        self, prohibition_id: ProhibitionId, tracks: Sequence[FaceTrack], *, subjects: Sequence[str] = ()
    ) -> None:
        """Remove more face tracks under an entry."""
        places = [_place_of(track) for track in tracks]
        self._keep_places(prohibition_id, places)
        names = FaceNames(self._session)
        for ids in chunks(track.id for track in tracks):
            chosen = face_tracks.c.id.in_(ids)
            names.forget(self._session.rows(sa.select(face_tracks).where(chosen)))
            leave_clusters(self._session, ids)
            self._session.run(sa.delete(face_tracks).where(chosen))
        for asset_id in dict.fromkeys(track.asset_id for track in tracks):
            self._session.tell(asset_id, ChangeKind.PAYLOAD)
        self._note(prohibition_id, subjects=tuple(subjects), places=tuple(places))

    def repeat(self, removal: Removal, tracks: Sequence[FaceTrack]) -> None:
        """Remove again what a catalog of before knows still; see the port."""
        chosen = prohibitions.c.id == removal.id
        if self._session.first(sa.select(prohibitions.c.id).where(chosen)) is None:
            self._insert(removal)
            if removal.reason is ProhibitionReason.SUPPRESSED:
                self._keep_templates(removal.id, tracks)
        known = {_place_of(track) for track in tracks} | set(self._places(removal.id))
        self._keep_places(removal.id, [place for place in removal.places if place not in known])
        if tracks:
            self._session.run(sa.update(prohibitions).where(chosen).values(purged_at=None))
            self.extend(removal.id, tracks)

    def subjects(self, subject: str) -> list[str]:
        """Ids of all persons and clusters that count as a person or cluster."""
        return [
            *persons_counting_as(self._session, subject),
            *clusters_counting_as(self._session, subject),
        ]

    def allow(self, prohibition_id: ProhibitionId) -> list[AssetId]:
        """Take an entry off the list; returns the assets in which faces may be looked for again."""
        freed = self.assets(prohibition_id)
        self._note(prohibition_id, is_allowed=True)
        self._session.run(sa.delete(prohibitions).where(prohibitions.c.id == prohibition_id))
        return freed

    def places(self, asset_id: AssetId) -> list[FacePlace]:
        """Where in an asset no face may be taken down."""
        return self._found(prohibited_places.c.asset_id == asset_id)

    def assets(self, prohibition_id: ProhibitionId) -> list[AssetId]:
        """Assets whose files held what was removed."""
        mine = prohibited_places.c.prohibition_id == prohibition_id
        query = sa.select(prohibited_places.c.asset_id).distinct().where(mine)
        return [row.asset_id for row in self._session.rows(query.order_by(prohibited_places.c.asset_id))]

    def templates(self, space: str) -> list[tuple[ProhibitionId, bytes]]:
        """Means of faces that may not be identified anywhere, as :class:`ClusterMean` has them."""
        query = sa.select(prohibited_templates).where(prohibited_templates.c.space == space)
        rows = self._session.rows(query.order_by(prohibited_templates.c.row))
        return [(row.prohibition_id, row.mean) for row in rows]

    def unpurged(self) -> list[ProhibitionId]:
        """Entries of which something may be left in files, oldest first."""
        query = sa.select(prohibitions.c.id).where(prohibitions.c.purged_at.is_(None))
        return [row.id for row in self._session.rows(query.order_by(prohibitions.c.id))]

    def set_purged(self, prohibition_id: ProhibitionId) -> None:
        """Take note that nothing of it is left in any file; appends PURGE changes."""
        chosen = prohibitions.c.id == prohibition_id
        self._session.run(sa.update(prohibitions).where(chosen).values(purged_at=self._session.now))
        for asset_id in self.assets(prohibition_id):
            self._session.tell(asset_id, ChangeKind.PURGE)

    def tracks_of(self, subject: str) -> list[FaceTrack]:
        """All face tracks of a person or cluster, in hidden assets too."""
        near = sa.or_(face_clusters.c.id == subject, face_clusters.c.merged_into == subject)
        group = sa.select(face_clusters.c.id).where(near)
        theirs = sa.or_(face_tracks.c.person_id == subject, face_tracks.c.cluster_id.in_(group))
        query = sa.select(face_tracks).where(theirs)
        rows = self._session.rows(query.order_by(face_tracks.c.asset_id, face_tracks.c.ordinal))
        return [face_of(row) for row in rows]

    def _insert(self, entry: Removal) -> None:
        values = {"id": entry.id, "reason": entry.reason, "created_at": entry.at}
        self._session.run(sa.insert(prohibitions).values(**values, principal=entry.principal))

    def _note(
        self,
        prohibition_id: ProhibitionId,
        *,
        subjects: tuple[str, ...] = (),
        places: tuple[FacePlace, ...] = (),
        is_allowed: bool = False,
    ) -> None:
        entry = self.get(prohibition_id)
        told = Removal(
            entry.id, entry.reason, entry.created_at, entry.principal, subjects, places, is_allowed
        )
        self._session.removals.append(told)

    def _keep_places(self, prohibition_id: ProhibitionId, places: Sequence[FacePlace]) -> None:
        rows = [{"prohibition_id": prohibition_id, **_place_values(place)} for place in places]
        self._session.run(sa.insert(prohibited_places), rows)

    def _places(self, prohibition_id: ProhibitionId) -> list[FacePlace]:
        return self._found(prohibited_places.c.prohibition_id == prohibition_id)

    def _found(self, condition: sa.ColumnElement[bool]) -> list[FacePlace]:
        rows = self._session.rows(sa.select(prohibited_places).where(condition))
        return [FacePlace(row.asset_id, FrameRange(row.in_frame, row.out_frame), box_of(row)) for row in rows]

    def _keep_templates(self, entry: ProhibitionId, tracks: Sequence[FaceTrack]) -> None:
        for ids in chunks(track.cluster_id for track in tracks if track.cluster_id is not None):
            means = self._session.rows(sa.select(face_clusters).where(face_clusters.c.id.in_(ids)))
            rows = [{"prohibition_id": entry, "space": m.space, "mean": m.mean} for m in means]
            self._session.run(sa.insert(prohibited_templates), rows)

    def _entry(self, row: Row) -> Prohibition:
        mine = prohibited_places.c.prohibition_id == row.id
        places = self._session.value(sa.select(sa.func.count()).where(mine))
        kept = sa.select(prohibited_templates.c.space).distinct()
        spaces = self._session.rows(kept.where(prohibited_templates.c.prohibition_id == row.id))
        return Prohibition(
            id=row.id,
            reason=ProhibitionReason(row.reason),
            places=places,
            templates=tuple(sorted(item.space for item in spaces)),
            created_at=row.created_at,
            purged_at=row.purged_at,
            principal=row.principal,
        )


def _place_of(track: FaceTrack) -> FacePlace:
    return FacePlace(track.asset_id, track.frames, track.box)


def _place_values(place: FacePlace) -> dict[str, object]:
    return {"asset_id": place.asset_id, **frame_values(place.frames), **box_values(place.box)}
