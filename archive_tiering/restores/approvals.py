"""Requests that need an approver: asked for, approved, declined. No budget is passed by an approval either.

What waits for an approver reserves nothing. An approval reserves as any request does; where a budget does
not suffice, the approver may raise it in the same step, by what is missing and for this month only; the audit
keeps that. A request is for whole masters, which restores bring back, for a part of one, which is read
once it was approved, or for a change of a restore under way; all are asked for and decided on alike.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.prices.budgets import caps_of
from archive_tiering.restores.asked_changes import asked_before, change_as_asked
from archive_tiering.restores.reservation import Agreement, TermsOf, begin_all, charge_part, check_part
from catalog.model import Approval, ApprovalState, Cap, NoticeEvent, Quote, Restore, RestoreStatus
from catalog.repository import Catalog, CatalogReader, CatalogWriter
from foundation.errors import ApprovalNeeded, NotAllowed, QuoteExpired, StateConflict
from foundation.ids import ApprovalId, PrincipalId, QuoteId, mint
from foundation.settings import TieringSettings


@dataclass(frozen=True, slots=True)
class Decision:
    """What an approver says.

    Attributes:
        raise_budgets: Where a budget does not suffice, raise it for this month by what is missing.
    """

    approver: PrincipalId
    now: datetime
    note: str | None = None
    raise_budgets: bool = False


class ApprovalDesk:
    """Asks approvers and carries out what they decide.

    Args:
        catalog: The ledger.
        settings: Who approves, and how long they may take.
        terms_of: Terms of locations.
    """

    def __init__(self, catalog: Catalog, settings: TieringSettings, terms_of: TermsOf) -> None:
        self._catalog = catalog
        self._settings = settings
        self._terms_of = terms_of

    def is_approver(self, principal: PrincipalId) -> bool:
        """Say whether somebody may approve and set budgets."""
        return principal in self._settings.approvers

    def demand_approver(self, principal: PrincipalId) -> None:
        """Raise NotAllowed for anybody else."""
        if not self.is_approver(principal):
            raise NotAllowed(f"{principal} may not approve restores or set budgets.")

    def check_sum(self, view: CatalogReader, quote: Quote, principal: PrincipalId) -> None:
        """Raise ApprovalNeeded where an approver has to decide and has not."""
        most = self._settings.approval_usd
        if most is None or quote.cost <= most or self.is_approver(principal):
            return
        known = view.approvals.of_quote(quote.id)
        if known is None or known.state is not ApprovalState.APPROVED:
            raise ApprovalNeeded(
                f"{quote.cost} {quote.currency} is more than the {most} that need no approver."
            )

    def check_change(
        self, view: CatalogReader, restore: Restore, cost: Decimal, principal: PrincipalId
    ) -> None:
        """Raise ApprovalNeeded where a change makes a restore dearer than what needs no approver."""
        most = self._settings.approval_usd
        if most is None or not cost or self.is_approver(principal):
            return
        # What was charged counts all changes before: many small ones are one large one.
        total = view.spending.charged_to(restore.id) + cost
        if total > most:
            raise ApprovalNeeded(
                f"The restore would cost {total} {restore.currency}, more than {most} that need no approver.",
                remedy="Ask an approver: change it again with `--ask-approval`.",
            )

    def ask(self, tx: CatalogWriter, agreement: Agreement, reason: str) -> list[Restore]:
        """Let a request wait for an approver, with everybody told; asking again changes nothing.

        Raises:
            StateConflict: It was declined.
            QuoteExpired: An object is no longer what was quoted.
        """
        known = _undeclined(tx, agreement.quote)
        begun = begin_all(tx, agreement, (), self._terms_of, RestoreStatus.NEEDS_APPROVAL)
        if known is None:
            self._tell_approvers(tx, agreement, reason)
        return begun

    def ask_for_part(self, tx: CatalogWriter, agreement: Agreement, reason: str) -> Approval:
        """Likewise for a part of a master, which no restore brings back.

        Raises:
            StateConflict: It was declined.
            QuoteExpired: The master is no longer what was quoted.
        """
        known = _undeclined(tx, agreement.quote)
        check_part(tx, agreement.quote)
        if known is not None:
            return known
        asked = self._tell_approvers(tx, agreement, reason)
        # Who waits for a restore is told by the restore; a part has none.
        tx.approvals.tell(asked, NoticeEvent.NEEDS_APPROVAL, {})
        return asked

    def ask_for_change(self, tx: CatalogWriter, agreement: Agreement, reason: str) -> Approval:
        """Likewise for a change of a restore, which stays as it is until somebody decides."""
        known = asked_before(tx, agreement.quote, agreement.principal)
        if known is not None:
            return known
        tx.restores.put_quote(agreement.quote)
        asked = self._tell_approvers(tx, agreement, reason)
        # The restore goes on: those who wait for it need not hear of a wish.
        tx.approvals.tell(asked, NoticeEvent.NEEDS_APPROVAL, {})
        return asked

    def _tell_approvers(self, tx: CatalogWriter, agreement: Agreement, reason: str) -> Approval:
        approval = _approval(agreement, reason)
        tx.approvals.add(approval, [PrincipalId(who) for who in self._settings.approvers])
        facts = {"quote": agreement.quote.id, "cost": str(approval.cost), "reason": reason}
        tx.audit.append(agreement.principal, "restore.approval.ask", approval.id, facts)
        return approval

    def approve(self, approval_id: ApprovalId, decision: Decision) -> tuple[Approval, list[Restore]]:
        """Reserve the money and let the restores begin, or change, or the part be read.

        Returns:
            The approval, and its restores, none of which was asked of a store yet; a part has none.

        Raises:
            NotAllowed: Not by this principal.
            ApprovalNotFound: There is no such request.
            StateConflict: It was decided already, or the restore does not allow the change any more.
            QuoteExpired: An object changed, a change costs more by now, or the quote is older than approvers
                may take.
            BudgetExceeded: A budget does not suffice, and was not to be raised.
        """
        self.demand_approver(decision.approver)
        with self._catalog.write(decision.approver) as tx:
            approval = _open(tx, approval_id)
            agreement = self._agreement(tx, approval, decision.now)
            if decision.raise_budgets:
                self._raise_caps(tx, agreement, decision)
            begun = self._reserve(tx, agreement)
            decided = _decided(approval, decision, ApprovalState.APPROVED)
            tx.approvals.update(decided)
            facts = {"quote": approval.quote_id, "cost": str(approval.cost), "note": decision.note}
            tx.audit.append(decision.approver, "restore.approval.approve", approval.id, facts)
        return decided, begun

    def decline(self, approval_id: ApprovalId, decision: Decision) -> Approval:
        """Say no: what nobody else waits for is cancelled; nothing was reserved.

        Raises:
            NotAllowed: Not by this principal.
            ApprovalNotFound: There is no such request.
            StateConflict: It was decided already.
        """
        self.demand_approver(decision.approver)
        with self._catalog.write(decision.approver) as tx:
            approval = _open(tx, approval_id)
            decided = _decided(approval, decision, ApprovalState.DECLINED)
            tx.approvals.update(decided)
            error = f"Declined by {decision.approver}: {decision.note or 'no reason given'}."
            leave_open_request(tx, approval, error)
            facts = {"quote": approval.quote_id, "note": decision.note}
            tx.audit.append(decision.approver, "restore.approval.decline", approval.id, facts)
        return decided

    def _agreement(self, tx: CatalogWriter, approval: Approval, now: datetime) -> Agreement:
        quote = tx.restores.quote(approval.quote_id)
        _check_age(quote, self._settings.approval_days, now)
        still = {restore.uri for restore in tx.restores.waited_for(quote.id)}
        wanted = tuple(line for line in quote.lines if line["kind"] != "object" or line["uri"] in still)
        left = replace(quote, lines=wanted)
        return Agreement(left, approval.principal, now, approval.project, approval.deadline)

    def _reserve(self, tx: CatalogWriter, agreement: Agreement) -> list[Restore]:
        caps = self._caps(tx, agreement)
        if agreement.quote.is_part:
            charge_part(tx, agreement, caps)
            return []
        if agreement.quote.change is not None:
            return [change_as_asked(tx, agreement, caps, self._terms_of)]
        return begin_all(tx, agreement, caps, self._terms_of, RestoreStatus.APPROVED)

    def _caps(self, tx: CatalogWriter, agreement: Agreement) -> list[Cap]:
        return caps_of(tx, self._settings, agreement.principal, agreement.project, agreement.month)

    def _raise_caps(self, tx: CatalogWriter, agreement: Agreement, decision: Decision) -> None:
        for cap in self._caps(tx, agreement):
            needed = tx.spending.reserved(cap.scope, cap.subject, agreement.month) + agreement.quote.cost
            if needed > cap.amount:
                tx.spending.set_cap(replace(cap, amount=needed), agreement.month)
                facts = {"from": str(cap.amount), "to": str(needed), "month": agreement.month}
                subject = f"{cap.scope} {cap.subject}".strip()
                tx.audit.append(decision.approver, "restore.budget.raise", subject, facts)


def leave_open_request(tx: CatalogWriter, approval: Approval, error: str) -> None:
    """Take whoever asked out of what waits for this approval; what others ask for waits for theirs."""
    for restore in tx.restores.waited_for(approval.quote_id):
        if restore.status is not RestoreStatus.NEEDS_APPROVAL:
            continue
        others = [w for w in tx.restores.waiters(restore.id) if w.principal != approval.principal]
        heir = next((w for w in others if _is_open(tx, w.quote_id)), None)
        if heir is None:
            tx.restores.update(replace(restore, status=RestoreStatus.CANCELLED, error=error))
            continue
        for waiter in tx.restores.waiters(restore.id):
            if waiter.principal == approval.principal:
                tx.restores.leave(waiter.id)
        tx.restores.update(
            replace(restore, quote_id=heir.quote_id, principal=heir.principal, project=heir.project)
        )


def _undeclined(tx: CatalogWriter, quote: Quote) -> Approval | None:
    known = tx.approvals.of_quote(quote.id)
    if known is not None and known.state is ApprovalState.DECLINED:
        raise StateConflict(f"{known.decided_by} declined this quote: {known.note or 'no reason given'}.")
    return known


def _is_open(tx: CatalogWriter, quote_id: QuoteId) -> bool:
    found = tx.approvals.of_quote(quote_id)
    return found is not None and found.state is ApprovalState.OPEN


def _open(tx: CatalogWriter, approval_id: ApprovalId) -> Approval:
    approval = tx.approvals.get(approval_id)
    if approval.state is not ApprovalState.OPEN:
        raise StateConflict(f"The request was {approval.state} already.")
    return approval


def _decided(approval: Approval, decision: Decision, state: ApprovalState) -> Approval:
    return replace(
        approval, state=state, decided_by=decision.approver, decided_at=decision.now, note=decision.note
    )


def _check_age(quote: Quote, days: int, now: datetime) -> None:
    if now >= quote.created_at + timedelta(days=days):
        raise QuoteExpired(f"The quote is older than the {days} days that approvers may take.")


def _approval(agreement: Agreement, reason: str) -> Approval:
    quote = agreement.quote
    return Approval(
        id=ApprovalId(mint("apr")),
        quote_id=quote.id,
        principal=agreement.principal,
        cost=quote.cost,
        currency=quote.currency,
        reason=reason,
        asked_at=agreement.now,
        project=agreement.project,
        deadline=agreement.deadline,
    )
