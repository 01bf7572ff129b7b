"""Between the catalog's restores and the wire."""

from collections.abc import Sequence

from catalog import model as m
from search_api import schemas_restores as r


def quote_wire(made: m.Quote) -> r.Quote:
    """A quote."""
    return r.Quote(
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


def restore_wire(restore: m.Restore, waiters: Sequence[m.Waiter] = ()) -> r.Restore:
    """A restore, and who waits for it."""
    return r.Restore(
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
        principal=restore.principal,
        project=restore.project,
        deadline=restore.deadline,
        keep_until=restore.keep_until,
        overdue_at=restore.overdue_at,
        waiters=[_waiter(waiter) for waiter in waiters],
    )


def approval_wire(approval: m.Approval) -> r.Approval:
    """A request for approval."""
    return r.Approval(
        id=approval.id,
        quote=approval.quote_id,
        state=approval.state.value,
        principal=approval.principal,
        project=approval.project,
        cost=approval.cost,
        currency=approval.currency,
        reason=approval.reason,
        deadline=approval.deadline,
        asked_at=approval.asked_at,
        decided_by=approval.decided_by,
        decided_at=approval.decided_at,
        note=approval.note,
    )


def notice_wire(notice: m.Notice) -> r.Notice:
    """A notice."""
    return r.Notice(
        seq=notice.seq,
        id=notice.id,
        event=notice.event.value,
        subject=notice.subject,
        principal=notice.principal,
        at=notice.at,
        facts=dict(notice.facts),
    )


def _waiter(waiter: m.Waiter) -> r.Waiter:
    return r.Waiter(
        id=waiter.id,
        principal=waiter.principal,
        quote=waiter.quote_id,
        days=waiter.days,
        deadline=waiter.deadline,
        joined_at=waiter.joined_at,
    )
