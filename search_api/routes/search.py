"""Search."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.schemas import SearchReply, SearchRequest
from search_api.schemas_examples import ExampleRequest

router = APIRouter(tags=["search"], responses=documented(404, 422))


@router.get("/v1/search", operation_id="search")
def search(services: ServicesDep, request: Annotated[SearchRequest, Query()]) -> SearchReply:
    """Moments that answer a question in plain language, best first."""
    return services.search.run(request)


@router.post("/v1/search", operation_id="search_with_body")
def search_with_body(services: ServicesDep, request: Annotated[SearchRequest, Body()]) -> SearchReply:
    """The same with a JSON body, for queries too long for an address."""
    return services.search.run(request)


@router.post("/v1/search/by-example", operation_id="search_by_example", responses=documented(413))
def search_by_example(services: ServicesDep, request: Annotated[ExampleRequest, Body()]) -> SearchReply:
    """Moments like these and unlike those, with words and filters beside them.

    Examples are moments of the archive or pictures from outside. Several of each may be given: a page of hits
    is judged, and the next one asked for, in one request.
    """
    return services.search.run(request)
