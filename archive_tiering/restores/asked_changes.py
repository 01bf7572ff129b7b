"""Changes of a restore that an approver decides on: kept as a quote, as parts of masters are.

Such a quote has one line of kind ``change``: restore, days (from the arrival), until (where the copy is there
already), retrieval_tier. It is carried out for what it was asked at, or not at all.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.prices.storage_class import copy_expiry
from archive_tiering.restores.advance import AWAKE
from archive_tiering.restores.changing import Payer, Wanted, change, priced
from archive_tiering.restores.reservation import Agreement, TermsOf
from catalog.model import Approval, ApprovalState, Cap, Quote, Restore
from catalog.repository import CatalogReader, CatalogWriter
from foundation.errors import QuoteExpired
from foundation.ids import PrincipalId, QuoteId, RestoreId, mint


def change_quote(restore: Restore, wanted: Wanted, cost: Decimal, now: datetime, valid: timedelta) -> Quote:
    """A change with its price, to be decided on."""
    days, until = wanted.days, wanted.until
    if days is not None and restore.status in AWAKE:
        until, days = copy_expiry(now, days), None  # from now, not from whenever somebody decides
    line = {
        "kind": "change",
        "restore": restore.id,
        "days": days,
        "until": None if until is None else until.isoformat(),
        "retrieval_tier": wanted.retrieval_tier,
    }
    return Quote(
        id=QuoteId(mint("quo")),
        asset_ids=(restore.asset_id,),
        retrieval_tier=wanted.retrieval_tier or restore.retrieval_tier,
        days=wanted.days or restore.days,
        size=restore.size,
        objects=1,
        eta_seconds=0,
        cost=cost,
        currency=restore.currency,
        lines=(line,),
        created_at=now,
        expires_at=now + valid,
    )


def told(restore: Restore, wanted: Wanted) -> str:
    """What is wanted, for people."""
    wishes = []
    if wanted.days is not None:
        wishes.append(f"kept for {wanted.days} days")
    if wanted.until is not None:
        wishes.append(f"kept until {wanted.until:%Y-%m-%d}")
    if wanted.retrieval_tier is not None:
        wishes.append(f"brought back {wanted.retrieval_tier}")
    return f"{restore.uri} shall be {' and '.join(wishes)} ({restore.id})"


def asked_before(view: CatalogReader, quote: Quote, principal: PrincipalId) -> Approval | None:
    """The open request of the same change by the same person."""
    line = dict(quote.change or {})
    for approval, theirs in _open_changes(view, RestoreId(str(line["restore"]))):
        if approval.principal == principal and dict(theirs.change or {}) == line:
            return approval
    return None


def open_changes(view: CatalogReader, restore_id: RestoreId) -> list[Approval]:
    """Requests to change a restore that nobody decided on yet."""
    return [approval for approval, _ in _open_changes(view, restore_id)]


def _open_changes(view: CatalogReader, restore_id: RestoreId) -> list[tuple[Approval, Quote]]:
    waiting = view.approvals.find(state=ApprovalState.OPEN)
    asked = [(found, view.restores.quote(found.quote_id)) for found in waiting]
    return [
        (found, quote) for found, quote in asked if quote.change and quote.change["restore"] == restore_id
    ]


def change_as_asked(
    tx: CatalogWriter, agreement: Agreement, caps: Sequence[Cap], terms_of: TermsOf
) -> Restore:
    """Reserve what an approved change costs and write it down; not more than was asked for.

    Raises:
        QuoteExpired: It costs more by now.
        BudgetExceeded: A budget does not suffice.
        StateConflict, TierUnavailable: The restore does not allow it any more.
    """
    quote = agreement.quote
    line = quote.change or {}
    restore = tx.restores.get(RestoreId(str(line["restore"])))
    wanted = _wanted(quote, restore)
    cost = priced(tx, restore, wanted, terms_of, agreement.now)
    if cost > quote.cost:
        raise QuoteExpired(
            f"The change costs {cost} {quote.currency} by now; {quote.cost} were asked for.",
            remedy="Decline it; whoever asked may ask again at the new price.",
        )
    payer = Payer(agreement.principal, agreement.project, caps, quote.cost)
    changed = change(tx, restore, wanted, terms_of, payer, agreement.now)
    facts = {"days": line["days"], "until": line["until"], "retrieval_tier": line["retrieval_tier"]}
    tx.audit.append(agreement.principal, "restore.change", restore.id, facts)
    return changed


def _wanted(quote: Quote, restore: Restore) -> Wanted:
    line = quote.change or {}
    tier = None if line["retrieval_tier"] is None else str(line["retrieval_tier"])
    days = None if line["days"] is None else int(str(line["days"]))
    until = None if line["until"] is None else datetime.fromisoformat(str(line["until"]))
    if days is not None and restore.status in AWAKE and restore.restored_at is not None:
        until, days = copy_expiry(restore.restored_at, days), None  # it has arrived since
    return Wanted(days=days, until=until, retrieval_tier=tier)
