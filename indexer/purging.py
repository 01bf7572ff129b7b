"""Purge jobs: what was removed from the catalog leaves every file too.

A vector without a face track is one that must go; that makes the job safe to repeat at any point. The vector
index hears of it through the change feed and renews itself, since an engine keeps deleted vectors on disk.
"""

import dataclasses
from contextlib import suppress

import numpy as np

from catalog.model import FaceTrack, VectorFile
from embeddings.exact import products_above
from embeddings.vector_file import read_vectors, write_vectors
from foundation import logging
from foundation.errors import FixityMismatch, ModelError, ObjectMissing
from foundation.ids import AssetId, ClusterId, ProhibitionId
from indexer.bootstrap import Services
from indexer.clustering import FaceSpace, face_space
from indexer.face_grouping import mean_of
from indexer.lease import Lease
from indexer.work import alone_with

_STAGE = "faces"


class Purger:
    """Does purge jobs.

    Args:
        services: Of this process.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def run(self, lease: Lease) -> None:
        """Remove what an entry of the do-not-identify list has removed, and what its templates recognise.

        Raises:
            AlreadyOwned: An asset is being walked; the job is put back.
            StorageError: A file cannot be written.
        """
        entry = ProhibitionId(str(lease.job.payload["prohibition"]))
        self._sweep(lease, entry)
        with self._services.catalog.read() as reader:
            assets = reader.prohibitions.assets(entry)
        for number, asset_id in enumerate(assets):
            lease.report("removing vectors", number / len(assets))
            self._purge(lease, asset_id)
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            writer.prohibitions.set_purged(entry)
        lease.report("rewriting the catalog", 0.0)
        self._services.catalog.compact()

    def _sweep(self, lease: Lease, entry: ProhibitionId) -> None:
        """Clusters of the same face that nobody named go too."""
        try:
            space = face_space(self._services.packs)
        except ModelError as error:
            # What was named goes whether or not more of it can be recognised.
            logging.get(__name__).warning("purge.not-compared", code=error.code, reason=error.message)
            return
        for cluster_id in () if space is None else self._recognised(space, entry):
            with self._services.catalog.write() as writer:
                lease.fence(writer)
                theirs = writer.prohibitions.tracks_of(cluster_id)
                writer.prohibitions.extend(entry, theirs, subjects=writer.prohibitions.subjects(cluster_id))
                writer.clusters.dissolve(cluster_id)

    def _recognised(self, space: FaceSpace, entry: ProhibitionId) -> list[ClusterId]:
        with self._services.catalog.read() as reader:
            kept = [mean for owner, mean in reader.prohibitions.templates(space.name) if owner == entry]
            plain = [cluster for cluster in reader.clusters.means(space.name) if not cluster.fixed]
        if not kept or not plain:
            return []
        templates = np.stack([mean_of(mean) for mean in kept])
        means = np.stack([mean_of(cluster.mean) for cluster in plain])
        rows = {row for _, row, _ in products_above(templates, means, space.threshold)}
        return [plain[row].id for row in sorted(rows)]

    def _purge(self, lease: Lease, asset_id: AssetId) -> None:
        folder = self._services.home.asset(asset_id)
        if not folder.is_dir():
            return
        with alone_with(folder, asset_id):
            with self._services.catalog.read() as reader:
                tracks = reader.facts.faces(asset_id)
                files = [file for file in reader.facts.vector_files(asset_id) if file.kind == "face"]
                done = reader.facts.stage_runs(asset_id).get(_STAGE)
            for file in files:
                if done is not None and file.revision in done.version:
                    self._rewrite(lease, file, tracks)
                else:
                    self._drop(lease, file)

    def _rewrite(self, lease: Lease, file: VectorFile, tracks: list[FaceTrack]) -> None:
        """Leave the vectors of present tracks in a file, whatever its digest: it may be half done."""
        path = self._services.home.asset(file.asset_id) / file.path
        known = {track.ordinal for track in tracks}
        try:
            rows, vectors = read_vectors(path)
        except (ObjectMissing, FixityMismatch):
            self._drop(lease, file)
            return
        kept = [at for at, row in enumerate(rows) if row.ordinal in known]
        sha256 = write_vectors(path, [rows[at] for at in kept], vectors[kept])
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            writer.facts_writer.put_vectors(dataclasses.replace(file, rows=len(kept), sha256=sha256))

    def _drop(self, lease: Lease, file: VectorFile) -> None:
        """A file whose rows no track describes any more goes as a whole; a later walk makes it anew."""
        with suppress(FileNotFoundError):
            (self._services.home.asset(file.asset_id) / file.path).unlink()
        with self._services.catalog.write() as writer:
            lease.fence(writer)
            writer.facts_writer.drop_vectors(file.asset_id, file.space)
            writer.assets_writer.reopen(file.asset_id, {_STAGE}, needs_master=False)
