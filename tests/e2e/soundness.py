"""What has to be true of a home whatever happened to it: nothing half-written, nothing twice."""

import hashlib
from collections import Counter
from collections.abc import Set
from pathlib import Path

import av

from catalog.factory import open_catalog
from catalog.model import Asset, AssetKind, RenditionRole
from catalog.query import AssetFilter
from catalog.repository import CatalogReader
from foundation.home import Home

KEPT = {
    "proxy.mp4", "proxy.m4a", "thumbnails.mp4", "audio.flac", "poster.jpg", "still.jpg", "probe.json",
    "captions.json", "fingerprint.parquet", "bytes.map", ".walk.lock",
}  # fmt: skip
KEPT_BELOW = {"keyframes": ".jpg", "vectors": ".parquet", "faces": ".jpg", "sidecars": ".srt"}


def assert_whole(home: Home, names: set[str], note: str = "", *, unfinished: Set[str] = frozenset()) -> None:
    """Exactly these assets, each once and complete; every file is the one on record; none is left over."""
    catalog = open_catalog(home)
    try:
        with catalog.read() as reader:
            found = reader.assets.page(AssetFilter(), after=None, limit=10_000)
            assert Counter(asset.name for asset in found) == Counter(names | unfinished), note
            assert {asset.name for asset in found if asset.indexed_at is None} == unfinished, note
            for asset in found:
                _assert_asset(reader, home, asset, note)
    finally:
        catalog.close()
    assert list(home.scratch.iterdir()) == [], note
    known = {home.asset(asset.id) for asset in found}
    assert set(home.derived.glob("*/*")) == known, note


def _assert_asset(reader: CatalogReader, home: Home, asset: Asset, note: str) -> None:
    folder = home.asset(asset.id)
    renditions = reader.facts.renditions(asset.id)
    for rendition in renditions.values():
        data = (folder / rendition.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == rendition.sha256, f"{note} {folder / rendition.path}"
    for file in reader.facts.vector_files(asset.id):
        assert hashlib.sha256((folder / file.path).read_bytes()).hexdigest() == file.sha256, note
    if asset.kind is AssetKind.VIDEO and asset.indexed_at is not None:
        frames = asset.technical.frames
        for role in (RenditionRole.PROXY, RenditionRole.THUMBNAILS):
            assert pictures_in(folder / renditions[role].path) == frames, f"{note} {role}"
        shots = reader.facts.shots(asset.id)
        edges = [0, *(shot.frames.out_frame for shot in shots)]
        assert [shot.frames.in_frame for shot in shots] == edges[:-1], f"{note}: shots overlap or leave gaps"
        assert edges[-1] == frames, note
    left = leftovers(folder)
    assert left == [], f"{note}: {left}"


def pictures_in(proxy: Path) -> int:
    """How many pictures a player gets to see."""
    with av.open(str(proxy)) as container:
        return sum(1 for _ in container.decode(video=0))


def leftovers(folder: Path) -> list[Path]:
    """Files of an asset's folder that are none of those a finished walk leaves."""
    return [path for path in folder.rglob("*") if path.is_file() and not _is_kept(path, folder)]


def _is_kept(path: Path, folder: Path) -> bool:
    if path.parent == folder:
        return path.name in KEPT
    return KEPT_BELOW.get(path.parent.name) == path.suffix and not path.name.startswith(".")
