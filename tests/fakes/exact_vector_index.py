"""The vector index as a dictionary and an exact search: what every other one is compared with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from catalog.query import AssetFilter
from embeddings.cursor import CursorFile
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.exact import ExactIndex
from embeddings.point_fields import conditions, to_stored
from embeddings.ranking import ranked
from embeddings.vector_index import Point, SpaceStats, VectorMatch
from foundation.errors import IndexUnavailable
from foundation.ids import AssetId


class ExactVectorIndex:
    """Keeps points in memory and compares a query with each that passes the filter."""

    def __init__(self, folder: Path) -> None:
        self.cursor = CursorFile(folder / "cursor.json")
        self.spaces: dict[str, dict[str, Point]] = {}
        self.flushes = 0

    def ensure_space(self, spec: EncoderSpec) -> None:
        self.spaces.setdefault(spec.space, {})

    def upsert(self, space: str, points: Sequence[Point]) -> None:
        if space not in self.spaces:
            raise IndexUnavailable(f"Space {space} was never created.")
        self.spaces[space].update({point.id: point for point in points})

    def replace(self, space: str, points: Mapping[AssetId, Sequence[Point]]) -> None:
        for asset_id, several in points.items():
            self.delete_asset(asset_id, space)
            self.upsert(space, several)

    def delete_asset(self, asset_id: AssetId, space: str | None = None) -> None:
        for name in list(self.spaces) if space is None else [space]:
            kept = self.spaces.get(name, {})
            for point in [p for p in kept.values() if p.payload.asset == asset_id]:
                del kept[point.id]

    def search(
        self, space: str, vector: Vectors, where: AssetFilter, limit: int, *, exact: bool = False
    ) -> list[VectorMatch]:
        asked = conditions(where)
        passing = [
            point
            for point in self.spaces.get(space, {}).values()
            if all(item.holds(to_stored(point.payload)) for item in asked)
        ]
        if not passing or limit < 1:
            return []
        index = ExactIndex(np.stack([point.vector for point in passing]))

        def nearest(most: int) -> list[VectorMatch]:
            scores, rows = index.search(vector[None], most)
            return [
                VectorMatch(float(s), passing[r].payload.place)
                for s, r in zip(scores[0], rows[0], strict=True)
            ]

        return ranked(nearest, limit)

    def sample(self, space: str, most: int) -> Vectors:
        points = self.spaces.get(space, {})
        chosen = [points[name].vector for name in sorted(points)[: max(0, most)]]
        return np.stack(chosen) if chosen else np.zeros((0, 0), np.float32)

    def stats(self) -> list[SpaceStats]:
        return [SpaceStats(name, len(points), len(points)) for name, points in sorted(self.spaces.items())]

    def flush(self) -> None:
        self.flushes += 1

    def rebuild(self) -> None:
        """Nothing is kept of what was deleted."""

    @property
    def owes_rebuild(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is held."""
