"""Search."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Response

from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.schemas import SearchReply, SearchRequest
from search_api.schemas_examples import ExampleRequest

router = APIRouter(tags=["search"], responses=documented(404, 422))


@router.get("/v1/search", operation_id="search", response_model=SearchReply)
def search(services: ServicesDep, request: Annotated[SearchRequest, Query()]) -> Response:
    """Moments that answer a question in plain language, best first."""
    return _answered(services, request)


@router.post("/v1/search", operation_id="search_with_body", response_model=SearchReply)
def search_with_body(services: ServicesDep, request: Annotated[SearchRequest, Body()]) -> Response:
    """The same with a JSON body, for queries too long for an address."""
    return _answered(services, request)


@router.post(
    "/v1/search/by-example",
    operation_id="search_by_example",
    response_model=SearchReply,
    responses=documented(413),
)
def search_by_example(services: ServicesDep, request: Annotated[ExampleRequest, Body()]) -> Response:
    """Moments like these and unlike those, with words and filters beside them.

    Examples are moments of the archive or pictures from outside. Several of each may be given: a page of hits
    is judged, and the next one asked for, in one request.
    """
    return _written(services.answer(request))


def _answered(services: Services, request: SearchRequest) -> Response:
    reply = services.answer(request)
    services.demand.note(request, reply)
    return _written(reply)


def _written(reply: SearchReply) -> Response:
    """A valid reply as it is: FastAPI would validate it again, which takes longer than some signals."""
    return Response(reply.model_dump_json(), media_type="application/json")
