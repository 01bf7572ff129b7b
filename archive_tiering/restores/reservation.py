"""From a quote to restores with money reserved, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.amendments import Amendment, amendment_of, held_days
from archive_tiering.quotes.survey import Coming
from archive_tiering.quotes.tiers import Wish
from catalog.model import (
    Cap,
    Entry,
    EntryKind,
    Instance,
    Quote,
    Restore,
    RestoreStatus,
    StoredObject,
    Waiter,
)
from catalog.repository import CatalogWriter
from foundation.errors import BudgetExceeded, QuoteExpired
from foundation.ids import (
    DEFAULT_PROJECT,
    LOCAL_PRINCIPAL,
    LocationId,
    PrincipalId,
    ProjectId,
    RestoreId,
    WaiterId,
    mint,
)

TermsOf = Callable[[LocationId], Terms]
_KnownObjects = Mapping[str, tuple[Instance, StoredObject]]
_Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Somebody's yes to a quote.

    Attributes:
        deadline: When they need it.
        now: When they said so; the money is this month's.
    """

    quote: Quote
    principal: PrincipalId
    now: datetime
    project: ProjectId = DEFAULT_PROJECT
    deadline: datetime | None = None

    @property
    def month(self) -> str:
        """The budget month."""
        return f"{self.now:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Request:
    """In whose name a quote is agreed to.

    Attributes:
        budget: Most that it may cost, besides the budgets.
        deadline: When the masters are needed.
        ask_approval: Where a budget does not suffice or the sum needs an approver, ask one.
    """

    principal: PrincipalId = LOCAL_PRINCIPAL
    project: ProjectId = DEFAULT_PROJECT
    budget: Decimal | None = None
    deadline: datetime | None = None
    ask_approval: bool = False


def check_acceptable(quote: Quote, budget: Decimal | None, now: datetime) -> None:
    """Raise QuoteExpired or BudgetExceeded where a quote cannot be accepted."""
    if quote.change is not None:
        raise QuoteExpired("This quote is for a change of a restore, which an approver decides on.")
    if now >= quote.expires_at:
        raise QuoteExpired(f"The quote held until {quote.expires_at:%Y-%m-%d %H:%M} UTC.")
    if budget is not None and quote.cost > budget:
        raise BudgetExceeded(f"The quote is {quote.cost} {quote.currency}; {budget} were allowed.")


def begin_all(
    tx: CatalogWriter,
    agreement: Agreement,
    caps: Sequence[Cap],
    terms_of: TermsOf,
    status: RestoreStatus = RestoreStatus.REQUESTED,
) -> list[Restore]:
    """Begin or join a restore for every object of the quote, and wait for those already under way.

    What is joined is paid for only as far as it must come faster or stay longer. With the status
    ``needs approval`` nothing is reserved.

    Raises:
        QuoteExpired: An object is no longer what was quoted, or joining it would cost more than was quoted.
        BudgetExceeded: A budget does not suffice.
    """
    quote = agreement.quote
    known = _known(tx, quote)
    lines = [line for line in quote.lines if line["kind"] == "object"]
    wanted = [_restore(agreement, line, *_unchanged(known, line), status) for line in lines]
    begun = tx.restores.begin(wanted, caps, agreement.month)
    joined = [(r, line) for r, line in zip(begun, lines, strict=True) if r.quote_id != quote.id]
    others = _under_way(tx, quote, {restore.id for restore in begun})
    tx.restores.join([_waiter(agreement, restore) for restore in [*begun, *others]])
    if status is RestoreStatus.NEEDS_APPROVAL:
        return [*begun, *others]
    by_restore = {str(line["restore"]): line for line in quote.lines if line["kind"] == "join"}
    joined += [(restore, by_restore[restore.id]) for restore in others if restore.id in by_restore]
    amended = {r.id: _amend(tx, agreement, caps, terms_of, (r, line, known)) for r, line in joined}
    return [amended.get(restore.id, restore) for restore in [*begun, *others]]


def charge_part(tx: CatalogWriter, agreement: Agreement, caps: Sequence[Cap]) -> None:
    """Reserve what reading a part costs, once per quote; there is no restore that it could belong to.

    Raises:
        QuoteExpired: The master is no longer what was quoted.
        BudgetExceeded: A budget does not suffice; nothing was reserved.
    """
    check_part(tx, agreement.quote)
    quote = agreement.quote
    if quote.cost:
        entry = Entry(
            key=quote.id,
            restore_id=RestoreId(quote.id),
            kind=EntryKind.PART,
            amount=quote.cost,
            currency=quote.currency,
            month=agreement.month,
            principal=agreement.principal,
            project=agreement.project,
        )
        tx.spending.charge(entry, caps)


