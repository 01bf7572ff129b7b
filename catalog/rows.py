"""Between table rows and the catalog's nouns."""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from catalog.model import (
    Asset,
    AssetKind,
    AssetState,
    Box,
    CueKind,
    ObjectRole,
    RestoreState,
    StoredObject,
    Technical,
)
from foundation.timecode import FrameRange, SampleRange

Row = sa.Row[Any]


def technical_of(row: Row) -> Technical:
    """Technical facts from an assets row."""
    return Technical(
        rate=None if row.rate is None else _rate(row.rate),
        frames=row.frames,
        samples=row.samples,
        width=row.width,
        height=row.height,
        rotation=row.rotation,
        field_order=row.field_order,
        colour=row.colour,
        codec=row.codec,
        container=row.container,
        start_timecode=row.start_timecode,
        drop_frame=row.drop_frame,
        variable_rate=row.variable_rate,
    )


@lru_cache(maxsize=256)
def _rate(text: str) -> Fraction:
    """A rate from its text; an archive has few different ones."""
    return Fraction(text)


def technical_values(technical: Technical) -> dict[str, object]:
    """Columns of an assets row from technical facts."""
    return {
        "rate": None if technical.rate is None else str(technical.rate),
        "frames": technical.frames,
        "samples": technical.samples,
        "width": technical.width,
        "height": technical.height,
        "rotation": technical.rotation,
        "field_order": technical.field_order,
        "colour": dict(technical.colour),
        "codec": technical.codec,
        "container": technical.container,
        "start_timecode": technical.start_timecode,
        "drop_frame": technical.drop_frame,
        "variable_rate": technical.variable_rate,
    }


def asset_of(row: Row) -> Asset:
    """An asset from its row."""
    return Asset(
        id=row.id,
        kind=AssetKind(row.kind),
        name=row.name,
        location_id=row.location_id,
        collection=row.collection,
        state=AssetState(row.state),
        version=row.version,
        sha256=row.sha256,
        technical=technical_of(row),
        duration_ms=row.duration_ms,
        year=row.year,
        year_source=row.year_source,
        has_speech=row.has_speech,
        storage_class=row.storage_class,
        indexed_at=row.indexed_at,
        created_at=row.created_at,
    )


def object_of(row: Row) -> StoredObject:
    """A stored object from its row."""
    return StoredObject(
        role=ObjectRole(row.role),
        uri=row.uri,
        key=row.key,
        size=row.size,
        etag=row.etag,
        mtime_ns=row.mtime_ns,
        version=row.version,
        storage_class=row.storage_class,
        restore=RestoreState(row.restore),
        sha256=row.sha256,
        language=row.language,
        caption_kind=None if row.caption_kind is None else CueKind(row.caption_kind),
        archive_tier=row.archive_tier,
    )


def object_values(item: StoredObject) -> dict[str, object]:
    """Columns of an objects row."""
    return {
        "role": item.role,
        "uri": item.uri,
        "key": item.key,
        "size": item.size,
        "etag": item.etag,
        "mtime_ns": item.mtime_ns,
        "version": item.version,
        "storage_class": item.storage_class,
        "restore": item.restore,
        "sha256": item.sha256,
        "language": item.language,
        "caption_kind": item.caption_kind,
        "archive_tier": item.archive_tier,
    }


def box_of(row: Row) -> Box:
    """A box that is certainly there."""
    return Box(row.box_left, row.box_top, row.box_width, row.box_height)


def box_values(box: Box | None) -> dict[str, float | None]:
    """Columns of a box."""
    if box is None:
        return {"box_left": None, "box_top": None, "box_width": None, "box_height": None}
    return {"box_left": box.left, "box_top": box.top, "box_width": box.width, "box_height": box.height}


def frames_of(row: Row) -> FrameRange | None:
    """A range of frames that may be absent."""
    return None if row.in_frame is None else FrameRange(row.in_frame, row.out_frame)


def frame_values(frames: FrameRange | None) -> Mapping[str, int | None]:
    """Columns of a range of frames."""
    if frames is None:
        return {"in_frame": None, "out_frame": None}
    return {"in_frame": frames.in_frame, "out_frame": frames.out_frame}


def sound_of(row: Row) -> SampleRange | None:
    """A range of sound that may be absent."""
    return None if row.start is None else SampleRange(row.start, row.end)


def sound_values(sound: SampleRange | None) -> Mapping[str, int | None]:
    """Columns of a range of sound."""
    return {"start": None, "end": None} if sound is None else {"start": sound.start, "end": sound.end}
