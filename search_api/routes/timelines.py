"""Moments to editing programs and back: EDL, OpenTimelineIO, FCPXML."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from catalog.repository import CatalogReader
from foundation.ids import mint
from media.timeline import MEDIA_TYPES
from media.timeline_edl import read_edl
from media.timeline_read import ReadTimeline
from media.tool import MediaLimits
from search_api import schemas_timelines as t
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import ServicesDep, clock_of, visible
from search_api.schemas import AssetRef, Hit
from search_api.services.timeline_making import Bench, rate_of, timeline_of, written
from search_api.services.timeline_resolving import Resolved, Resolver

router = APIRouter(prefix="/v1/timelines", tags=["timelines"], responses=documented(404, 422))

_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The timeline as a file",
        "content": {name: {"schema": {"type": "string"}} for name in dict.fromkeys(MEDIA_TYPES.values())},
    },
    **documented(404, 422),
}


@router.post("", operation_id="make_timeline", response_class=Response, responses=_FILE)
def make_timeline(services: ServicesDep, body: t.TimelineRequest) -> Response:
    """Moments in a row as a file for Resolve, Premiere, Avid or Final Cut Pro, against proxy or master."""
    return _made(services, body)


@router.get("", operation_id="timeline", response_class=Response, responses=_FILE)
def timeline(
    services: ServicesDep,
    moment: Annotated[
        list[str] | None, Query(max_length=500, description="`ASSET` or `ASSET@IN-OUT`; may be repeated.")
    ] = None,
    saved: Annotated[
        str | None, Query(max_length=200, description="All matches of this saved search, as they were found.")
    ] = None,
    format: Annotated[t.TimelineFormat, Query(description="File format.")] = "edl",
    against: Annotated[t.Against, Query(description="Which media it refers to.")] = "proxy",
    handles: Annotated[int, Query(ge=0, le=100_000, description="Frames added at either end.")] = 0,
) -> Response:
    """The same by address: moments, or what a saved search has found."""
    moments = [t.moment_of(text) for text in moment or ()]
    if saved is not None:
        with services.catalog.read() as reader:
            moments += _matches(reader, saved)
    request = t.TimelineRequest.model_construct(
        moments=moments, format=format, against=against, handles=handles, name=saved or "Rekindle"
    )
    return _made(services, request)


@router.post("/read", operation_id="read_timeline")
def read_timeline(services: ServicesDep, body: t.TimelineText) -> t.ReadTimeline:
    """What a timeline uses: every clip with its asset and range, or with the reason why none was found."""
    read = _parsed(services, body)
    with services.catalog.read() as reader:
        clips = [_clip(services, reader, found) for found in _resolved(services, reader, body, read)]
    found = sum(clip.asset is not None for clip in clips)
    return t.ReadTimeline(name=read.name, clips=clips, resolved=found)


def clips_of(services: Services, reader: CatalogReader, body: t.TimelineText) -> list[Resolved]:
    """The clips of a timeline with their assets and ranges, or the reasons why none was found."""
    return _resolved(services, reader, body, _parsed(services, body))


def _parsed(services: Services, body: t.TimelineText) -> ReadTimeline:
    return read_edl(body.text) if body.format == "edl" else _read_otio(services, body.text)


def _resolved(
    services: Services, reader: CatalogReader, body: t.TimelineText, read: ReadTimeline
) -> list[Resolved]:
    resolver = Resolver(reader, services.timelines, None if body.rate is None else rate_of(body.rate))
    return [resolver.resolve(clip) for clip in read.clips]


def _made(services: Services, request: t.TimelineRequest) -> Response:
    with services.catalog.read() as reader:
        assets = [visible(reader, moment.asset) for moment in request.moments]
        bench = Bench(reader, services.home, services.timelines, request.media_root)
        made = timeline_of(bench, assets, request)
    name = f"{made.name}.{request.format}"
    plain = name.encode("ascii", "replace").decode().translate(str.maketrans('"\\/?%', "_____"))
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(
        written(made, request.format, whole_reels=request.whole_reels),
        media_type=MEDIA_TYPES[request.format],
        headers={"Content-Disposition": disposition},
    )


def _matches(reader: CatalogReader, saved: str) -> list[t.Moment]:
    found = reader.saved.matches(reader.saved.get(saved).id, after=0, limit=t.MOST_MOMENTS)
    return [_moment(Hit.model_validate(match.hit)) for match in found]


def _moment(hit: Hit) -> t.Moment:
    if hit.in_frame is not None:
        return t.Moment(asset=hit.asset.id, first=hit.in_frame, last=hit.out_frame)
    first, last = (None if at is None else f"{at:.6f}s" for at in (hit.start, hit.end))
    return t.Moment(asset=hit.asset.id, first=first, last=last)


def _read_otio(services: Services, text: str) -> ReadTimeline:
    # The library is native code and takes its time to load; most processes never read a timeline.
    from media.timeline_otio import read_otio  # noqa: PLC0415

    path: Path = services.home.scratch / f"{mint('otl')}.otio"
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
        return read_otio(path, MediaLimits.from_settings(services.settings.media))
    finally:
        path.unlink(missing_ok=True)


def _clip(services: Services, reader: CatalogReader, found: Resolved) -> t.TimelineClip:
    place = None
    reference = None
    if found.asset is not None:
        place = clock_of(services, reader, found.asset).range_of(found.frames, found.sound)
        copy = reader.assets.primary_instances([found.asset.id]).get(found.asset.id)
        reference = AssetRef(
            id=found.asset.id,
            name=found.asset.name,
            uri="" if copy is None else copy.essence.uri,
            kind=found.asset.kind.value,
        )
    return t.TimelineClip(
        name=found.clip.name,
        reel=found.clip.reel,
        file=found.clip.file,
        asset=reference,
        in_frame=None if place is None else place.in_frame,
        out_frame=None if place is None else place.out_frame,
        start=None if place is None else place.start,
        end=None if place is None else place.end,
        timecode=found.clip.label_in if place is None else place.timecode,
        unresolved=found.reason,
    )
