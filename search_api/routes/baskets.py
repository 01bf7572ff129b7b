"""Baskets: what somebody means to bring back together, its price, and their yes."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from archive_tiering.restores.reservation import Request
from catalog import model as m
from catalog.repository import CatalogReader
from foundation.errors import InputError, QuoteExpired
from foundation.ids import AssetId, BasketItemId, ProjectId, QuoteId
from search_api import schemas_baskets as b
from search_api import schemas_restores as r
from search_api.bootstrap import Services
from search_api.presenters import master_of
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep, clock_of, visible
from search_api.routes.timelines import clips_of
from search_api.services.basket_filling import Filling, of_clips, of_moments
from search_api.services.basket_quotes import basket_quote
from search_api.services.money import budget_of
from search_api.services.restore_wire import restore_wire

router = APIRouter(prefix="/v1/baskets", tags=["baskets"], responses=documented(401, 404, 422))
NamePath = Annotated[str, Path(max_length=200, description="Name or id of a basket of yours.")]


@router.get("", operation_id="baskets")
def baskets(services: ServicesDep, principal: PrincipalDep) -> b.BasketList:
    """Your baskets, by name."""
    with services.catalog.read() as reader:
        return b.BasketList(baskets=[_wire(basket) for basket in reader.baskets.all(principal)])


@router.get("/{name}", operation_id="basket")
def basket(services: ServicesDep, principal: PrincipalDep, name: NamePath) -> b.BasketDetail:
    """A basket with all that is in it."""
    with services.catalog.read() as reader:
        found = reader.baskets.get(name, principal)
        items = reader.baskets.items(found)
        assets = reader.assets.many(item.asset_id for item in items)
        masters = _masters(services, reader, assets)
        contents = [
            _item(services, reader, item, assets.get(item.asset_id)).model_copy(
                update=masters.get(item.asset_id, {})
            )
            for item in items
        ]
    return b.BasketDetail(**_wire(found).model_dump(), contents=contents)


@router.post("/{name}/items", operation_id="fill_basket")
def fill_basket(services: ServicesDep, principal: PrincipalDep, name: NamePath, body: b.NewItems) -> b.Filled:
    """Put assets, ranges or a whole timeline in; the basket is made where there is none."""
    if not name.strip():
        raise InputError("A basket needs a name.")
    with services.catalog.read() as reader:
        assets = [visible(reader, moment.asset) for moment in body.moments]
        typed = of_moments(reader, services.timelines, assets, body.moments, body.label)
        clips = Filling(())
        if body.timeline is not None:
            clips = of_clips(clips_of(services, reader, body.timeline), body.label)
    with services.catalog.write(principal) as writer:
        mine = writer.baskets.open(name, principal)
        added = writer.baskets.put(mine, [*typed.items, *clips.items])
        mine = writer.baskets.get(mine.id, principal)
    return b.Filled(basket=_wire(mine), added=added, unresolved=list(clips.unresolved))


@router.delete("/{name}/items", operation_id="empty_basket")
def empty_basket(
    services: ServicesDep,
    principal: PrincipalDep,
    name: NamePath,
    item: Annotated[
        list[str] | None, Query(max_length=500, description="These only; everything when missing.")
    ] = None,
) -> b.Basket:
    """Take things out."""
    with services.catalog.write(principal) as writer:
        mine = writer.baskets.get(name, principal)
        chosen = [BasketItemId(each) for each in item or ()]
        writer.baskets.take(mine, chosen if item else [each.id for each in writer.baskets.items(mine)])
        return _wire(writer.baskets.get(mine.id, principal))


@router.delete("/{name}", operation_id="remove_basket", status_code=204)
def remove_basket(services: ServicesDep, principal: PrincipalDep, name: NamePath) -> Response:
    """Forget a basket with all that is in it; restores go on."""
    with services.catalog.write(principal) as writer:
        writer.baskets.remove(writer.baskets.get(name, principal))
    return Response(status_code=204)


@router.post("/{name}/quote", operation_id="quote_basket", status_code=201)
def quote_basket(
    services: ServicesDep, principal: PrincipalDep, name: NamePath, body: b.BasketQuoteRequest
) -> b.BasketQuote:
    """What the basket costs through every retrieval tier, what is warm already, what cannot come back."""
    with services.catalog.read() as reader:
        items = reader.baskets.items(reader.baskets.get(name, principal))
    if not items:
        raise InputError("The basket is empty.", remedy="Put something in: `rekindle basket add`.")
    made = services.restorer.quote(
        [item.asset_id for item in items],
        retrieval_tier=body.retrieval_tier,
        days=body.days,
        deadline=body.deadline,
        strict=False,
        principal=principal,
    )
    return basket_quote(made)


@router.post(
    "/{name}/approve", operation_id="approve_basket", status_code=202, responses=documented(402, 409)
)
def approve_basket(
    services: ServicesDep, principal: PrincipalDep, name: NamePath, body: b.BasketApproval
) -> r.RestoreList:
    """Agree to the basket's quote; where a budget does not suffice, an approver is asked."""
    with services.catalog.read() as reader:
        items = reader.baskets.items(reader.baskets.get(name, principal))
        _check_still(reader, items, reader.restores.quote(QuoteId(body.quote)))
    request = Request(
        principal=principal,
        project=ProjectId(body.project),
        budget=budget_of(body.budget_usd),
        deadline=body.deadline,
        ask_approval=True,
    )
    started = services.restorer.agree(QuoteId(body.quote), request)
    return r.RestoreList(restores=[restore_wire(restore) for restore in started])


def _check_still(reader: CatalogReader, items: Sequence[m.BasketItem], quote: m.Quote) -> None:
    """Raise QuoteExpired where a basket holds other assets than those that were quoted."""
    impossible = [AssetId(str(line["asset"])) for line in quote.lines if line["kind"] == "impossible"]
    quoted = _current(reader, [*quote.asset_ids, *impossible])
    if _current(reader, [item.asset_id for item in items]) != quoted:
        raise QuoteExpired("The basket holds other assets than were quoted.")


def _current(reader: CatalogReader, assets: Sequence[AssetId]) -> set[AssetId]:
    """Assets by the ids they have now: equal ones may have been merged since."""
    known = reader.assets.many(assets)
    return {known[asset].id if asset in known else asset for asset in assets}


def _wire(found: m.Basket) -> b.Basket:
    return b.Basket(id=found.id, name=found.name, items=found.items, created_at=found.created_at)


def _masters(
    services: Services, reader: CatalogReader, assets: Mapping[AssetId, m.Asset]
) -> dict[AssetId, dict[str, object]]:
    """What a basket says of masters, looked up once for each, however many ranges of it there are."""
    copies = reader.assets.primary_instances(assets)
    return {
        asset: {
            "size": copy.size,
            "master": master_of(copy, assets[asset], services.restorer.estimate(copy)),
        }
        for asset, copy in copies.items()
    }


def _item(services: Services, reader: CatalogReader, item: m.BasketItem, asset: m.Asset | None) -> b.Item:
    place = None
    if asset is not None and (item.frames is not None or item.sound is not None):
        place = clock_of(services, reader, asset).range_of(item.frames, item.sound)
    return b.Item(
        id=item.id,
        asset=item.asset_id,
        name="" if asset is None else asset.name,
        in_frame=None if place is None else place.in_frame,
        out_frame=None if place is None else place.out_frame,
        start=None if place is None else place.start,
        end=None if place is None else place.end,
        label=item.label,
        added_at=item.added_at,
    )
