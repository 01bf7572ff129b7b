"""Saved searches, their feed of new matches, and unmet demand."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from catalog import model as m
from catalog.repository import CatalogReader
from foundation.errors import BadCursor
from foundation.ids import LOCAL_PRINCIPAL
from search_api import schemas as s
from search_api import schemas_saved as v
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.cursor import issue, key_of

router = APIRouter(prefix="/v1", tags=["saved searches"], responses=documented(404, 422))
NamePath = Annotated[str, Path(max_length=200, description="Name or id of the saved search.")]
CursorQuery = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before.")]
LimitQuery = Annotated[int, Query(ge=1, le=500, description="Most matches of one page.")]
_PAGE_FIELDS = {"limit", "cursor", "demand"}


@router.post("/saved", operation_id="save_search", status_code=201, responses=documented(409))
def save_search(services: ServicesDep, body: v.NewSavedSearch) -> v.SavedSearch:
    """Keep a question; it is asked of all footage that arrives from now on."""
    services.search.run(body.query.model_copy(update={"limit": 1, "cursor": None}))
    query = body.query.model_dump(mode="json", by_alias=True, exclude=_PAGE_FIELDS, exclude_defaults=True)
    with services.catalog.write() as writer:
        saved = writer.saved.add(" ".join(body.name.split()) or body.name, query)
        writer.audit.append(LOCAL_PRINCIPAL, "saved.add", saved.id, {"name": saved.name})
        return _wire(writer, saved)


@router.get("/saved", operation_id="saved_searches")
def saved_searches(services: ServicesDep) -> v.SavedSearchList:
    """Saved searches by name."""
    with services.catalog.read() as reader:
        return v.SavedSearchList(saved=[_wire(reader, saved) for saved in reader.saved.all()])


@router.post("/saved/{name}/run", operation_id="run_saved_search")
def run_saved_search(services: ServicesDep, name: NamePath) -> v.SavedSearch:
    """Ask it of all searchable new footage now, instead of within moments."""
    with services.catalog.read() as reader:
        saved = reader.saved.get(name)
    services.standing.catch_up(saved.id)
    with services.catalog.read() as reader:
        return _wire(reader, reader.saved.get(saved.id))


@router.delete("/saved/{name}", operation_id="remove_saved_search", status_code=204)
def remove_saved_search(services: ServicesDep, name: NamePath) -> Response:
    """Forget a question and its feed."""
    with services.catalog.write() as writer:
        saved = writer.saved.get(name)
        writer.saved.remove(saved.id)
        writer.audit.append(LOCAL_PRINCIPAL, "saved.remove", saved.id, {"name": saved.name})
    return Response(status_code=204)


@router.get("/saved-matches", operation_id="saved_matches")
def saved_matches(
    services: ServicesDep,
    name: Annotated[str | None, Query(max_length=200, description="Of this saved search only.")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> v.MatchFeed:
    """What saved searches found in new footage, each moment once, in the order of finding."""
    with services.catalog.read() as reader:
        saved = None if name is None else reader.saved.get(name).id
        identity = f"saved {saved or ''}"
        after = 0 if cursor is None else _seq(key_of(cursor, identity))
        found = reader.saved.matches(saved, after=after, limit=limit)
        names = {item.id: item.name for item in reader.saved.all()}
    last = found[-1].seq if found else after
    return v.MatchFeed(
        matches=[_match(item, names.get(item.saved_id, "")) for item in found],
        next_cursor=issue(str(last), identity) if last else None,
    )


@router.get("/demand", operation_id="demand")
def demand(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most queries.")] = 100,
) -> v.DemandList:
    """Queries that found nothing good, most often asked first: what the archive lacks and people want."""
    keep = services.settings.demand
    services.demand.write(services.catalog, keep)
    with services.catalog.read() as reader:
        found = reader.demands.top(limit)
    wanted = [v.Demand(**{name: getattr(item, name) for name in v.Demand.model_fields}) for item in found]
    return v.DemandList(demand=wanted, kept=keep.keep)


@router.delete("/demand", operation_id="forget_demand")
def forget_demand(
    services: ServicesDep,
    text: Annotated[
        str | None, Query(max_length=2000, description="This query only; everything when missing.")
    ] = None,
) -> v.Forgotten:
    """Forget what was asked."""
    services.demand.write(services.catalog, services.settings.demand)
    with services.catalog.write() as writer:
        count = writer.demands.forget(text)
        writer.audit.append(LOCAL_PRINCIPAL, "demand.forget", "demand", {"queries": count})
    return v.Forgotten(forgotten=count)


def _wire(reader: CatalogReader, saved: m.SavedSearch) -> v.SavedSearch:
    return v.SavedSearch(
        id=saved.id,
        name=saved.name,
        query=s.SearchRequest.model_validate(saved.query),
        created_at=saved.created_at,
        ran_at=saved.ran_at,
        waiting=reader.arrivals.count(saved.seen),
        matches=saved.matches,
    )


def _match(item: m.SavedMatch, name: str) -> v.SavedMatch:
    return v.SavedMatch(
        saved=item.saved_id, name=name, found_at=item.found_at, hit=s.Hit.model_validate(item.hit)
    )


def _seq(key: str) -> int:
    if not key.isdecimal():
        raise BadCursor("The cursor points nowhere.")
    return int(key)
