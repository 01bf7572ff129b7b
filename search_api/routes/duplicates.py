"""Near-duplicates: who shows the same pictures, which copy to work from, and what people say of that."""

from typing import Annotated

from fastapi import APIRouter, Query

from catalog import model as m
from catalog.repository import CatalogReader
from foundation.ids import LOCAL_PRINCIPAL, AssetId
from search_api import schemas_links as sl
from search_api import schemas_work as w
from search_api.problems import documented
from search_api.routes.deps import AssetPath, ServicesDep, visible
from search_api.services.cursor import issue, key_of
from search_api.services.duplicates import duplicates_of, refs_of, relation_of
from search_api.services.runs import run_of

router = APIRouter(prefix="/v1", tags=["duplicates"], responses=documented(404, 422))
LimitQuery = Annotated[int, Query(ge=1, le=500, description="Most links of one page.")]
CursorQuery = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before.")]
_PAGES = "duplicates"


@router.get("/assets/{asset_id}/duplicates", operation_id="duplicates")
def duplicates(services: ServicesDep, asset_id: AssetPath) -> sl.Duplicates:
    """Assets that show the same pictures, where, and the best master of the group."""
    with services.catalog.read() as reader:
        return duplicates_of(reader, visible(reader, asset_id), services.timelines)


@router.get("/duplicates", operation_id="duplicate_pairs")
def duplicate_pairs(
    services: ServicesDep, limit: LimitQuery = 100, cursor: CursorQuery = None
) -> sl.PairList:
    """All links in order of their ends."""
    after = None if cursor is None else _ends(key_of(cursor, _PAGES))
    with services.catalog.read() as reader:
        found = reader.links.page(after=after, limit=limit + 1)
        pairs = _pairs(reader, found[:limit])
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else issue(f"{last.first} {last.second}", _PAGES)
    return sl.PairList(pairs=pairs, next_cursor=following)


@router.post("/duplicates/decisions", operation_id="decide_duplicate")
def decide_duplicate(services: ServicesDep, body: sl.LinkDecision) -> sl.Duplicates:
    """Confirm or reject a link; that outlives every later comparison."""
    decision = None if body.decision is None else m.LinkDecision(body.decision)
    with services.catalog.write() as writer:
        one, other = visible(writer, body.asset), visible(writer, body.other)
        writer.links.decide(one.id, other.id, decision)
        detail = {"other": other.id, "decision": body.decision}
        writer.audit.append(LOCAL_PRINCIPAL, "duplicates.decide", one.id, detail)
        return duplicates_of(writer, one, services.timelines)


@router.post("/duplicates/runs", operation_id="find_duplicates", status_code=201)
def find_duplicates(services: ServicesDep, body: sl.NewComparison) -> w.Run:
    """Compare fingerprints that are due, or all; an index run does this by itself when it ends."""
    with services.catalog.write() as writer:
        if body.again:
            writer.links.compare_again()
        is_due = bool(writer.links.due(1))
        run = writer.runs.start()
        if is_due:
            writer.jobs.enqueue("duplicates", "duplicates", {}, run=run, asset=None)
        state = "indexing" if is_due else "finished"
        writer.runs.update(run, state=state, discovered=0, unchanged=0, cold=0)
        return run_of(writer.runs.get(run), [])


def _ends(key: str) -> tuple[AssetId, AssetId]:
    first, _, second = key.partition(" ")
    return AssetId(first), AssetId(second)


def _pairs(reader: CatalogReader, links: list[m.Link]) -> list[sl.Pair]:
    assets = reader.assets.many(dict.fromkeys(end for link in links for end in (link.first, link.second)))
    refs = refs_of(reader, assets.values())
    return [
        sl.Pair(
            first=refs[link.first],
            second=refs[link.second],
            relation=relation_of(link, link.first),
            score=round(link.score, 4),
            decision="confirmed" if link.decision is not None else None,
        )
        for link in links
    ]
