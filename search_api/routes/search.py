"""Search."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.schemas import SearchReply, SearchRequest

router = APIRouter(tags=["search"], responses=documented(404, 422))


@router.get("/v1/search", operation_id="search")
def search(services: ServicesDep, request: Annotated[SearchRequest, Query()]) -> SearchReply:
    """Moments that answer a question in plain language, best first."""
    return services.search.run(request)


@router.post("/v1/search", operation_id="search_with_body")
def search_with_body(services: ServicesDep, request: Annotated[SearchRequest, Body()]) -> SearchReply:
    """The same with a JSON body, for queries too long for an address."""
    return services.search.run(request)
