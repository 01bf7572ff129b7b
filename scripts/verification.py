"""Compares what the catalog says with what lies on disk and in the vector index."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from catalog.factory import open_catalog
from catalog.model import Asset
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader
from embeddings.index_factory import open_for_repair
from embeddings.vector_file import read_vectors
from foundation.errors import StorageError
from foundation.home import Home
from foundation.settings import Settings
from indexer.follower import open_follower
from scripts.locks import held
from scripts.processes import connect

_AGAIN = (
    "Run `rekindle index`; if it says unchanged, delete the asset's derived folder's file and index again."
)
_REBUILD = "`rekindle check --repair` rebuilds the index from stored vectors."
_PAGE = 500
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be."""

    what: str
    wrong: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """Return the fault for JSON."""
        return asdict(self)


def verify(settings: Settings, *, deep: bool) -> list[Fault]:
    """Look at everything that can be looked at without a master.

    Args:
        settings: Which home.
        deep: Digest every rendition, not just its size.
    """
    home = settings.layout.create()
    with closing(open_catalog(home)) as catalog:
        faults = [
            Fault("catalog", sentence, "Restore catalog.db from a backup.") for sentence in catalog.check()
        ]
        faults += _derived(catalog, home, deep=deep)
        expected = _rows(catalog)
    with connect(settings) as client:
        state = client.status()
    points = {row.space: row.points for row in state.index}
    if state.behind == 0:
        faults += [
            Fault(space, f"{points.get(space, 0)} points where {rows} vectors are stored.", _REBUILD)
            for space, rows in expected.items()
            if points.get(space, 0) != rows
        ]
    return faults


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
    for role, rendition in reader.facts.renditions(asset.id).items():
        path = folder / rendition.path
        if not path.is_file() or path.stat().st_size != rendition.size:
            yield Fault(f"{asset.name}: {role}", f"{path} is missing or has another size.", _AGAIN)
        elif deep and _sha256(path) != rendition.sha256:
            yield Fault(f"{asset.name}: {role}", f"{path} was changed.", _AGAIN)
    for file in reader.facts.vector_files(asset.id):
        try:
            read_vectors(folder / file.path, file.sha256)
        except StorageError as error:
            yield Fault(f"{asset.name}: {file.space}", error.message, _AGAIN)


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
