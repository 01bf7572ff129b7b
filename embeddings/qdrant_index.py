"""The vector index on a Qdrant server, for archives that outgrow one machine.

The same contract as the in-process engine, tested on qdrant-client's local mode; the tests run against a real
server only where ``QDRANT_URL`` names one.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

import httpx
import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from catalog.query import AssetFilter
from embeddings.cursor import CursorFile
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.graph_width import graph_width
from embeddings.point_fields import (
    KEYWORDS,
    NUMBERS,
    PLACE,
    AnyOf,
    Between,
    NotAll,
    conditions,
    place_of,
    to_stored,
)
from embeddings.ranking import ranked
from embeddings.vector_index import Point, SpaceStats, VectorMatch
from foundation.errors import IndexUnavailable
from foundation.ids import AssetId

_PREFIX = "rekindle-"
_SPACE_KEY = "space"
_UPSERT_POINTS = 500
_GRAPH_LINKS, _GRAPH_CANDIDATES = 24, 160


class QdrantIndex:
    """One collection per space; the space's name is kept in the collection's metadata.

    Args:
        client: Connected to a server, or in local mode.
        cursor: How far the server's points follow the change feed.

    Raises:
        IndexUnavailable: The server does not answer.
    """

    def __init__(self, client: QdrantClient, cursor: CursorFile) -> None:
        self._client = client
        self.cursor = cursor
        self._collections: dict[str, str] = {}
        with answering():
            for found in client.get_collections().collections:
                if found.name.startswith(_PREFIX):
                    self._know(found.name)

    def ensure_space(self, spec: EncoderSpec) -> None:
        """Create the collection and its payload indexes if missing."""
        if spec.space in self._collections:
            return
        name = _PREFIX + hashlib.sha256(spec.space.encode()).hexdigest()[:24]
        with answering():
            self._client.create_collection(
                name,
                vectors_config=models.VectorParams(size=spec.dim, distance=models.Distance.COSINE),
                hnsw_config=models.HnswConfigDiff(m=_GRAPH_LINKS, ef_construct=_GRAPH_CANDIDATES),
                metadata={_SPACE_KEY: spec.space},
            )
            for field in (*KEYWORDS, *NUMBERS):
                kind = models.PayloadSchemaType
                schema = kind.KEYWORD if field in KEYWORDS else kind.INTEGER
                self._client.create_payload_index(name, field, field_schema=schema, wait=True)
        self._collections[spec.space] = name

    def upsert(self, space: str, points: Sequence[Point]) -> None:
        """Add or replace by id."""
        name = self._collection(space)
        with answering():
            for start in range(0, len(points), _UPSERT_POINTS):
                step = [_point(point) for point in points[start : start + _UPSERT_POINTS]]
                self._client.upsert(name, step, wait=True)

    def replace(self, space: str, points: Mapping[AssetId, Sequence[Point]]) -> None:
        """Make these the only points of their assets; old ones stay until the new ones are in."""
        if not points:
            return
        self.upsert(space, list(chain.from_iterable(points.values())))
        kept: list[models.ExtendedPointId] = [point.id for several in points.values() for point in several]
        surplus = models.Filter(
            must=[_condition(AnyOf("asset", tuple(points)))],
            must_not=[models.HasIdCondition(has_id=kept)] if kept else None,
        )
        self._delete(space, surplus)

    def delete_asset(self, asset_id: AssetId, space: str | None = None) -> None:
        """Remove an asset's points from one space, or from all."""
        for name in [space] if space is not None else list(self._collections):
            if name in self._collections:
                self._delete(name, models.Filter(must=[_condition(AnyOf("asset", (asset_id,)))]))

    def search(
        self, space: str, vector: Vectors, where: AssetFilter, limit: int, *, exact: bool = False
    ) -> list[VectorMatch]:
        """Best first, equal scores by asset and ordinal; an unknown space gives none.

        Raises:
            IndexUnavailable: The server does not answer, or refuses.
        """
        if space not in self._collections or limit < 1:
            return []
        name, must = self._collection(space), [_condition(item) for item in conditions(where)]

        def nearest(most: int) -> list[VectorMatch]:
            found = self._client.query_points(
                name,
                query=vector,
                query_filter=models.Filter(must=must),
                search_params=params,
                limit=most,
                with_payload=list(PLACE),
            )
            return [VectorMatch(float(p.score), place_of(p.payload or {})) for p in found.points]

        with answering():
            points = self._client.count(name, exact=False).count
            params = _params(graph_width(points, limit), exact=exact, filtered=bool(must))
            return ranked(nearest, limit)

    def sample(self, space: str, most: int) -> Vectors:
        """[n, dim] unit vectors of the points with the smallest ids, which are digests and so a fair choice.

        Raises:
            IndexUnavailable: The server does not answer, or refuses.
        """
        if space not in self._collections or most < 1:
            return np.zeros((0, 0), dtype=np.float32)
        with answering():
            found, _ = self._client.scroll(
                self._collection(space), limit=most, with_payload=False, with_vectors=True
            )
        return np.array([record.vector for record in found], dtype=np.float32)

    def stats(self) -> list[SpaceStats]:
        """One row per space, by name."""
        with answering():
            infos = {space: self._client.get_collection(name) for space, name in self._collections.items()}
        return [
            SpaceStats(space, info.points_count or 0, info.indexed_vectors_count or 0)
            for space, info in sorted(infos.items())
        ]

    def flush(self) -> None:
        """Nothing to do: every write waited for the server's log."""

    def rebuild(self) -> None:
        """Nothing to do: a server's own optimiser drops deleted vectors."""

    @property
    def owes_rebuild(self) -> bool:
        """Say whether deleted vectors wait here to be dropped: they never do."""
        return False

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _know(self, collection: str) -> None:
        metadata = self._client.get_collection(collection).config.metadata or {}
        self._collections[str(metadata[_SPACE_KEY])] = collection

    def _collection(self, space: str) -> str:
        if space not in self._collections:
            raise IndexUnavailable(f"Space {space} was never created.")
        return self._collections[space]

    def _delete(self, space: str, which: models.Filter) -> None:
        with answering():
            self._client.delete(self._collection(space), models.FilterSelector(filter=which), wait=True)


