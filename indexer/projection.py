"""Projects the catalog onto a vector index: changes, or everything.

A change is only a hint that an asset differs; what is written is always the asset's present state. So changes
may be applied twice, late, or in one go with later ones, and the index ends up the same.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import cast

from catalog.model import Change, ChangeKind, VectorFile
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader
from embeddings.encoder import EncoderKind, EncoderSpec
from embeddings.vector_index import Point, VectorIndex, VectorSource
from foundation import logging
from foundation.errors import RekindleError, StorageError
from foundation.ids import AssetId
from foundation.precedence import GiveWay, never
from indexer.vector_source import visible_asset

_POINTS_AT_ONCE = 2_000
_POINTS_AT_A_TIME = 50
"""Of changes, between which others may go first; as many as the index takes in one step."""
log = logging.get(__name__)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A vector file that could not be projected."""

    asset_id: AssetId
    space: str
    error: RekindleError


@dataclass(slots=True)
class Projected:
    """What one projection did."""

    points: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)


@dataclass(slots=True)
class _Wanted:
    files: dict[tuple[str, AssetId], VectorFile] = field(default_factory=dict)
    gone: list[tuple[AssetId, str | None]] = field(default_factory=list)


class Projector:
    """Writes assets into an index as they are now.

    Args:
        catalog: The truth.
        source: Where points come from.
        on_unreadable: Hears of every vector file that is missing or damaged; the others go on.
    """

    def __init__(
        self,
        catalog: Catalog,
        source: VectorSource,
        on_unreadable: Callable[[Unreadable], None] | None = None,
    ) -> None:
        self._catalog = catalog
        self._source = source
        self._on_unreadable = on_unreadable

    def apply(self, index: VectorIndex, changes: Sequence[Change], give_way: GiveWay = never) -> Projected:
        """Bring the assets that changed up to date.

        Args:
            index: What is written to.
            changes: Of which assets.
            give_way: Called between small steps.
        """
        spaces = [row.space for row in index.stats()]
        wanted = _Wanted()
        with self._catalog.read() as reader:
            for change in changes:
                _want(reader, change, spaces, wanted)
        for asset_id, space in dict.fromkeys(wanted.gone):
            give_way()
            index.delete_asset(asset_id, space)
        return self._write(index, wanted.files.values(), _POINTS_AT_A_TIME, give_way)

    def everything(self, index: VectorIndex) -> tuple[int, Projected]:
        """Write all visible assets.

        Returns:
            The sequence number from which the index must follow, and what was done.
        """
        with self._catalog.read() as reader:
            seq = reader.changes.last()
            files = visible_files(reader)
        return seq, self._write(index, files, _POINTS_AT_ONCE, never)

    def _write(
        self, index: VectorIndex, files: Iterable[VectorFile], at_once: int, give_way: GiveWay
    ) -> Projected:
        done = Projected()
        batch: dict[AssetId, list[Point]] = {}
        space, size = "", 0
        for file in sorted(files, key=lambda file: (file.space, file.asset_id)):
            if batch and (file.space != space or size >= at_once):
                give_way()
                index.replace(space, batch)
                batch, size = {}, 0
            if file.space != space:
                space = file.space
                index.ensure_space(spec_of(file))
            give_way()
            points = self._points(file, done)
            if points is not None:
                batch[file.asset_id] = points
                size += len(points)
                done.points += len(points)
        give_way()
        index.replace(space, batch)
        return done

    def _points(self, file: VectorFile, done: Projected) -> list[Point] | None:
        try:
            return list(self._source.points(file.asset_id, file.space))
        except StorageError as error:
            lost = Unreadable(file.asset_id, file.space, error)
        done.unreadable.append(lost)
        log.warning("vector-file-unreadable", asset=lost.asset_id, space=lost.space, code=lost.error.code)
        if self._on_unreadable is not None:
            self._on_unreadable(lost)
        return None


def visible_files(reader: CatalogReader) -> list[VectorFile]:
    """Vector files of all assets that may be found."""
    visible = reader.assets.select(AssetFilter())
    return [file for file in reader.facts.vector_files() if file.asset_id in visible]


def spec_of(file: VectorFile) -> EncoderSpec:
    """The encoder that made a vector file, as far as an index needs to know it."""
    return EncoderSpec(
        kind=cast("EncoderKind", file.kind), name=file.encoder, revision=file.revision, dim=file.dim
    )


def _want(reader: CatalogReader, change: Change, spaces: Sequence[str], wanted: _Wanted) -> None:
    asset_id = change.asset_id
    if visible_asset(reader, asset_id) is None:
        wanted.gone.append((asset_id, None))
        return
    asked = change.space if change.kind == ChangeKind.VECTORS else None
    files = [file for file in reader.facts.vector_files(asset_id) if asked in (None, file.space)]
    wanted.files |= {(file.space, asset_id): file for file in files}
    present = {file.space for file in files}
    within = spaces if asked is None else [asked]
    wanted.gone += [(asset_id, space) for space in within if space not in present]
