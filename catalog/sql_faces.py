"""Face tracks and the names people gave them, anchored to range and box so that they outlive re-detection."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.model import Box, ChangeKind, FaceTrack
from catalog.rows import Row, box_of, box_values, frame_values
from catalog.session import Session
from catalog.tables_facts import face_names, face_tracks
from foundation.ids import AssetId, PersonId
from foundation.timecode import FrameRange

_SAME_FACE = 0.5
"""Overlap of two boxes (intersection over union) above which they hold the same face."""


class FaceNames:
    """Replaces tracks and keeps names attached to them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def replace_tracks(self, asset_id: AssetId, faces: Sequence[FaceTrack]) -> None:
        """All tracks of an asset; each takes the name whose range and box it overlaps most."""
        before = self._people(asset_id)
        names = self._session.rows(sa.select(face_names).where(face_names.c.asset_id == asset_id))
        rows = [_track_values(asset_id, face, _name_for(face, names)) for face in faces]
        self._session.run(sa.delete(face_tracks).where(face_tracks.c.asset_id == asset_id))
        self._session.run(sa.insert(face_tracks), rows)
        if self._people(asset_id) != before:
            self._session.tell(asset_id, ChangeKind.PAYLOAD)

    def name_tracks(self, asset_id: AssetId, ordinals: Sequence[int], person_id: PersonId | None) -> None:
        """Name tracks, or take their names away."""
        chosen = (face_tracks.c.asset_id == asset_id, face_tracks.c.ordinal.in_(ordinals))
        tracks = self._session.rows(sa.select(face_tracks).where(*chosen))
        names = self._session.rows(sa.select(face_names).where(face_names.c.asset_id == asset_id))
        replaced = {name.row for name in names for track in tracks if _overlap(track, name) > _SAME_FACE}
        self._session.run(sa.delete(face_names).where(face_names.c.row.in_(replaced)))
        if person_id is not None:
            self._session.run(
                sa.insert(face_names), [self._name_values(track, person_id) for track in tracks]
            )
        self._session.run(sa.update(face_tracks).where(*chosen).values(person_id=person_id))
        if tracks:
            self._session.tell(asset_id, ChangeKind.PAYLOAD)

    def _people(self, asset_id: AssetId) -> set[str]:
        query = sa.select(face_tracks.c.person_id).distinct().where(face_tracks.c.asset_id == asset_id)
        return {row.person_id for row in self._session.rows(query) if row.person_id is not None}

    def _name_values(self, track: Row, person_id: PersonId) -> dict[str, object]:
        return {
            "asset_id": track.asset_id,
            "person_id": person_id,
            "created_at": self._session.now,
            "principal": self._session.principal,
            **frame_values(FrameRange(track.in_frame, track.out_frame)),
            **box_values(box_of(track)),
        }


def box_overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / (one.width * one.height + other.width * other.height - both)


def _overlap(one: Row, other: Row) -> float:
    ranges = FrameRange(one.in_frame, one.out_frame), FrameRange(other.in_frame, other.out_frame)
    return box_overlap(box_of(one), box_of(other)) if ranges[0].overlaps(ranges[1]) else 0.0


def _name_for(face: FaceTrack, names: Sequence[Row]) -> str | None:
    near = [
        (box_overlap(face.box, box_of(name)), name.person_id)
        for name in names
        if face.frames.overlaps(FrameRange(name.in_frame, name.out_frame))
    ]
    best, person = max(near, default=(0.0, None), key=lambda pair: pair[0])
    return person if best > _SAME_FACE else None


def _track_values(asset_id: AssetId, face: FaceTrack, person_id: str | None) -> dict[str, object]:
    return {
        "asset_id": asset_id,
        "id": face.id,
        "ordinal": face.ordinal,
        "shot_id": face.shot_id,
        "best_frame": face.best_frame,
        "quality": face.quality,
        "person_id": person_id,
        **frame_values(face.frames),
        **box_values(face.box),
    }
