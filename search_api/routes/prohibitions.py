"""The do-not-identify list: who is on it is removed from the archive and never taken down again."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from catalog import model as m
from foundation.ids import ProhibitionId
from search_api import schemas_people as p
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.people import allow, prohibit
from search_api.services.runs import run_of

router = APIRouter(prefix="/v1/prohibitions", tags=["people"], responses=documented(422))
ProhibitionPath = Annotated[
    str, Path(max_length=64, description="Id of the entry.", examples=[p.PROHIBITION_ID])
]


@router.get("", operation_id="prohibitions")
def prohibitions(services: ServicesDep) -> p.ProhibitionList:
    """The do-not-identify list, newest first. It holds no names."""
    with services.catalog.read() as reader:
        found = [_wire(item) for item in reader.prohibitions.all()]
    is_pending = services.index is not None and services.index.owes_rebuild
    return p.ProhibitionList(prohibitions=found, index_pending=is_pending)


@router.post("", operation_id="prohibit", status_code=201, responses=documented(404, 409))
def add_prohibition(services: ServicesDep, body: p.NewProhibition) -> p.Removal:
    """Remove somebody's name, faces, clusters and vectors, and keep them from coming back."""
    with services.catalog.write() as writer:
        entry, run = prohibit(writer, body.subject, m.ProhibitionReason(body.reason))
        return p.Removal(prohibition=_wire(entry), run=run_of(writer.runs.get(run), []))


@router.delete("/{prohibition}", operation_id="allow_again", status_code=204, responses=documented(404))
def allow_again(services: ServicesDep, prohibition: ProhibitionPath) -> Response:
    """Take an entry off the list; the next index run looks for faces again where it applied."""
    with services.catalog.write() as writer:
        allow(writer, ProhibitionId(prohibition))
    return Response(status_code=204)


def _wire(entry: m.Prohibition) -> p.Prohibition:
    return p.Prohibition(
        id=entry.id,
        reason=entry.reason.value,
        places=entry.places,
        recognises=bool(entry.templates),
        created_at=entry.created_at,
        purged_at=entry.purged_at,
    )
