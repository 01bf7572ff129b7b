"""Cluster jobs: faces that came in since find their cluster; nothing is detected or encoded again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.model import ClusterMean, FaceTrack, LooseFace
from embeddings.encoder import Vectors
from embeddings.packs import PackStore
from embeddings.vector_file import read_vectors
from foundation import logging
from foundation.errors import StorageError
from foundation.ids import AssetId, ClusterId, FaceTrackId, mint
from indexer.bootstrap import Services
from indexer.face_grouping import Grouper, Grouping, NewFace, mean_bytes
from indexer.lease import Lease

_FACES_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class FaceSpace:
    """The space of the active face pack, and the cosine above which two faces in it are one person."""

    name: str
    threshold: float


def face_space(packs: PackStore) -> FaceSpace | None:
    """The space faces are compared in; None where no face pack is in use.

    Raises:
        PackMissing, PackInvalid: The chosen pack cannot be used.
    """
    pack = packs.active("face")
    return None if pack is None else FaceSpace(pack.spec.space, float(pack.options["same_person"]))


class Clusterer:
    """Does cluster jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = FaceFiles(services)

    def run(self, lease: Lease) -> None:
        """Place every face that has no cluster, a batch at a time; nothing while faces are switched off.

        Raises:
            PackMissing, PackInvalid: The active face pack cannot be used.
        """
        is_on = self._services.settings.signals.faces
        space = face_space(self._services.packs) if is_on else None
        if space is None:
            return
        self._refresh(lease, space)
        after: tuple[AssetId, int] | None = None
        while batch := self._batch(space, after):
            lease.report("grouping faces", 0.0)
            self._write(lease, self._grouped(space, batch))
            after = (batch[-1].track.asset_id, batch[-1].track.ordinal)

    def _batch(self, space: FaceSpace, after: tuple[AssetId, int] | None) -> list[LooseFace]:
        with self._services.catalog.read() as reader:
            return reader.clusters.loose(space.name, after=after, limit=_FACES_AT_ONCE)

    def _grouped(self, space: FaceSpace, batch: Sequence[LooseFace]) -> Grouping:
        vectors = self._files.vectors(space.name, [face.track for face in batch])
        faces = [
            NewFace(face.track.id, vectors[face.track.id], face.person_id, face.rejected)
            for face in batch
            if face.track.id in vectors
        ]
        with self._services.catalog.read() as reader:
            known = reader.clusters.means(space.name)
        return Grouper(space.name, space.threshold, _mint).group(faces, known)

    def _refresh(self, lease: Lease, space: FaceSpace) -> None:
        """New means for clusters that lost members; what is missing of their vectors is left out."""
        with self._services.catalog.read() as reader:
            stale = reader.clusters.stale(space.name)
        for cluster_id, members in stale.items():
            lease.report("refreshing clusters", 0.0)
            vectors = list(self._files.vectors(space.name, members).values())
            if vectors:
                mean = mean_bytes(np.mean(vectors, axis=0, dtype=np.float64))
                changed = Grouping(changed=[ClusterMean(cluster_id, space.name, mean, len(vectors))])
                self._write(lease, changed)

    def _write(self, lease: Lease, grouping: Grouping) -> None:
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            for mean in grouping.added:
                writer.clusters.add(mean)
            for mean in grouping.changed:
                writer.clusters.set_mean(mean)
            for gone, kept in grouping.absorbed:
                writer.clusters.absorb(gone, kept)
            writer.clusters.join(grouping.joined)


class FaceFiles:
    """Reads vectors of face tracks from the derived store.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def vectors(self, space: str, tracks: Iterable[FaceTrack]) -> dict[FaceTrackId, Vectors]:
        """Unit vectors by track, [dim] each; tracks whose file is lost or damaged are left out."""
        by_asset: dict[AssetId, list[FaceTrack]] = {}
        for track in tracks:
            by_asset.setdefault(track.asset_id, []).append(track)
        found: dict[FaceTrackId, Vectors] = {}
        for asset_id, members in by_asset.items():
            rows = self._rows(space, asset_id)
            found |= {track.id: rows[track.ordinal] for track in members if track.ordinal in rows}
        return found

    def _rows(self, space: str, asset_id: AssetId) -> dict[int, Vectors]:
        with self._services.catalog.read() as reader:
            files = [file for file in reader.facts.vector_files(asset_id) if file.space == space]
        rows: dict[int, Vectors] = {}
        for file in files:
            try:
                read, vectors = read_vectors(self._services.home.asset(asset_id) / file.path, file.sha256)
            except StorageError as error:
                logging.get(__name__).warning("faces.unreadable", asset=asset_id, code=error.code)
                continue
            rows |= {row.ordinal: _unit(vector) for row, vector in zip(read, vectors, strict=True)}
        return rows


def _mint() -> ClusterId:
    return ClusterId(mint("clu"))


def _unit(vector: Vectors) -> Vectors:
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length else vector
