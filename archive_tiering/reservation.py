"""From a quote to restores with money reserved, in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from archive_tiering.advance import ACTIVE
from catalog.model import Instance, Quote, Restore, RestoreStatus, StoredObject
from catalog.repository import CatalogWriter
from foundation.errors import BudgetExceeded, QuoteExpired
from foundation.ids import AssetId, PrincipalId, RestoreId, mint


def check_acceptable(quote: Quote, budget: Decimal | None, now: datetime) -> None:
    """Raise QuoteExpired or BudgetExceeded where a quote cannot be accepted."""
    if now >= quote.expires_at:
        raise QuoteExpired(f"The quote held until {quote.expires_at:%Y-%m-%d %H:%M} UTC.")
    if budget is not None and quote.cost > budget:
        raise BudgetExceeded(f"The quote is {quote.cost} {quote.currency}; {budget} were allowed.")


def begin_all(
    tx: CatalogWriter, quote: Quote, budget: Decimal, principal: PrincipalId, now: datetime
) -> list[Restore]:
    """Begin or join a restore for every object of the quote, and find those already under way.

    Raises:
        QuoteExpired: An object is no longer what was quoted.
        BudgetExceeded: The month's budget does not suffice.
    """
    known: dict[AssetId, dict[str, tuple[Instance, StoredObject]]] = {}
    begun = []
    for line in quote.lines:
        if line["kind"] != "object":
            continue
        asset_id = AssetId(str(line["asset"]))
        if asset_id not in known:
            known[asset_id] = _objects(tx, asset_id)
        instance, item = _unchanged(known[asset_id], line)
        wanted = _restore(quote, line, instance, item, principal, now)
        begun.append(tx.restores.begin(wanted, budget, f"{now:%Y-%m}"))
    for asset_id in quote.asset_ids:
        if asset_id not in known:
            begun += tx.restores.find(statuses=ACTIVE, asset=asset_id)
    return begun


def _objects(tx: CatalogWriter, asset_id: AssetId) -> dict[str, tuple[Instance, StoredObject]]:
    copies = tx.assets.instances(asset_id)
    return {item.uri: (instance, item) for instance in copies for item in instance.objects}


def _unchanged(
    known: Mapping[str, tuple[Instance, StoredObject]], line: Mapping[str, object]
) -> tuple[Instance, StoredObject]:
    found = known.get(str(line["uri"]))
    if found is not None:
        item = found[1]
        if (item.version, item.etag, item.size) == (line["version"], line["etag"], line["size"]):
            return found
    raise QuoteExpired(f"{line['uri']} changed since it was quoted.")


def _restore(
    quote: Quote,
    line: Mapping[str, object],
    instance: Instance,
    item: StoredObject,
    principal: PrincipalId,
    now: datetime,
) -> Restore:
    return Restore(
        id=RestoreId(mint("rst")),
        quote_id=quote.id,
        asset_id=instance.asset_id,
        instance_id=instance.id,
        uri=item.uri,
        # Without versions the etag tells one state of the object from the next.
        version=item.version or item.etag,
        retrieval_tier=quote.retrieval_tier,
        days=quote.days,
        size=item.size,
        cost=Decimal(str(line["cost"])),
        currency=quote.currency,
        status=RestoreStatus.REQUESTED,
        requested_at=now,
        principal=principal,
    )
