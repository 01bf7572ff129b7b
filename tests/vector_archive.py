"""A home with assets whose only facts are their vectors, for tests of what indexes are built from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.factory import open_catalog
from catalog.model import (
    Asset,
    AssetKind,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    StoredObject,
    VectorFile,
)
from catalog.repository import Catalog, CatalogWriter
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.vector_file import VectorRow, write_vectors
from foundation.home import Home
from foundation.ids import AssetId, InstanceId, LocationId
from tests.fakes.migrated import with_catalog
from tests.vector_points import SPEC, asset_name, unit

PLACE = Location(LocationId("loc_01"), "place", "/masters", LocationKind.FOLDER)


@dataclass(frozen=True)
class Archive:
    """A home, its catalog, and how to put assets into both."""

    home: Home
    catalog: Catalog

    def add(self, numbers: Sequence[int], per_asset: int = 5, spec: EncoderSpec = SPEC) -> None:
        """Register assets, each with a vector file, in one transaction."""
        files = [self.write(number, vectors_of(number, per_asset, spec), spec) for number in numbers]
        with self.catalog.write() as writer:
            for number, file in zip(numbers, files, strict=True):
                _register(writer, number)
                writer.facts_writer.put_vectors(file)

    def replace(self, number: int, vectors: Vectors, spec: EncoderSpec = SPEC) -> None:
        """New vectors for an asset that is there already."""
        file = self.write(number, vectors, spec)
        with self.catalog.write() as writer:
            writer.facts_writer.put_vectors(file)

    def write(self, number: int, vectors: Vectors, spec: EncoderSpec = SPEC) -> VectorFile:
        """The file alone."""
        asset_id = asset_name(number)
        path = self.path(number, spec)
        rows = [VectorRow(n, n * 25, n * 25, n * 25 + 25) for n in range(len(vectors))]
        digest = write_vectors(path, rows, vectors)
        relative = path.relative_to(self.home.asset(asset_id)).as_posix()
        return VectorFile(
            asset_id, spec.space, spec.kind, spec.name, spec.revision, spec.dim, len(rows), relative, digest
        )

    def path(self, number: int, spec: EncoderSpec = SPEC) -> Path:
        """Where an asset's vectors lie."""
        return self.home.asset(asset_name(number)) / "vectors" / f"{spec.kind}-{spec.revision[:12]}.parquet"


def open_archive(root: Path) -> Archive:
    """An empty home with one location."""
    home = with_catalog(Home(root))
    catalog = open_catalog(home)
    with catalog.write() as writer:
        if not writer.locations.all():
            writer.locations.add(PLACE)
    return Archive(home, catalog)


def vectors_of(number: int, count: int, spec: EncoderSpec = SPEC) -> Vectors:
    """Unit vectors [count, dim] that depend on the asset's number only."""
    random = np.random.default_rng(number)
    centre = random.standard_normal(spec.dim)
    return unit(centre + 0.6 * random.standard_normal((count, spec.dim)))


def _register(writer: CatalogWriter, number: int) -> None:
    asset_id: AssetId = asset_name(number)
    name = f"film {number}.mov"
    essence = StoredObject(ObjectRole.ESSENCE, f"/masters/{name}", name, size=1000 + number)
    copy = Instance(InstanceId(f"ins_{number}"), asset_id, PLACE.id, name, InstanceKind.FILE, (essence,))
    asset = Asset(asset_id, AssetKind.VIDEO, name, PLACE.id, year=1950 + number % 50, duration_ms=1000)
    writer.assets_writer.register(asset, copy)
