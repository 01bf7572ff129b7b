"""Stage ``fingerprint``: what tells the pictures of an asset from all others, for finding its duplicates."""

import numpy as np

from catalog.model import AssetKind, Fingerprint
from catalog.repository import CatalogWriter
from embeddings.vector_file import VectorRow, write_vectors
from indexer.recipe import FINGERPRINT
from indexer.work import Commit, Work
from media.fingerprint import PER_SECOND, Fingerprinter, wanted_frames
from media.look import Look, Sample, small_picture
from media.shots import SmallPicture

PATH = "fingerprint.parquet"
"""Within the asset's folder."""


class Fingerprints:
    """Watches every frame of the look, small; keeps five fingerprints a second."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._is_still = work.asset.kind is AssetKind.STILL
        self._printer = Fingerprinter([0] if self._is_still else _frames(work))

    def glance(self, frame: int, picture: SmallPicture) -> None:
        """Take in one frame of a film."""
        self._printer.glance(frame, picture)

    def see(self, sample: Sample) -> None:
        """Films pass by as glances; a still has its one picture only."""
        if self._is_still:
            self._printer.glance(sample.frame, small_picture(sample.picture))

    def finish(self, look: Look) -> Commit:
        """Write the file and return what names it in the catalog; it is due to be compared."""
        printed = self._printer.close()
        rows = [VectorRow(row, frame) for row, frame in enumerate(printed.frames)]
        fingerprint = Fingerprint(
            asset_id=self._work.asset.id,
            version=self._work.recipe.versions[FINGERPRINT],
            path=PATH,
            sha256=write_vectors(self._work.folder / PATH, rows, np.hstack([printed.vectors, printed.grain])),
            rows=len(rows),
            per_second=0 if self._is_still else PER_SECOND,
            filled=printed.filled,
            has_colour=printed.has_colour,
        )

        def write(writer: CatalogWriter) -> None:
            writer.links.put_fingerprint(fingerprint)

        return write


def _frames(work: Work) -> list[int]:
    with work.services.catalog.read() as reader:
        pts = reader.assets.timelines([work.asset.id])[work.asset.id].pts
    return [] if pts is None else wanted_frames(pts)
