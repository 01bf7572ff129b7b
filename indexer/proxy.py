"""Stage ``proxy``: the one pass over the master, and all that only the master can tell."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from catalog.model import Asset, AssetKind, InstanceKind, Rendition, RenditionRole
from catalog.repository import CatalogWriter
from foundation.timecode import SOUND_RATE, PtsTable
from indexer.derived import publish_bytes
from indexer.describe import described, keep_probe, tracks
from indexer.embedded import keep_embedded
from indexer.master import expect_unchanged
from indexer.work import Commit, Work
from media.byte_map import NAME as MAP_NAME
from media.layout import map_of
from media.proxy import ANALYSIS_RATE, ProxyRecipe, ProxyResult, make_proxy
from media.stills import make_still
from media.thumbnails import track_size

_MEDIA_TYPES: Mapping[str, str] = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".flac": "audio/flac",
    ".jpg": "image/jpeg",
}


def make(work: Work) -> Commit:
    """Make a film's renditions or a still's picture, and keep what only the master can tell."""
    work.folder.mkdir(parents=True, exist_ok=True)
    keep_probe(work.folder, work.info())
    _keep_map(work)
    facts = _still(work) if work.asset.kind is AssetKind.STILL else _moving(work)
    expect_unchanged(work.store, work.instance)
    return facts


def _keep_map(work: Work) -> None:
    """Keep where the parts of the master lie; one that was put together from several files has none."""
    is_one = work.instance.kind is InstanceKind.FILE
    made = map_of(work.master().path, work.info()) if is_one else None
    if made is None:
        (work.folder / MAP_NAME).unlink(missing_ok=True)
    else:
        publish_bytes(work.folder / MAP_NAME, made.to_bytes())


def _moving(work: Work) -> Commit:
    recipe = ProxyRecipe.from_settings(work.services.settings.media)
    made = make_proxy(
        work.master().path,
        work.info(),
        work.folder,
        recipe,
        work.limits,
        lambda done: work.lease.report("proxy", done),
    )
    keep_embedded(work.folder, work.master().path, work.info(), work.limits)
    asset = _as_presented(_described(work), made)
    return lambda writer: _write(writer, work, asset, made.pts, _renditions(made))


def _described(work: Work) -> Asset:
    """The asset with what probing found; of a borrowed proxy only what it shares with its master."""
    asset = described(work.asset, work.info())
    if not work.borrowed:
        return asset
    facts = replace(
        asset.technical, width=None, height=None, codec=None, container=None, colour={}, field_order=None
    )
    return replace(asset, technical=facts)


def _as_presented(asset: Asset, made: ProxyResult) -> Asset:
    """The asset with the timeline that is really shown, which the packets only promise."""
    samples = made.samples * SOUND_RATE // ANALYSIS_RATE or None
    facts = replace(asset.technical, frames=made.frames or None, samples=samples)
    length = asset.duration_ms if made.pts is None else round(made.pts.seconds * 1000)
    return replace(asset, technical=facts, duration_ms=length)


def _renditions(made: ProxyResult) -> list[Rendition]:
    size = (made.width or None, made.height or None)
    found = [rendition(RenditionRole.PROXY, made.proxy, size, made.frames or None)]
    if made.audio is not None:
        found.append(rendition(RenditionRole.AUDIO, made.audio))
    if made.thumbnails is not None:
        small = track_size(made.width, made.height)
        found.append(rendition(RenditionRole.THUMBNAILS, made.thumbnails, small, made.frames))
    return [*found, rendition(RenditionRole.POSTER, made.poster)]


def _still(work: Work) -> Commit:
    made = make_still(work.master().path, work.info(), work.folder, work.limits)
    asset = _described(work)
    renditions = [
        rendition(RenditionRole.STILL, made.proxy, (made.width, made.height)),
        rendition(RenditionRole.POSTER, made.poster),
    ]
    return lambda writer: _write(writer, work, asset, None, renditions)


def rendition(
    role: RenditionRole,
    path: Path,
    size: tuple[int | None, int | None] = (None, None),
    frames: int | None = None,
) -> Rendition:
    """A finished file of an asset's folder, with its digest."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    media_type = _MEDIA_TYPES[path.suffix]
    return Rendition(role, path.name, path.stat().st_size, sha256, media_type, *size, frames)


def _write(
    writer: CatalogWriter, work: Work, asset: Asset, pts: PtsTable | None, renditions: list[Rendition]
) -> None:
    writer.assets_writer.describe(asset, pts, tracks(work.info()))
    for made in renditions:
        writer.facts_writer.put_rendition(asset.id, made)
