"""Parts of masters: what they cost, fetching them, and the files."""

from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote as quoted

from fastapi import APIRouter, Path, Response
from fastapi import Request as HttpRequest

from archive_tiering.parts.quotes import PartQuote
from archive_tiering.parts.reader import Part
from archive_tiering.restores.reservation import Request
from catalog.model import Approval, Asset
from foundation.errors import RangeUnavailable
from foundation.ids import ProjectId, QuoteId
from foundation.timecode import FrameRange
from search_api import schemas_restores as r
from search_api import schemas_subclips as u
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import AssetPath, PrincipalDep, ServicesDep, clock_of, visible
from search_api.routes.media import file_responses, respond
from search_api.services.money import budget_of
from search_api.services.playback import Served
from search_api.services.positions import frames_between, picture_of
from search_api.services.restore_wire import approval_wire

router = APIRouter(prefix="/v1", tags=["subclips"], responses=documented(401, 404, 409, 422))
SubclipPath = Annotated[str, Path(max_length=64, description="Id of the subclip.", examples=[u.SUBCLIP_ID])]
_TYPES = {".mov": "video/quicktime", ".mkv": "video/x-matroska"}
_FILE = file_responses(*_TYPES.values())


@router.post("/subclips/quotes", operation_id="quote_subclip", status_code=201)
def quote_subclip(
    services: ServicesDep, principal: PrincipalDep, body: u.SubclipQuoteRequest
) -> u.SubclipQuote:
    """What fetching a range of a master takes and costs; nothing of the master is read."""
    with services.catalog.read() as reader:
        asset = visible(reader, body.asset)
        picture = picture_of(asset, services.timelines.of(reader, [asset]).get(asset.id))
        if picture is None:
            raise RangeUnavailable(f"{asset.name!r} has no moving picture on record to take a part of.")
        frames = frames_between(picture, body.first, body.last)
        wanted = FrameRange(
            max(frames.in_frame - body.handles, 0), min(frames.out_frame + body.handles, len(picture.pts))
        )
        clock = clock_of(services, reader, asset)
    made = services.parts.quote(asset.id, wanted, principal=principal)
    return _quote(made, clock.label(made.first_frame))


@router.post(
    "/subclips",
    operation_id="fetch_subclip",
    status_code=201,
    responses={
        **documented(402, 502, 507),
        202: {"model": r.Approval, "description": "An approver is asked."},
    },
)
def fetch_subclip(
    services: ServicesDep, principal: PrincipalDep, body: u.NewSubclip, response: Response
) -> u.Subclip | r.Approval:
    """Agree to a quote: the part is read, cut and kept. Asking again reads and spends nothing more.

    Where an approver has to decide and may be asked, the answer is their open request (202). Once it is
    approved the part is read, and whoever asked is told.
    """
    request = Request(
        principal,
        ProjectId(body.project),
        budget_of(body.budget_usd),
        ask_approval=body.ask_approval,
    )
    made = services.parts.agree(QuoteId(body.quote), request)
    if isinstance(made, Approval):
        response.status_code = 202
        return approval_wire(made)
    with services.catalog.read() as reader:
        asset = visible(reader, made.asset)
    return _subclip(services, asset, made)


@router.get("/assets/{asset_id}/subclips", operation_id="subclips")
def subclips(services: ServicesDep, asset_id: AssetPath) -> u.SubclipList:
    """Finished subclips of an asset, the newest first."""
    asset = _asset(services, asset_id)
    return u.SubclipList(subclips=[_subclip(services, asset, part) for part in services.parts.all(asset.id)])


@router.get(
    "/assets/{asset_id}/subclips/{subclip_id}",
    operation_id="subclip",
    response_class=Response,
    responses=_FILE,
)
def subclip(
    services: ServicesDep, asset_id: AssetPath, subclip_id: SubclipPath, request: HttpRequest
) -> Response:
    """The file; Range gives any part of it."""
    asset = _asset(services, asset_id)
    part, path = services.parts.get(asset.id, subclip_id)
    size = path.stat().st_size
    answer = respond(request, Served(path, size, f'"{part.id}-{size:x}"', _TYPES[path.suffix]))
    name = _name(asset, part)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quoted(name, safe='')}"
    return answer


@router.delete("/assets/{asset_id}/subclips/{subclip_id}", operation_id="remove_subclip", status_code=204)
def remove_subclip(services: ServicesDep, asset_id: AssetPath, subclip_id: SubclipPath) -> Response:
    """Delete a subclip; the master is untouched."""
    services.parts.remove(_asset(services, asset_id).id, subclip_id)
    return Response(status_code=204)


def _asset(services: Services, asset_id: str) -> Asset:
    with services.catalog.read() as reader:
        return visible(reader, asset_id)


def _quote(made: PartQuote, timecode: str | None) -> u.SubclipQuote:
    return u.SubclipQuote(
        id=made.quote.id,
        asset=made.asset,
        in_frame=made.wanted.in_frame,
        out_frame=made.wanted.out_frame,
        first_frame=made.first_frame,
        timecode=timecode,
        bytes=made.quote.size,
        whole=made.whole,
        requests=made.requests,
        cost=made.quote.cost,
        currency=made.quote.currency,
        lines=[dict(line) for line in made.quote.lines],
        expires_at=made.quote.expires_at,
    )


def _subclip(services: Services, asset: Asset, part: Part) -> u.Subclip:
    _, path = services.parts.get(asset.id, part.id)
    return u.Subclip.model_validate(
        {
            **{name: getattr(part, name) for name in u.Subclip.model_fields if hasattr(part, name)},
            "size": path.stat().st_size,
            "url": f"/v1/assets/{asset.id}/subclips/{part.id}",
            "suggested_name": _name(asset, part),
        }
    )


def _name(asset: Asset, part: Part) -> str:
    """The master's name with where the part begins."""
    place = (
        f"f{part.in_frame:08d}"
        if part.timecode is None
        else part.timecode.replace(":", "-").replace(";", "-")
    )
    return f"{PurePosixPath(asset.name).stem}_{place}{FilePath(part.name).suffix}"
