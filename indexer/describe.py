"""Facts of a file in the catalog's words."""

from dataclasses import replace
from pathlib import Path

from catalog.model import Asset, AssetKind, Technical, Track
from indexer.derived import publish_json
from media.probe import MediaInfo, StreamInfo

PROBED = "probe.json"
"""File of an asset's folder with the container's tags and where its sync frames lie."""


def described(asset: Asset, info: MediaInfo) -> Asset:
    """The asset with what probing found; its year is settled later, from more than the file."""
    return replace(
        asset, kind=AssetKind(info.kind), technical=technical(info), duration_ms=info.duration_ms or None
    )


def technical(info: MediaInfo) -> Technical:
    """Technical facts of picture and sound."""
    return Technical(
        rate=info.rate,
        frames=info.frames,
        samples=info.samples,
        width=info.width,
        height=info.height,
        rotation=info.rotation,
        field_order=info.field_order,
        colour=info.colour,
        codec=info.codec,
        container=info.container,
        start_timecode=info.start_timecode,
        drop_frame=info.drop_frame,
        variable_rate=info.variable_rate,
    )


def tracks(info: MediaInfo) -> list[Track]:
    """One track per elementary stream."""
    return [_track(stream) for stream in info.streams]


def _track(stream: StreamInfo) -> Track:
    return Track(
        index=stream.index,
        kind=stream.kind,
        codec=stream.codec,
        language=stream.language,
        role=stream.dispositions[0] if stream.dispositions else None,
        channels=stream.channels,
        sample_rate=stream.sample_rate,
        title=stream.title,
    )


def keep_probe(folder: Path, info: MediaInfo) -> None:
    """Keep what only the master can tell: a part of it can then be fetched without reading it whole."""
    publish_json(
        folder / PROBED, {"tags": dict(info.tags), "sync_frames": [list(s) for s in info.sync_frames]}
    )
