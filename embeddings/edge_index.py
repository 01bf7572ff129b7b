"""The vector index on Qdrant Edge: the Qdrant engine inside this process, one shard folder per space.

Facts about qdrant-edge-py 0.9.0 that shape this file: a shard locks its folder only while its write-ahead
log is on, and only after reading its segments, so that one which is opened while another process ends may
lose what that one acknowledged (hence a lock of our own); payload indexes must exist before data; numpy rows
are far cheaper than lists (its stubs know lists only); queries hold the GIL, and so does
:meth:`EdgeIndex.optimise`, which is therefore for child processes only; damage shows as a Rust panic, which
Python sees as a bare BaseException.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import qdrant_edge as engine

from catalog.query import AssetFilter
from embeddings.atomic_file import publish
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.file_lock import FileLock
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
from foundation.errors import AlreadyOwned, IndexUnavailable, NoSpace
from foundation.ids import AssetId

EXACT_CANDIDATES = 20_000
"""Filters that leave fewer points than this compare with all of them: no graph is as sure, or faster."""

_WIDEST_ACORN = 0.6
UPSERT_POINTS = 10
"""Points that are written in one step; queries wait for it."""
_GRAPH_LINKS, _GRAPH_CANDIDATES = 24, 160
_GRAPH_FROM_KB = 1000
_MAPPED = engine.Memory.Cached
"""Payload indexes and ids stay files that the system keeps in memory while there is room: they need not be
read before the first search, and filters are no slower."""
_RECORD = "space.json"
_ROOM = 128 << 20
"""Bytes that must be free: the engine writes through memory maps, and a page without room on the disk
kills the process instead of raising anything."""


@dataclass(frozen=True, slots=True)
class _Space:
    shard: engine.EdgeShard
    dim: int


class EdgeIndex:
    """All spaces below one folder; one process may have it open.

    Args:
        folder: Holds one shard folder per space; made when missing.

    Raises:
        AlreadyOwned: Another process has a space open.
        IndexUnavailable: A space is damaged.
        NoSpace: The disk is nearly full.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spaces: dict[str, _Space] = {}
        self._closed = False
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(folder / "engine.lock")
        try:
            for left in folder.glob("*.new"):
                shutil.rmtree(left)
            for record in sorted(folder.glob(f"*/{_RECORD}")):
                self._open(record.parent)
        except BaseException:
            self.close()
            raise

    def ensure_space(self, spec: EncoderSpec) -> None:
        """Create the space and its payload indexes if missing.

        Raises:
            IndexUnavailable: The space exists with another length of vectors.
            NoSpace: The disk is nearly full.
        """
        known = self._spaces.get(spec.space)
        if known is None:
            self._open(_create(self._folder, spec))
        elif known.dim != spec.dim:
            raise IndexUnavailable(
                f"Space {spec.space} holds vectors of {known.dim}, not {spec.dim}, numbers."
            )

    def upsert(self, space: str, points: Sequence[Point]) -> None:
        """Add or replace by id; in small steps, because queries wait for each.

        Raises:
            NoSpace: The disk is nearly full.
        """
        shard = self._space(space).shard
        _expect_room(self._folder)
        with _translated(self._folder):
            for start in range(0, len(points), UPSERT_POINTS):
                step = points[start : start + UPSERT_POINTS]
                shard.update(engine.UpdateOperation.upsert_points([_point(point) for point in step]))

    def replace(self, space: str, points: Mapping[AssetId, Sequence[Point]]) -> None:
        """Make these the only points of their assets; old ones stay until the new ones are in."""
        if not points:
            return
        self.upsert(space, list(chain.from_iterable(points.values())))
        self.keep_only(space, points, {point.id for several in points.values() for point in several})

    def keep_only(self, space: str, assets: Iterable[AssetId], kept: Set[str]) -> None:
        """Remove all points of these assets but those with these ids."""
        ids: set[engine.PointId] = set(kept)
        surplus = engine.Filter(
            must=[_condition(AnyOf("asset", tuple(assets)))],
            must_not=[engine.HasIdCondition(ids)] if ids else None,
        )
        self._delete(space, surplus)

    def delete_asset(self, asset_id: AssetId, space: str | None = None) -> None:
        """Remove an asset's points from one space, or from all."""
        for name in [space] if space is not None else list(self._spaces):
            if name in self._spaces:
                self._delete(name, engine.Filter(must=[_condition(AnyOf("asset", (asset_id,)))]))

    def search(
        self, space: str, vector: Vectors, where: AssetFilter, limit: int, *, exact: bool = False
    ) -> list[VectorMatch]:
        """Best first, equal scores by asset and ordinal; an unknown space gives none.

        Args:
            space: Where to look.
            vector: [dim], finite.
            where: What a point must satisfy.
            limit: Most matches.
            exact: Compare with every point.

        Raises:
            IndexUnavailable: The engine failed, or was closed.
        """
        known = self._spaces.get(space)
        if self._closed:
            raise IndexUnavailable(f"The vector index in {self._folder} was closed.")
        if known is None or limit < 1:
            return []
        chosen = _filter(where)
        with _translated(self._folder):
            params = _params(known.shard, chosen, exact=exact, limit=limit)
            return ranked(lambda most: _nearest(known.shard, vector, chosen, params, most), limit)

    def sample(self, space: str, most: int) -> Vectors:
        """[n, dim] unit vectors of the points with the smallest ids, which are digests and so a fair choice.

        Raises:
            IndexUnavailable: The engine failed, or was closed.
        """
        known = self._spaces.get(space)
        if known is None or most < 1:
            return np.zeros((0, 0), dtype=np.float32)
        with _translated(self._folder):
            found, _ = known.shard.scroll(
                engine.ScrollRequest(limit=most, with_payload=False, with_vector=True)
            )
        return np.array([record.vector for record in found], dtype=np.float32).reshape(-1, known.dim)

    def stats(self) -> list[SpaceStats]:
        """One row per space, by name."""
        with _translated(self._folder):
            infos = {name: space.shard.info() for name, space in sorted(self._spaces.items())}
        return [
            SpaceStats(name, info.points_count, min(info.indexed_vectors_count, info.points_count))
            for name, info in infos.items()
        ]

    def flush(self) -> None:
        """Make all that was written durable."""
        with _translated(self._folder):
            for space in list(self._spaces.values()):
                space.shard.flush()

    def optimise(self) -> None:
        """Build graphs over everything. Holds the GIL throughout: only for a process that answers nobody."""
        with _translated(self._folder):
            for space in self._spaces.values():
                space.shard.optimize()

    @property
    def is_closed(self) -> bool:
        """Say whether it was given up."""
        return self._closed

    def close(self) -> None:
        """Flush, and let another process open it."""
        if self._closed:
            return
        self._closed = True
        try:
            with _translated(self._folder):
                for space in self._spaces.values():
                    space.shard.close()
        finally:
            self._lock.close()

    def _space(self, name: str) -> _Space:
        if name not in self._spaces:
            raise IndexUnavailable(f"Space {name} was never created in {self._folder}.")
        return self._spaces[name]

    def _delete(self, space: str, which: engine.Filter) -> None:
        with _translated(self._folder):
            self._space(space).shard.update(engine.UpdateOperation.delete_points_by_filter(which))

    def _open(self, folder: Path) -> None:
        try:
            record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            name, dim = str(record["space"]), int(record["dim"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexUnavailable(f"{folder / _RECORD} cannot be read.") from error
        _expect_room(folder)
        with _translated(folder):
            self._spaces[name] = _Space(engine.EdgeShard.load(str(folder)), dim)


def _create(parent: Path, spec: EncoderSpec) -> Path:
    folder = parent / _slug(spec.space)
    aside = folder.with_name(f"{folder.name}.new")
    _expect_room(parent)
    with _translated(aside):
        shard = engine.EdgeShard.create(str(aside), _config(spec.dim))
        for field in KEYWORDS:
            keyword = engine.KeywordIndexParams(enable_hnsw=False, memory=_MAPPED)
            shard.update(engine.UpdateOperation.create_field_index(field, keyword))
        for field in NUMBERS:
            number = engine.IntegerIndexParams(lookup=False, range=True, enable_hnsw=False, memory=_MAPPED)
            shard.update(engine.UpdateOperation.create_field_index(field, number))
        shard.flush()
        shard.close()
    publish(aside / _RECORD, json.dumps({"space": spec.space, "dim": spec.dim}).encode())
    return aside.rename(folder)


def _expect_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _ROOM:
        raise NoSpace(f"The vector index in {folder} needs {_ROOM >> 20} MB of free space to go on.")


def _config(dim: int) -> engine.EdgeConfig:
    return engine.EdgeConfig(
        vectors=engine.EdgeVectorParams(size=dim, distance=engine.Distance.Cosine),
        hnsw_config=engine.HnswIndexConfig(
            m=_GRAPH_LINKS,
            ef_construct=_GRAPH_CANDIDATES,
            full_scan_threshold=_GRAPH_FROM_KB,
            max_indexing_threads=os.cpu_count() or 1,
        ),
        optimizers=engine.EdgeOptimizersConfig(indexing_threshold=_GRAPH_FROM_KB),
        id_tracker_memory=_MAPPED,
        wal_enabled=True,
    )


def _slug(space: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", space.lower()).strip("-")[:60]
    return f"{readable}-{hashlib.sha256(space.encode()).hexdigest()[:8]}"


def _point(point: Point) -> engine.Point:
    if not np.isfinite(point.vector).all():
        raise ValueError(f"the vector of point {point.id} is not finite")
    return engine.Point(point.id, point.vector, to_stored(point.payload))  # type: ignore[arg-type]


def _filter(where: AssetFilter) -> engine.Filter | None:
    must: list[engine.ConditionType] = [_condition(item) for item in conditions(where)]
    return engine.Filter(must=must) if must else None


def _condition(item: AnyOf | Between | NotAll) -> engine.FieldCondition | engine.Filter:
    if isinstance(item, NotAll):
        refused: list[engine.ConditionType] = [_condition(one) for one in item.conditions]
        return engine.Filter(must_not=[engine.Filter(must=refused)])
    if isinstance(item, AnyOf):
        return engine.FieldCondition(item.field, match=engine.MatchAny(any=list(item.values)))
    return engine.FieldCondition(item.field, range=engine.RangeFloat(gte=item.low, lte=item.high))


def _params(
    shard: engine.EdgeShard, chosen: engine.Filter | None, *, exact: bool, limit: int
) -> engine.SearchParams:
    if exact:
        return engine.SearchParams(exact=True)
    width = graph_width(shard.count(engine.CountRequest(exact=False)), limit)
    if chosen is None:
        return engine.SearchParams(hnsw_ef=width)
    if shard.count(engine.CountRequest(exact=False, filter=chosen)) <= EXACT_CANDIDATES:
        return engine.SearchParams(exact=True)
    acorn = engine.AcornSearchParams(enable=True, max_selectivity=_WIDEST_ACORN)
    return engine.SearchParams(hnsw_ef=width, acorn=acorn)


def _nearest(
    shard: engine.EdgeShard,
    vector: Vectors,
    chosen: engine.Filter | None,
    params: engine.SearchParams,
    limit: int,
) -> list[VectorMatch]:
    query = engine.Query.Nearest(vector)  # type: ignore[arg-type]
    request = engine.QueryRequest(
        query=query, filter=chosen, params=params, limit=limit, with_payload=list(PLACE)
    )
    return [VectorMatch(float(found.score), place_of(found.payload or {})) for found in shard.query(request)]


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, ValueError, OSError):
        raise
    except BaseException as error:  # a Rust panic derives from BaseException alone
        if "WouldBlock" in str(error):
            raise AlreadyOwned(f"Another process has the vector index in {folder} open.") from error
        raise IndexUnavailable(f"The vector index in {folder} failed: {error}") from error
