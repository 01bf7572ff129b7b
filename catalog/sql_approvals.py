"""Requests that an approver decides on, in SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import sqlalchemy as sa

from catalog.model import Approval, ApprovalState, NoticeEvent
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_notices import News, tell
from catalog.tables_money import approvals
from foundation.errors import ApprovalNotFound
from foundation.ids import ApprovalId, PrincipalId, QuoteId

_ON_DECISION = {
    ApprovalState.APPROVED: NoticeEvent.APPROVED,
    ApprovalState.DECLINED: NoticeEvent.DECLINED,
}


class SqlApprovals:
    """One approval per quote; approvers and whoever asked are told in the same transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, approval: Approval, tell_whom: Iterable[PrincipalId]) -> None:
        """Ask the approvers."""
        identity = {"id": approval.id, "quote_id": approval.quote_id}
        self._session.run(sa.insert(approvals).values(**identity, **_values(approval)))
        tell(self._session, [_news(approval, NoticeEvent.APPROVAL_ASKED, who) for who in tell_whom])

    def update(self, approval: Approval) -> None:
        """A decision; whoever asked is told."""
        self._session.run(sa.update(approvals).where(approvals.c.id == approval.id).values(_values(approval)))
        event = _ON_DECISION.get(approval.state)
        if event is not None:
            tell(self._session, [_news(approval, event, approval.principal)])

    def tell(self, approval: Approval, event: NoticeEvent, facts: Mapping[str, object]) -> None:
        """Tell whoever asked what became of it; each event once."""
        news = _news(approval, event, approval.principal)
        tell(self._session, [replace(news, facts={**news.facts, **facts})])

    def get(self, approval_id: ApprovalId) -> Approval:
        """By id; raises ApprovalNotFound."""
        row = self._session.first(sa.select(approvals).where(approvals.c.id == approval_id))
        if row is None:
            raise ApprovalNotFound(f"There is no request {approval_id} that needs an approver.")
        return _approval(row)

    def of_quote(self, quote_id: QuoteId) -> Approval | None:
        """The one about a quote."""
        row = self._session.first(sa.select(approvals).where(approvals.c.quote_id == quote_id))
        return None if row is None else _approval(row)

    def find(self, *, state: ApprovalState | None = None) -> list[Approval]:
        """Newest first."""
        query = sa.select(approvals).order_by(approvals.c.asked_at.desc(), approvals.c.id.desc())
        if state is not None:
            query = query.where(approvals.c.state == state)
        return [_approval(row) for row in self._session.rows(query)]


def _news(approval: Approval, event: NoticeEvent, who: PrincipalId) -> News:
    facts = {
        "approval": approval.id,
        "quote": approval.quote_id,
        "asked_by": approval.principal,
        "project": approval.project,
        "cost": str(approval.cost),
        "currency": approval.currency,
        "reason": approval.reason,
        "deadline": None if approval.deadline is None else approval.deadline.isoformat(),
        "decided_by": approval.decided_by,
        "note": approval.note,
    }
    return News(f"{approval.id}/{who}/{event}", event, approval.id, who, facts)


def _values(approval: Approval) -> dict[str, object]:
    return {
        "state": approval.state,
        "cost": approval.cost,
        "currency": approval.currency,
        "reason": approval.reason,
        "deadline": approval.deadline,
        "asked_at": approval.asked_at,
        "decided_by": approval.decided_by,
        "decided_at": approval.decided_at,
        "note": approval.note,
        "principal": approval.principal,
        "project": approval.project,
    }


def _approval(row: Row) -> Approval:
    return Approval(
        id=row.id,
        quote_id=row.quote_id,
        principal=row.principal,
        cost=row.cost,
        currency=row.currency,
        reason=row.reason,
        asked_at=row.asked_at,
        state=ApprovalState(row.state),
        project=row.project,
        deadline=row.deadline,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        note=row.note,
    )
