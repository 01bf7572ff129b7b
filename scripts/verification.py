"""Compares what the catalog says with what lies on disk and in the vector index."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from archive_tiering.factory import open_replay
from archive_tiering.moves.replay import News, Replayed
from catalog.factory import open_catalog
from catalog.model import Asset
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader
from embeddings.encoder import stage_of
from embeddings.index_factory import open_for_repair
from embeddings.vector_file import read_vectors
from foundation.errors import StorageError
from foundation.home import Home
from foundation.ids import AssetId
from foundation.settings import Settings
from indexer.follower import open_follower
from indexer.recipe import FINGERPRINT, PROXY, SHOTS, WALK
from scripts.locks import held
from scripts.processes import connect
from search_api.schemas_work import Status

_AGAIN = "`rekindle check --repair` takes note of it, and the next `rekindle index` makes it again."
_RESTORE = "Move catalog.db aside and `rekindle recover` a backup."
_MEND = "`rekindle check --repair` flips it back; otherwise `rekindle recover` a backup."
_REBUILD = "`rekindle check --repair` rebuilds the index from stored vectors."
_MOVED = "`rekindle check --repair` looks whether it is there, and takes note of it."
_PAGE = 500
_BLOCK = 1 << 20

_Lost = tuple[str, str, str]
"""What is lost, how that shows, and the stage that makes it again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be.

    Attributes:
        lost: The asset and the stage that has to make it again, where that would help.
    """

    what: str
    wrong: str
    remedy: str
    lost: tuple[AssetId, str] | None = None

    def as_dict(self) -> dict[str, str]:
        """Return the fault for JSON."""
        return {"what": self.what, "wrong": self.wrong, "remedy": self.remedy}


def verify(settings: Settings, *, deep: bool) -> list[Fault]:
    """Look at everything that can be looked at without a master.

    Args:
        settings: Which home.
        deep: Digest every rendition, not just its size.
    """
    home = settings.layout.create()
    with closing(open_catalog(home)) as catalog:
        faults = [
            Fault("catalog", sentence, _MEND if "is flipped" in sentence else _RESTORE)
            for sentence in catalog.check()
        ]
        faults += _derived(catalog, home, deep=deep)
        faults += [_moved(news) for news in open_replay(catalog, settings).news()]
        expected = _rows(catalog)
    with connect(settings) as client:
        state = client.status()
    return faults + list(_spaces(state, expected))


def _spaces(state: Status, expected: Mapping[str, int]) -> Iterator[Fault]:
    if expected and not state.index:
        yield Fault("vector index", "It cannot be opened, or holds nothing.", _REBUILD)
    elif state.behind == 0:
        points = {row.space: row.points for row in state.index}
        for space, rows in expected.items():
            if points.get(space, 0) != rows:
                sentence = f"{points.get(space, 0)} points where {rows} vectors are stored."
                yield Fault(space, sentence, _REBUILD)


def rebuild_index(settings: Settings) -> None:
    """Build a new generation of the vector index and swap it in.

    Raises:
        AlreadyOwned: Another process owns the home.
        IndexUnavailable: The new generation did not verify; the old one stays.
    """
    home = settings.layout.create()
    with (
        held(home.owner_lock),
        closing(open_catalog(home)) as catalog,
        closing(open_for_repair(home, settings.vectors)) as index,
    ):
        open_follower(catalog, index, home).rebuild()


def mend_catalog(settings: Settings) -> list[str]:
    """Put back single bits that flipped in the catalog; says where.

    Raises:
        CatalogBusy: Another writer did not make way in time.
        CatalogCorrupt: The catalog is too damaged to be opened.
    """
    with closing(open_catalog(settings.layout.create())) as catalog:
        return catalog.mend()


def unknown_pages(settings: Settings) -> int:
    """How many pages of the catalog have no digest yet; verifying learns them."""
    with closing(open_catalog(settings.layout.create())) as catalog:
        return catalog.unknown_pages()


def replay_moves(settings: Settings) -> Replayed:
    """Let a catalog that was put back from a backup learn where masters lie that were moved since."""
    with closing(open_catalog(settings.layout.create())) as catalog:
        return open_replay(catalog, settings).replay()


def _moved(news: News) -> Fault:
    told = news.told
    where = f"{told.target} ({told.to_class}) on {told.at:%Y-%m-%d}"
    return Fault(news.name, f"It was moved to {where}, which the catalog does not know.", _MOVED)


def reopen(settings: Settings, faults: Iterable[Fault]) -> int:
    """Let the next index run make again what is lost; returns how many assets that concerns."""
    stages: dict[AssetId, set[str]] = {}
    for fault in faults:
        if fault.lost is not None:
            asset_id, stage = fault.lost
            stages.setdefault(asset_id, {WALK}).add(stage)
    if stages:
        with closing(open_catalog(settings.layout)) as catalog, catalog.write() as writer:
            for asset_id, names in stages.items():
                writer.assets_writer.reopen(asset_id, names, needs_master=PROXY in names)
    return len(stages)


def _derived(catalog: Catalog, home: Home, *, deep: bool) -> list[Fault]:
    faults: list[Fault] = []
    after = None
    while True:
        with catalog.read() as reader:
            page = reader.assets.page(AssetFilter(), after=after, limit=_PAGE)
            faults += [fault for asset in page for fault in _of_asset(reader, asset, home, deep=deep)]
        if len(page) < _PAGE:
            return faults
        after = page[-1].id


def _of_asset(reader: CatalogReader, asset: Asset, home: Home, *, deep: bool) -> Iterator[Fault]:
    folder = home.asset(asset.id)
    lost = [
        *_renditions(reader, asset, folder, deep=deep),
        *_keyframes(reader, asset, folder),
        *_vectors(reader, asset, folder),
        *_fingerprint(reader, asset, folder),
    ]
    for what, wrong, stage in lost:
        yield Fault(f"{asset.name}: {what}", wrong, _AGAIN, (asset.id, stage))


def _renditions(reader: CatalogReader, asset: Asset, folder: Path, *, deep: bool) -> Iterator[_Lost]:
    for role, rendition in reader.facts.renditions(asset.id).items():
        path = folder / rendition.path
        if not path.is_file() or path.stat().st_size != rendition.size:
            yield role, f"{path} is missing or has another size.", PROXY
        elif deep and _sha256(path) != rendition.sha256:
            yield role, f"{path} was changed.", PROXY


def _keyframes(reader: CatalogReader, asset: Asset, folder: Path) -> Iterator[_Lost]:
    for keyframe in reader.facts.keyframes(asset.id):
        if not (folder / keyframe.path).is_file():
            yield "keyframe", f"{folder / keyframe.path} is missing.", SHOTS


def _vectors(reader: CatalogReader, asset: Asset, folder: Path) -> Iterator[_Lost]:
    for file in reader.facts.vector_files(asset.id):
        try:
            read_vectors(folder / file.path, file.sha256)
        except StorageError as error:
            yield file.space, error.message, stage_of(file.kind, file.revision)


def _fingerprint(reader: CatalogReader, asset: Asset, folder: Path) -> Iterator[_Lost]:
    for fingerprint in reader.links.fingerprints_of([asset.id]).values():
        try:
            read_vectors(folder / fingerprint.path, fingerprint.sha256)
        except StorageError as error:
            yield FINGERPRINT, error.message, FINGERPRINT


def _rows(catalog: Catalog) -> dict[str, int]:
    rows: dict[str, int] = {}
    with catalog.read() as reader:
        visible = reader.assets.select(AssetFilter())
        for file in reader.facts.vector_files():
            if file.asset_id in visible:
                rows[file.space] = rows.get(file.space, 0) + file.rows
    return rows


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
