"""Points as the catalog and the derived store describe them now: what vector indexes are projections of."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.model import Asset, AssetState, Statement, VectorFile
from catalog.repository import Catalog, CatalogReader
from embeddings.vector_file import VectorRow, read_vectors
from embeddings.vector_index import Payload, Point
from foundation.home import Home
from foundation.ids import AssetId, point_uuid

_BLACK_AND_WHITE = "black_and_white"
_VISIBLE = (AssetState.PRESENT, AssetState.UNAVAILABLE)


class CatalogVectorSource:
    """Reads vector files, and payloads from the facts beside them.

    Args:
        catalog: The truth.
        home: Where the derived store lies.
    """

    def __init__(self, catalog: Catalog, home: Home) -> None:
        self._catalog = catalog
        self._home = home

    def points(self, asset_id: AssetId, space: str) -> Iterable[Point]:
        """All points of an asset in a space, with current payloads; none for a hidden asset.

        Raises:
            ObjectMissing: The vector file is gone.
            ObjectUnreadable: It may not be read.
            FixityMismatch: It is damaged.
        """
        with self._catalog.read() as reader:
            asset = visible_asset(reader, asset_id)
            files = [file for file in reader.facts.vector_files(asset_id) if file.space == space]
            if asset is None or not files:
                return []
            return self._file_points(reader, asset, files[0])

    def _file_points(self, reader: CatalogReader, asset: Asset, file: VectorFile) -> list[Point]:
        rows, vectors = read_vectors(self._home.asset(asset.id) / file.path, file.sha256)
        facts = _AssetFacts.of(reader, asset)
        return [
            Point(point_uuid(asset.id, file.space, row.ordinal), vector, facts.payload(row))
            for row, vector in zip(rows, vectors, strict=True)
        ]


def visible_asset(reader: CatalogReader, asset_id: AssetId) -> Asset | None:
    """The asset, unless it is gone, hidden, or now part of another."""
    asset = reader.assets.many([asset_id]).get(asset_id)
    if asset is None or asset.id != asset_id or asset.state not in _VISIBLE:
        return None
    return asset


@dataclass(frozen=True, slots=True)
class _AssetFacts:
    asset: Asset
    persons: tuple[str, ...]
    colour: tuple[Statement, ...]

    @classmethod
    def of(cls, reader: CatalogReader, asset: Asset) -> "_AssetFacts":
        named = {track.person_id for track in reader.facts.faces(asset.id) if track.person_id is not None}
        stated = [s for s in reader.facts.statements(asset.id) if s.field == _BLACK_AND_WHITE]
        return cls(asset, tuple(sorted(named)), tuple(stated))

    def payload(self, row: VectorRow) -> Payload:
        asset = self.asset
        return Payload(
            asset=asset.id,
            collection=asset.collection,
            location=asset.location_id,
            storage_class=asset.storage_class,
            kind=asset.kind.value,
            year=asset.year,
            duration_ms=asset.duration_ms,
            has_speech=asset.has_speech,
            persons=self.persons,
            ordinal=row.ordinal,
            position=row.position,
            in_frame=row.in_frame,
            out_frame=row.out_frame,
            black_and_white=self._black_and_white(row),
        )

    def _black_and_white(self, row: VectorRow) -> bool | None:
        stated = [s for s in self.colour if _speaks_of(s, row)]
        if stated:
            return any(s.value.casefold() == "true" for s in stated)
        return row.black_and_white


def _speaks_of(statement: Statement, row: VectorRow) -> bool:
    # Sound has no frame of its own: what is stated of any shot is said of the asset.
    return statement.frames is None or row.in_frame is None or row.position in statement.frames
