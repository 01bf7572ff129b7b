"""Stage ``faces``: detect on samples, follow within a shot, keep the best view of each face."""

from collections.abc import Sequence

import numpy as np

from catalog.model import AssetKind, FaceTrack, Shot
from catalog.repository import CatalogWriter
from embeddings.vector_file import VectorRow
from foundation.ids import FaceTrackId, mint
from indexer.face_tracks import FollowedFace, SeenFace, follow
from indexer.prohibited import ProhibitedFaces
from indexer.vectors import Encoded, put_vectors
from indexer.waiting import Waiting
from indexer.work import Commit, Work
from media.look import Look, Sample


class Faces:
    """Who is seen, as tracks and vectors of the active face pack."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._finder = work.face_finder()
        self._encoder = self._finder.encoder
        self._seen: list[SeenFace] = []

    def see(self, sample: Sample) -> None:
        """Detect and encode."""
        self._seen += [SeenFace(sample.frame, face) for face in self._finder.faces_in(sample)]

    def finish(self, look: Look) -> Commit:
        """One track, and one vector, per face and shot."""
        spec, asset_id = self._encoder.spec, self._work.asset.id
        with self._work.services.catalog.read() as reader:
            prohibited = ProhibitedFaces.of(reader, asset_id, spec.space)
        tracks = self._allowed(look, prohibited)
        rows = [self._row(n, track, look) for n, track in enumerate(tracks)]
        vectors = (
            np.stack([t.vector.ravel() for t in tracks]) if tracks else np.empty((0, spec.dim), np.float32)
        )
        put = put_vectors(self._work, Encoded(spec, rows, vectors))

        def write(writer: CatalogWriter) -> None:
            if ProhibitedFaces.of(writer, asset_id, spec.space) != prohibited:
                raise Waiting(0.0, "the do-not-identify list has changed")
            shots = writer.facts.shots(asset_id)
            writer.facts_writer.replace_faces(asset_id, self._tracks(tracks, shots))
            put(writer)

        return write

    def _allowed(self, look: Look, prohibited: ProhibitedFaces) -> list[FollowedFace]:
        """Faces that may be taken down; of the others nothing is kept."""
        same_person = self._encoder.same_person
        followed = follow(self._seen, look.shots, same_person)
        return [track for track in followed if not prohibited.include(track, same_person)]

    def _tracks(self, tracks: Sequence[FollowedFace], shots: Sequence[Shot]) -> list[FaceTrack]:
        return [
            FaceTrack(
                id=FaceTrackId(mint("fac")),
                asset_id=self._work.asset.id,
                shot_id=shots[track.shot].id,
                ordinal=ordinal,
                frames=track.frames,
                best_frame=track.best_frame,
                box=track.box,
                quality=track.quality,
            )
            for ordinal, track in enumerate(tracks)
        ]

    def _row(self, ordinal: int, track: FollowedFace, look: Look) -> VectorRow:
        if self._work.asset.kind is AssetKind.STILL:
            return VectorRow(ordinal, track.best_frame, None, None, None)
        return VectorRow(ordinal, track.best_frame, track.frames.in_frame, track.frames.out_frame, None)