def check_part(tx: CatalogWriter, quote: Quote) -> None:
    """Raise QuoteExpired where the master that a part is of is no longer what was quoted."""
    known = _known(tx, quote)
    for line in quote.lines:
        if line["kind"] == "read":
            _unchanged(known, line)


def _known(tx: CatalogWriter, quote: Quote) -> _KnownObjects:
    return {
        item.uri: (instance, item)
        for copies in tx.assets.copies(quote.asset_ids).values()
        for instance in copies
        for item in instance.objects
    }


def _under_way(tx: CatalogWriter, quote: Quote, begun: set[RestoreId]) -> list[Restore]:
    active = tx.restores.active_of(quote.asset_ids)
    return [r for asset_id in quote.asset_ids for r in active.get(asset_id, ()) if r.id not in begun]


def _amend(
    tx: CatalogWriter,
    agreement: Agreement,
    caps: Sequence[Cap],
    terms_of: TermsOf,
    what: tuple[Restore, _Line, _KnownObjects],
) -> Restore:
    """Let a restore that others began come faster or stay longer, for no more than was quoted."""
    begun, line, known = what
    # Joining it has changed its deadline.
    restore = tx.restores.get(begun.id)
    found = known.get(restore.uri)
    if found is None or restore.restored_at is not None:
        return restore
    amendment = _amendment(agreement, restore, line, found, terms_of)
    if amendment.cost > Decimal(str(line["cost"])):
        raise QuoteExpired(f"{restore.uri} is under way by now, and joining it costs another sum.")
    for change in amendment.changes:
        target = amendment.days if change.kind is EntryKind.EXTENSION else amendment.tier
        key = f"{restore.id}/{change.kind}/{target}"
        tx.spending.charge(entry_of(agreement, restore, key, change.kind, change.cost), caps)
    amended = replace(
        restore,
        wanted_days=amendment.days or restore.wanted_days,
        wanted_tier=amendment.tier or restore.wanted_tier,
        due_at=restore.due_at if amendment.tier is None else agreement.now,
    )
    if amended != restore:
        tx.restores.update(amended)
    return amended


def _amendment(
    agreement: Agreement,
    restore: Restore,
    line: _Line,
    found: tuple[Instance, StoredObject],
    terms_of: TermsOf,
) -> Amendment:
    instance, item = found
    tier = line.get("retrieval_tier")
    days = max(agreement.quote.days, held_days(restore))
    wish = Wish(None if tier is None else str(tier), days, agreement.now, timedelta())
    return amendment_of(Coming(item, restore, terms_of(instance.location_id)), wish)


def entry_of(agreement: Agreement, restore: Restore, key: str, kind: EntryKind, amount: Decimal) -> Entry:
    """Make a line of the ledger in the name of whoever agreed."""
    return Entry(
        key=key,
        restore_id=restore.id,
        kind=kind,
        amount=amount,
        currency=restore.currency,
        month=agreement.month,
        principal=agreement.principal,
        project=agreement.project,
    )


def _unchanged(known: _KnownObjects, line: _Line) -> tuple[Instance, StoredObject]:
    found = known.get(str(line["uri"]))
    if found is not None:
        item = found[1]
        if (item.version, item.etag, item.size) == (line["version"], line["etag"], line["size"]):
            return found
    raise QuoteExpired(f"{line['uri']} changed since it was quoted.")


def _waiter(agreement: Agreement, restore: Restore) -> Waiter:
    return Waiter(
        id=WaiterId(mint("wtr")),
        restore_id=restore.id,
        principal=agreement.principal,
        quote_id=agreement.quote.id,
        days=agreement.quote.days,
        joined_at=agreement.now,
        deadline=agreement.deadline,
        project=agreement.project,
    )


def _restore(
    agreement: Agreement, line: _Line, instance: Instance, item: StoredObject, status: RestoreStatus
) -> Restore:
    quote = agreement.quote
    return Restore(
        id=RestoreId(mint("rst")),
        quote_id=quote.id,
        asset_id=instance.asset_id,
        instance_id=instance.id,
        uri=item.uri,
        # Without versions the etag tells one state of the object from the next.
        version=item.version or item.etag,
        retrieval_tier=str(line.get("retrieval_tier", quote.retrieval_tier)),
        days=quote.days,
        size=item.size,
        cost=Decimal(str(line["cost"])),
        currency=quote.currency,
        status=status,
        requested_at=agreement.now,
        principal=agreement.principal,
        project=agreement.project,
        deadline=agreement.deadline,
        due_at=None if status is RestoreStatus.NEEDS_APPROVAL else agreement.now,
    )
