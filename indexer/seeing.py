"""Stages that watch the look: ``shots`` with their keyframes, and ``visual`` vectors."""

from collections.abc import Sequence

import numpy as np

from catalog.model import AssetKind, Keyframe, Shot
from catalog.repository import CatalogWriter
from embeddings.encoder import Picture, VisualEncoder
from embeddings.vector_file import VectorRow
from foundation.ids import ShotId, mint
from foundation.timecode import FrameRange
from indexer.derived import sweep
from indexer.recipe import Encoding
from indexer.vectors import Encoded, put_vectors
from indexer.work import Commit, Work
from media.look import Look, Sample

BATCH = 8
"""Pictures encoded at once: more costs memory and wins nothing on a CPU."""


class Shots:
    """Where the cuts are, and a still for every shot."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def see(self, sample: Sample) -> None:
        """The look finds the cuts by itself."""

    def finish(self, look: Look) -> Commit:
        """Shots in order, keyframes in order of frame."""
        asset_id = self._work.asset.id
        shots = [
            Shot(ShotId(mint("sht")), asset_id, ordinal, frames) for ordinal, frames in enumerate(look.shots)
        ]
        keyframes = [
            Keyframe(asset_id, shots[ordinal].id, frame, path.relative_to(self._work.folder).as_posix())
            for frame, ordinal, path in look.keyframes
        ]
        named = {path.name for _, _, path in look.keyframes}

        def write(writer: CatalogWriter) -> None:
            writer.facts_writer.replace_shots(asset_id, shots, keyframes)
            sweep(self._work.folder / "keyframes", named)

        return write


class Visual:
    """What every sample looks like, as vectors of one visual pack."""

    def __init__(self, encoding: Encoding, work: Work) -> None:
        self._work = work
        self._encoder: VisualEncoder = work.models.visual(encoding.pack, encoding.revision)
        self._waiting: list[Picture] = []
        self._frames: list[int] = []
        self._vectors: list[np.ndarray] = []

    def see(self, sample: Sample) -> None:
        """Encode eight at a time, so that memory does not grow with the film."""
        self._frames.append(sample.frame)
        self._waiting.append(sample.picture)
        if len(self._waiting) == BATCH:
            self._encode()

    def finish(self, look: Look) -> Commit:
        """One vector per sample, each with the shot it stands for."""
        self._encode()
        rows = [self._row(n, frame, look.shots) for n, frame in enumerate(self._frames)]
        spec = self._encoder.spec
        vectors = np.concatenate(self._vectors) if self._vectors else np.empty((0, spec.dim), np.float32)
        return put_vectors(self._work, Encoded(spec, rows, vectors))

    def _encode(self) -> None:
        if self._waiting:
            self._vectors.append(self._encoder.encode_pictures(self._waiting).astype(np.float16))
            self._waiting.clear()

    def _row(self, ordinal: int, frame: int, shots: Sequence[FrameRange]) -> VectorRow:
        if self._work.asset.kind is AssetKind.STILL:
            return VectorRow(ordinal, frame, None, None, None)
        shot = next(s for s in shots if frame in s)
        return VectorRow(ordinal, frame, shot.in_frame, shot.out_frame, None)
