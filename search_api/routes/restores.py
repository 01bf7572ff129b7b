"""Bringing masters back: quote, agree, wait, keep longer, come faster."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from catalog.model import Approval
from catalog.repository import CatalogReader
from foundation.ids import AssetId, ProjectId, QuoteId, RestoreId
from search_api import schemas_restores as r
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep, visible
from search_api.services.money import budget_of
from search_api.services.restore_wire import approval_wire, quote_wire, restore_wire

router = APIRouter(prefix="/v1/restores", tags=["restores"], responses=documented(401, 404, 422))
RestorePath = Annotated[str, Path(max_length=64, description="Id of the restore.")]


@router.post("/quotes", operation_id="quote", status_code=201)
def quote(services: ServicesDep, principal: PrincipalDep, body: r.QuoteRequest) -> r.Quote:
    """What bringing masters back costs and how long it takes; nothing is spent."""
    with services.catalog.read() as reader:
        wanted = list(dict.fromkeys(visible(reader, asset).id for asset in body.assets))
    made = services.restorer.quote(
        wanted,
        retrieval_tier=body.retrieval_tier,
        days=body.days,
        deadline=body.deadline,
        principal=principal,
    )
    return quote_wire(made)


@router.post("", operation_id="request_restore", status_code=202, responses=documented(402, 409))
def request_restore(
    services: ServicesDep,
    principal: PrincipalDep,
    body: r.NewRestore,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Sent back; a quote is agreed to once anyhow.")
    ] = None,
) -> r.RestoreList:
    """Agree to a quote. Asking again, with or without the key, starts and spends nothing more."""
    if idempotency_key is not None:
        response.headers["Idempotency-Key"] = idempotency_key
    request = Request(
        principal=principal,
        project=ProjectId(body.project),
        budget=budget_of(body.budget_usd),
        deadline=body.deadline,
        ask_approval=body.ask_approval,
    )
    started = services.restorer.agree(QuoteId(body.quote), request)
    return r.RestoreList(restores=[restore_wire(restore) for restore in started])


@router.get("", operation_id="restores")
def restores(
    services: ServicesDep,
    asset: Annotated[str | None, Query(max_length=64, description="Of this asset only.")] = None,
) -> r.RestoreList:
    """Restores, newest first."""
    with services.catalog.read() as reader:
        wanted = None if asset is None else _known(reader, asset)
        found = reader.restores.find(asset=wanted)
    return r.RestoreList(restores=[restore_wire(restore) for restore in found])


@router.get("/{restore_id}", operation_id="restore")
def restore(services: ServicesDep, restore_id: RestorePath) -> r.Restore:
    """Where one restore stands, and who waits for it."""
    with services.catalog.read() as reader:
        found = reader.restores.get(RestoreId(restore_id))
        return restore_wire(found, reader.restores.waiters(found.id))


@router.post("/{restore_id}/changes", operation_id="change_restore", responses=documented(402, 409))
def change_restore(
    services: ServicesDep, principal: PrincipalDep, restore_id: RestorePath, body: r.NewChange
) -> r.Changed:
    """Keep a copy longer, or make a restore faster; `only_quote` says what it costs and changes nothing.

    With `ask_approval`, an approver is asked where the sum or a budget needs one: the restore stays as it is
    until they decide, and changes at the price that was asked for, or not at all.
    """
    wanted = Wanted(days=body.days, retrieval_tier=body.retrieval_tier)
    cost = services.restorer.price_of_change(RestoreId(restore_id), wanted)
    asked = None
    if not body.only_quote:
        budget = budget_of(body.budget_usd)
        request = Request(principal, ProjectId(body.project), cost if budget is None else budget)
        change = services.restorer.change_or_ask if body.ask_approval else services.restorer.change
        made = change(RestoreId(restore_id), wanted, request)
        asked = approval_wire(made) if isinstance(made, Approval) else None
    return r.Changed(cost=cost, restore=restore(services, restore_id), approval=asked)


@router.delete("/{restore_id}", operation_id="cancel_restore", responses=documented(403, 409))
def cancel_restore(services: ServicesDep, principal: PrincipalDep, restore_id: RestorePath) -> r.Restore:
    """Wait no longer. The last one who does so ends the restore, if the store was not asked yet."""
    return restore_wire(services.restorer.cancel(RestoreId(restore_id), principal=principal))


def _known(reader: CatalogReader, asset: str) -> AssetId:
    return reader.assets.get(AssetId(asset)).id
