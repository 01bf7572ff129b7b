"""Face tracks, what people decided about them, and whom they show in consequence.

Decisions are anchored to range and box, so that they outlive re-detection. A decision about the very face
counts most, then the name of its cluster, unless somebody said that it is not that person.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlalchemy as sa

from catalog.model import ChangeKind, FacePlace, FaceTrack
from catalog.rows import Row, box_of, box_values, frame_values
from catalog.session import CHUNK, Session, chunks
from catalog.sql_cluster_members import drop_tracks, leave_clusters
from catalog.sql_roots import roots
from catalog.tables_people import face_clusters, face_names, face_tracks
from foundation.ids import AssetId, PersonId
from foundation.timecode import FrameRange


class FaceNames:
    """Replaces tracks and keeps decisions attached to them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def replace_tracks(self, asset_id: AssetId, faces: Sequence[FaceTrack]) -> None:
        """All tracks of an asset; each takes the name whose range and box it overlaps most."""
        before = _people((track.asset_id, track.person_id) for track in self._tracks([asset_id]))
        drop_tracks(self._session, asset_id)
        self._session.run(sa.insert(face_tracks), [_track_values(asset_id, face) for face in faces])
        self._settle(self._tracks([asset_id]), before)

    def confirm(self, tracks: Sequence[Row], person_id: PersonId, via: str | None = None) -> None:
        """Take down that these tracks show a person; what was said of them before gives way."""
        self._revoke(tracks, lambda name: name.shown or name.person_id == person_id)
        self._session.run(sa.insert(face_names), [self._decision(t, person_id, via=via) for t in tracks])

    def reject(self, tracks: Sequence[Row], person_ids: Sequence[PersonId]) -> None:
        """Take down that these tracks do not show a person, under any of the ids that count as theirs."""
        self._revoke(tracks, lambda name: name.person_id in person_ids)
        rows = [self._decision(t, person, shown=False) for t in tracks for person in person_ids]
        self._session.run(sa.insert(face_names), rows)

    def forget(self, tracks: Sequence[Row]) -> None:
        """Drop all that was said of these tracks."""
        self._revoke(tracks, lambda _: True)

    def settle(self, asset_ids: Iterable[AssetId]) -> None:
        """Work out anew whom the tracks of assets show; the feed hears where that changed."""
        for ids in chunks(asset_ids):
            tracks = self._tracks(ids)
            self._settle(tracks, _people((track.asset_id, track.person_id) for track in tracks))

    def decided(
        self, tracks: Sequence[Row], *, one_by_one: bool = False
    ) -> list[tuple[PersonId | None, frozenset[PersonId]]]:
        """Of each track: whom somebody says it shows, and whom it does not show; merges followed.

        ``one_by_one`` leaves out what was said of whole clusters.
        """
        merged = roots(self._session, "per")
        names = self._decisions({track.asset_id for track in tracks})
        if one_by_one:
            names = {asset: [n for n in found if n.via is None] for asset, found in names.items()}
        return [_decided(_place(track), names.get(track.asset_id, []), merged) for track in tracks]

    def _settle(self, tracks: Sequence[Row], before: Mapping[AssetId, set[str]]) -> None:
        persons = self._shown(tracks)
        changed: dict[str | None, list[str]] = defaultdict(list)
        for track, person in zip(tracks, persons, strict=True):
            if person != track.person_id:
                changed[person].append(track.id)
        for person, track_ids in changed.items():
            for ids in chunks(track_ids):
                naming = sa.update(face_tracks).where(face_tracks.c.id.in_(ids))
                self._session.run(naming.values(person_id=person))
        places = [track.asset_id for track in tracks]
        after = _people(zip(places, persons, strict=True))
        for asset_id in dict.fromkeys([*before, *places]):
            if before.get(asset_id, set()) != after.get(asset_id, set()):
                self._session.tell(asset_id, ChangeKind.PAYLOAD)

    def _shown(self, tracks: Sequence[Row]) -> list[str | None]:
        """Whom each track shows by all that was said."""
        merged = roots(self._session, "per")
        shown: list[str | None] = []
        for track, (stated, rejected) in zip(tracks, self.decided(tracks), strict=True):
            likely = merged.get(track.cluster_person, track.cluster_person)
            shown.append(stated or (None if likely in rejected else likely))
        return shown

    def _tracks(self, asset_ids: Sequence[str]) -> Sequence[Row]:
        query = _WITH_CLUSTER_PERSON.where(face_tracks.c.asset_id.in_(asset_ids))
        return self._session.rows(query.order_by(face_tracks.c.asset_id, face_tracks.c.ordinal))

    def _revoke(self, tracks: Sequence[Row], is_revoked: Callable[[Row], bool]) -> None:
        names = self._decisions({track.asset_id for track in tracks})
        gone = sorted(
            {
                name.row
                for track in tracks
                for name in names.get(track.asset_id, [])
                if is_revoked(name) and _place(name).holds(_frames(track), box_of(track))
            }
        )
        for at in range(0, len(gone), CHUNK):
            rows = gone[at : at + CHUNK]
            self._session.run(sa.delete(face_names).where(face_names.c.row.in_(rows)))

    def _decisions(self, asset_ids: Iterable[str]) -> Mapping[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for ids in chunks(asset_ids):
            query = sa.select(face_names).where(face_names.c.asset_id.in_(ids)).order_by(face_names.c.row)
            for row in self._session.rows(query):
                found[row.asset_id].append(row)
        return found

    def _decision(
        self, track: Row, person_id: PersonId, *, shown: bool = True, via: str | None = None
    ) -> dict[str, object]:
        return {
            "asset_id": track.asset_id,
            "person_id": person_id,
            "shown": shown,
            "via": via,
            "created_at": self._session.now,
            "principal": self._session.principal,
            **frame_values(_frames(track)),
            **box_values(box_of(track)),
        }


def _people(shown: Iterable[tuple[AssetId, str | None]]) -> dict[AssetId, set[str]]:
    """Who is seen in each asset."""
    found: dict[AssetId, set[str]] = defaultdict(set)
    for asset_id, person in shown:
        if person is not None:
            found[asset_id].add(person)
    return dict(found)


def leave(session: Session, tracks: Iterable[Row]) -> None:
    """Take tracks out of their clusters, to be placed anew."""
    leave_clusters(session, [track.id for track in tracks])


def _with_cluster_person() -> sa.Select[tuple[object, ...]]:
    """Tracks with the person of their cluster, else of the one their cluster is merged into."""
    own, root = face_clusters.alias("own"), face_clusters.alias("root")
    person = sa.func.coalesce(own.c.person_id, root.c.person_id).label("cluster_person")
    joined = face_tracks.outerjoin(own, own.c.id == face_tracks.c.cluster_id)
    joined = joined.outerjoin(root, root.c.id == own.c.merged_into)
    return sa.select(face_tracks, person).select_from(joined)


_WITH_CLUSTER_PERSON = _with_cluster_person()
"""Built once: it is asked for every asset that is detected."""


def _decided(
    place: FacePlace, names: Sequence[Row], merged: Mapping[str, str]
) -> tuple[PersonId | None, frozenset[PersonId]]:
    near = [(_place(name).likeness(place.frames, place.box), name) for name in names]
    held = [(likeness, name) for likeness, name in near if _place(name).holds(place.frames, place.box)]
    said = [(n.via is None, likeness, merged.get(n.person_id, n.person_id), n.shown) for likeness, n in held]
    rejected = frozenset(PersonId(person) for _, _, person, shown in said if not shown)
    # What is said of a whole cluster gives way to what is said of one face.
    shown = [item for item in said if item[3] and (item[0] or item[2] not in rejected)]
    return (PersonId(max(shown)[2]) if shown else None), rejected


def _place(row: Row) -> FacePlace:
    return FacePlace(row.asset_id, _frames(row), box_of(row))


def _frames(row: Row) -> FrameRange:
    return FrameRange(row.in_frame, row.out_frame)


def _track_values(asset_id: AssetId, face: FaceTrack) -> dict[str, object]:
    return {
        "asset_id": asset_id,
        "id": face.id,
        "ordinal": face.ordinal,
        "shot_id": face.shot_id,
        "best_frame": face.best_frame,
        "quality": face.quality,
        **frame_values(face.frames),
        **box_values(face.box),
    }