def _point(point: Point) -> models.PointStruct:
    return models.PointStruct(id=point.id, vector=point.vector.tolist(), payload=to_stored(point.payload))


def _condition(item: AnyOf | Between | NotAll) -> models.Condition:
    if isinstance(item, NotAll):
        refused = [_condition(one) for one in item.conditions]
        return models.Filter(must_not=[models.Filter(must=refused)])
    if isinstance(item, AnyOf):
        return models.FieldCondition(key=item.field, match=models.MatchAny(any=list(item.values)))
    return models.FieldCondition(key=item.field, range=models.Range(gte=item.low, lte=item.high))


def _params(width: int, *, exact: bool, filtered: bool) -> models.SearchParams:
    if exact:
        return models.SearchParams(exact=True)
    if not filtered:
        return models.SearchParams(hnsw_ef=width)
    return models.SearchParams(hnsw_ef=width, acorn=models.AcornSearchParams(enable=True))


@contextmanager
def answering() -> Iterator[None]:
    """Translate what the client raises while talking to the server.

    Raises:
        IndexUnavailable: The server does not answer, or refuses.
    """
    try:
        yield
    except (ResponseHandlingException, httpx.TransportError) as error:
        raise IndexUnavailable(
            f"The Qdrant server does not answer: {error}",
            remedy="Start it, or check REKINDLE_VECTORS__QDRANT_URL.",
        ) from error
    except (UnexpectedResponse, ApiException) as error:
        raise IndexUnavailable(f"The Qdrant server refused: {error}") from error
