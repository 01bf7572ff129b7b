"""Proxies, posters, keyframes and captions as files a player understands."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import Response, StreamingResponse

from catalog.model import Asset, Keyframe, Rendition, RenditionRole, playable_of
from catalog.repository import CatalogReader
from foundation.errors import RenditionNotFound
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import AssetPath, ServicesDep, visible
from search_api.services.playback import Served, answer_to, chunks, contained, webvtt

router = APIRouter(prefix="/v1/assets/{asset_id}", tags=["playback"])

_Responses = dict[int | str, dict[str, Any]]


def file_responses(*media_types: str) -> _Responses:
    """What OpenAPI says of an address that serves a file."""
    content = {name: {"schema": {"type": "string", "format": "binary"}} for name in media_types}
    return {
        200: {"description": "The whole file", "content": content},
        206: {"description": "The part that Range asks for", "content": content},
        304: {"description": "The copy you have is current (If-None-Match)"},
        416: {"description": "The range begins past the end"},
        **documented(404, 422),
    }


_FILE = file_responses("video/mp4", "audio/mp4", "image/jpeg")
_PICTURE = file_responses("image/jpeg")
FramePath = Annotated[
    int, InPath(ge=0, le=1 << 40, description="Any frame; the nearest keyframe of its shot is sent.")
]


@router.get("/proxy", operation_id="proxy", response_class=Response, responses=_FILE)
@router.head("/proxy", operation_id="proxy_head", response_class=Response, responses=_FILE)
def proxy(services: ServicesDep, asset_id: AssetPath, request: Request) -> Response:
    """The playable proxy (MP4, M4A or JPEG); Range gives any part of it."""
    return respond(request, _rendition(services, asset_id, "proxy", playable_of))


@router.get("/poster", operation_id="poster", response_class=Response, responses=_PICTURE)
@router.head("/poster", operation_id="poster_head", response_class=Response, responses=_PICTURE)
def poster(services: ServicesDep, asset_id: AssetPath, request: Request) -> Response:
    """One picture that stands for the asset."""
    return respond(
        request, _rendition(services, asset_id, "poster", lambda found: found.get(RenditionRole.POSTER))
    )


@router.get("/keyframes/{frame}", operation_id="keyframe", response_class=Response, responses=_PICTURE)
@router.head("/keyframes/{frame}", operation_id="keyframe_head", response_class=Response, responses=_PICTURE)
def keyframe(services: ServicesDep, asset_id: AssetPath, request: Request, frame: FramePath) -> Response:
    """The keyframe that shows a frame best: of the same shot, and the nearest."""
    with services.catalog.read() as reader:
        asset = visible(reader, asset_id)
        found = _nearest(reader, asset, frame)
    path = contained(services.home.asset(asset.id), found.path)
    return respond(request, _picture(path))


@router.get(
    "/captions.vtt",
    operation_id="captions",
    response_class=Response,
    responses={200: {"description": "WebVTT", "content": {"text/vtt": {}}}, **documented(404, 422)},
)
def captions(services: ServicesDep, asset_id: AssetPath) -> Response:
    """Captions or recognised speech as WebVTT."""
    with services.catalog.read() as reader:
        asset = visible(reader, asset_id)
        cues = reader.facts.cues(asset.id)
    if not cues:
        raise RenditionNotFound(f"{asset.name} has no captions and no recognised speech.")
    return Response(webvtt(cues), media_type="text/vtt; charset=utf-8", headers={"Cache-Control": "no-cache"})


def _rendition(
    services: Services,
    asset_id: str,
    what: str,
    choose: Callable[[Mapping[RenditionRole, Rendition]], Rendition | None],
) -> Served:
    with services.catalog.read() as reader:
        asset = visible(reader, asset_id)
        found = choose(reader.facts.renditions(asset.id))
    if found is None:
        raise RenditionNotFound(f"{asset.name} has no {what} yet.")
    path = contained(services.home.asset(asset.id), found.path)
    return Served(path, path.stat().st_size, f'"{found.sha256}"', found.media_type)


def _picture(path: Path) -> Served:
    """A keyframe; stills are rewritten whole or not at all, so size and time tell versions apart."""
    facts = path.stat()
    return Served(path, facts.st_size, f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"', "image/jpeg")


def _nearest(reader: CatalogReader, asset: Asset, frame: int) -> Keyframe:
    keyframes = reader.facts.keyframes(asset.id)
    if not keyframes:
        raise RenditionNotFound(f"{asset.name} has no keyframes.")
    shots = reader.facts.shots(asset.id)
    at = max(bisect_right([shot.frames.in_frame for shot in shots], frame) - 1, 0)
    of_shot = [item for item in keyframes if shots and item.shot_id == shots[at].id]
    return min(of_shot or keyframes, key=lambda item: abs(item.frame - frame))


def respond(request: Request, served: Served) -> Response:
    """The file, or the part of it that a request asks for."""
    reply = answer_to(served, request.headers)
    if reply.part is None or request.method == "HEAD":
        return Response(status_code=reply.status, headers=dict(reply.headers))
    return StreamingResponse(chunks(served.path, reply.part), reply.status, dict(reply.headers))
