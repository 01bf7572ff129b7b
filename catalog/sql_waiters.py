"""Those who wait for a restore, and what they are told of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from catalog.model import NoticeEvent, Restore, RestoreStatus, Waiter
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.sql_notices import News
from catalog.tables_money import waiters
from foundation.ids import RestoreId, WaiterId

_THERE = waiters.c.left_at.is_(None)
_READABLE = (RestoreStatus.RESTORED, RestoreStatus.VERIFIED, RestoreStatus.EXPIRING)
_ON_STATUS = {
    RestoreStatus.NEEDS_APPROVAL: NoticeEvent.NEEDS_APPROVAL,
    RestoreStatus.APPROVED: NoticeEvent.APPROVED,
    RestoreStatus.EXPIRING: NoticeEvent.EXPIRING,
    RestoreStatus.EXPIRED: NoticeEvent.EXPIRED,
    RestoreStatus.FAILED: NoticeEvent.FAILED,
    RestoreStatus.CANCELLED: NoticeEvent.CANCELLED,
}
DAMAGED = "mismatch"


class WaiterRows:
    """The table of waiters."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def there(self, restore_ids: Iterable[RestoreId]) -> dict[RestoreId, list[Waiter]]:
        """Who waits for each restore, first come first."""
        found: dict[RestoreId, list[Waiter]] = defaultdict(list)
        for ids in chunks(restore_ids):
            query = sa.select(waiters).where(waiters.c.restore_id.in_(ids), _THERE).order_by(waiters.c.row)
            for row in self._session.rows(query):
                found[row.restore_id].append(_waiter(row))
        return found

    def get(self, waiter_id: WaiterId) -> Waiter | None:
        """One that waits still."""
        row = self._session.first(sa.select(waiters).where(waiters.c.id == waiter_id, _THERE))
        return None if row is None else _waiter(row)

    def add(self, new: Sequence[Waiter]) -> None:
        """Let somebody wait."""
        self._session.run(sa.insert(waiters), [_values(waiter) for waiter in new])

    def change(self, waiter: Waiter) -> None:
        """A longer hold, an earlier deadline."""
        same = waiters.c.id == waiter.id
        values = {"days": waiter.days, "deadline": waiter.deadline, "quote_id": waiter.quote_id}
        self._session.run(sa.update(waiters).where(same).values(values))

    def leave(self, waiter_id: WaiterId) -> None:
        """Wait no longer."""
        gone = sa.update(waiters).where(waiters.c.id == waiter_id, _THERE)
        self._session.run(gone.values(left_at=self._session.now))


def merged(old: Waiter, new: Waiter) -> Waiter:
    """One waiter out of two requests of the same principal: the longer hold, the earlier deadline."""
    return Waiter(
        old.id,
        old.restore_id,
        old.principal,
        new.quote_id,
        max(old.days, new.days),
        old.joined_at,
        earliest(old.deadline, new.deadline),
        old.project,
    )


def earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two moments that may be missing."""
    return min(one, other) if one is not None and other is not None else one or other


def news_of_change(before: Restore, after: Restore, there: Sequence[Waiter]) -> Iterator[News]:
    """What a change of a restore has to tell each of its waiters."""
    for event, occurrence in _events(before, after):
        for waiter in there:
            yield news(after, waiter, event, occurrence)


def news_of_joining(restore: Restore, waiter: Waiter) -> Iterator[News]:
    """What somebody who begins to wait is told."""
    if restore.status is RestoreStatus.NEEDS_APPROVAL:
        yield news(restore, waiter, NoticeEvent.NEEDS_APPROVAL, "")
        return
    yield news(restore, waiter, NoticeEvent.REQUESTED, "")
    if restore.status in _READABLE:
        yield news(restore, waiter, NoticeEvent.READY, _moment(restore.restored_at))
    if restore.status is RestoreStatus.EXPIRING:
        yield news(restore, waiter, NoticeEvent.EXPIRING, _moment(restore.expires_at))


def news(restore: Restore, waiter: Waiter, event: NoticeEvent, occurrence: str) -> News:
    """One notice to one waiter; it is told once per occurrence."""
    key = f"{restore.id}/{waiter.id}/{event}/{occurrence}"
    return News(key, event, restore.id, waiter.principal, _facts(restore, waiter))


def _events(before: Restore, after: Restore) -> Iterator[tuple[NoticeEvent, str]]:
    if after.status in _READABLE and before.status not in _READABLE:
        yield NoticeEvent.READY, _moment(after.restored_at)
    if after.status is not before.status and after.status in _ON_STATUS:
        yield _ON_STATUS[after.status], _moment(after.expires_at)
    if after.status is RestoreStatus.REQUESTED and before.status is RestoreStatus.NEEDS_APPROVAL:
        yield NoticeEvent.APPROVED, ""
    if after.verified == DAMAGED and before.verified != DAMAGED:
        yield NoticeEvent.DAMAGED, _moment(after.restored_at)
    if (
        before.expires_at is not None
        and after.expires_at is not None
        and after.expires_at > before.expires_at
    ):
        yield NoticeEvent.EXTENDED, _moment(after.expires_at)
    if after.overdue_at is not None and before.overdue_at is None:
        yield NoticeEvent.OVERDUE, _moment(after.overdue_at)
    expected = before.wanted_tier or before.retrieval_tier
    settled = after.asked > before.asked or (before.wanted_tier and not after.wanted_tier)
    if settled and after.restored_at is None and after.retrieval_tier != expected:
        yield NoticeEvent.FALLBACK, expected


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}"


def _facts(restore: Restore, waiter: Waiter) -> dict[str, object]:
    moments = {
        "deadline": waiter.deadline, "eta": restore.eta, "restored_at": restore.restored_at,
        "expires_at": restore.expires_at,
    }  # fmt: skip
    return {
        "restore": restore.id,
        "waiter": waiter.id,
        "quote": waiter.quote_id,
        "asset": restore.asset_id,
        "uri": restore.uri.encode("utf-8", "replace").decode(),
        "status": restore.status.value,
        "retrieval_tier": restore.retrieval_tier,
        "days": waiter.days,
        "size": restore.size,
        "verified": restore.verified,
        "error": restore.error,
        **{name: None if at is None else at.isoformat() for name, at in moments.items()},
    }


def _values(waiter: Waiter) -> dict[str, object]:
    return {
        "id": waiter.id,
        "restore_id": waiter.restore_id,
        "quote_id": waiter.quote_id,
        "days": waiter.days,
        "deadline": waiter.deadline,
        "joined_at": waiter.joined_at,
        "principal": waiter.principal,
        "project": waiter.project,
    }


def _waiter(row: Row) -> Waiter:
    return Waiter(
        id=row.id,
        restore_id=row.restore_id,
        principal=row.principal,
        quote_id=row.quote_id,
        days=row.days,
        joined_at=row.joined_at,
        deadline=row.deadline,
        project=row.project,
        left_at=row.left_at,
    )
