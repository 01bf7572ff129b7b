"""Bringing masters back: quote, agree, wait."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from catalog import model as m
from catalog.repository import CatalogReader
from foundation.ids import LOCAL_PRINCIPAL, AssetId, QuoteId, RestoreId
from search_api import schemas_work as w
from search_api.problems import documented
from search_api.routes.deps import ServicesDep, visible
from search_api.services.money import budget_of

router = APIRouter(prefix="/v1/restores", tags=["restores"], responses=documented(404, 422))
RestorePath = Annotated[str, Path(max_length=64, description="Id of the restore.")]


@router.post("/quotes", operation_id="quote", status_code=201)
def quote(services: ServicesDep, body: w.QuoteRequest) -> w.Quote:
    """What bringing masters back costs and how long it takes; nothing is spent."""
    with services.catalog.read() as reader:
        wanted = list(dict.fromkeys(visible(reader, asset).id for asset in body.assets))
    made = services.restorer.quote(
        wanted, retrieval_tier=body.retrieval_tier, days=body.days, principal=LOCAL_PRINCIPAL
    )
    return w.Quote(
        id=made.id,
        assets=list(made.asset_ids),
        retrieval_tier=made.retrieval_tier,
        days=made.days,
        size=made.size,
        objects=made.objects,
        eta_seconds=made.eta_seconds,
        cost=made.cost,
        currency=made.currency,
        lines=[dict(line) for line in made.lines],
        created_at=made.created_at,
        expires_at=made.expires_at,
    )


@router.post("", operation_id="request_restore", status_code=202, responses=documented(402, 409))
def request_restore(
    services: ServicesDep,
    body: w.NewRestore,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Sent back; a quote is agreed to once anyhow.")
    ] = None,
) -> w.RestoreList:
    """Agree to a quote. Asking again, with or without the key, starts and spends nothing more."""
    if idempotency_key is not None:
        response.headers["Idempotency-Key"] = idempotency_key
    started = services.restorer.request(QuoteId(body.quote), budget=budget_of(body.budget_usd))
    return w.RestoreList(restores=[_wire(restore) for restore in started])


@router.get("", operation_id="restores")
def restores(
    services: ServicesDep,
    asset: Annotated[str | None, Query(max_length=64, description="Of this asset only.")] = None,
) -> w.RestoreList:
    """Restores, newest first."""
    with services.catalog.read() as reader:
        wanted = None if asset is None else _known(reader, asset)
        found = reader.restores.find(asset=wanted)
    return w.RestoreList(restores=[_wire(restore) for restore in found])


@router.get("/{restore_id}", operation_id="restore")
def restore(services: ServicesDep, restore_id: RestorePath) -> w.Restore:
    """Where one restore stands."""
    with services.catalog.read() as reader:
        return _wire(reader.restores.get(RestoreId(restore_id)))


@router.delete("/{restore_id}", operation_id="cancel_restore", responses=documented(409))
def cancel_restore(services: ServicesDep, restore_id: RestorePath) -> w.Restore:
    """Stop waiting for a restore; what the store has begun it may finish and bill."""
    return _wire(services.restorer.cancel(RestoreId(restore_id)))


def _known(reader: CatalogReader, asset: str) -> AssetId:
    return reader.assets.get(AssetId(asset)).id


def _wire(restore: m.Restore) -> w.Restore:
    return w.Restore(
        id=restore.id,
        quote=restore.quote_id,
        asset=restore.asset_id,
        uri=restore.uri,
        retrieval_tier=restore.retrieval_tier,
        days=restore.days,
        size=restore.size,
        cost=restore.cost,
        currency=restore.currency,
        status=restore.status.value,
        requested_at=restore.requested_at,
        eta=restore.eta,
        restored_at=restore.restored_at,
        expires_at=restore.expires_at,
        verified=restore.verified,
        sha256=restore.sha256,
        error=restore.error,
    )
