"""Quotes and restores in SQL: money is reserved, and those who wait are told, in the same transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from catalog.lifecycle import check_restore
from catalog.model import Cap, Entry, EntryKind, NoticeEvent, Quote, Restore, RestoreStatus, Waiter
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.sql_notices import News, tell
from catalog.sql_spending import SqlSpending
from catalog.sql_waiters import WaiterRows, earliest, merged, news, news_of_change, news_of_joining
from catalog.tables_money import ACTIVE_RESTORE, quotes, restores, spending
from catalog.tables_money import waiters as waiter_rows
from foundation.errors import RestoreNotFound
from foundation.ids import AssetId, QuoteId, RestoreId, WaiterId

_REFUNDED = (RestoreStatus.FAILED, RestoreStatus.CANCELLED)
_Identity = tuple[str, str]


class SqlRestores:
    """One active restore per object version, and never more money than the caps allow."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._spending = SqlSpending(session)
        self._waiters = WaiterRows(session)

    def put_quote(self, quote: Quote) -> None:
        """Keep a quote."""
        values = {
            "id": quote.id,
            "asset_ids": list(quote.asset_ids),
            "retrieval_tier": quote.retrieval_tier,
            "days": quote.days,
            "size": quote.size,
            "objects": quote.objects,
            "eta_seconds": quote.eta_seconds,
            "cost": quote.cost,
            "currency": quote.currency,
            "lines": [dict(line) for line in quote.lines],
            "created_at": quote.created_at,
            "expires_at": quote.expires_at,
            "principal": self._session.principal,
        }
        self._session.run(sa.insert(quotes).values(values))

    def quote(self, quote_id: QuoteId) -> Quote:
        """By id; raises RestoreNotFound."""
        row = self._session.first(sa.select(quotes).where(quotes.c.id == quote_id))
        if row is None:
            raise RestoreNotFound(f"There is no quote {quote_id}.")
        return _quote(row)

    def begin(self, wanted: Sequence[Restore], caps: Sequence[Cap], month: str) -> list[Restore]:
        """Reserve the money and add restores, or find the active one of each object version.

        Raises:
            BudgetExceeded: A cap does not suffice for all that is new; nothing was reserved.
        """
        active = self._active(wanted)
        new, taken_over = [], []
        for restore in wanted:
            there = active.get(_identity(restore))
            if there is None:
                new.append(restore)
                active[_identity(restore)] = restore
            elif _is_overtaken(there, restore):
                deadline = earliest(there.deadline, restore.deadline)
                taken_over.append((there, replace(restore, id=there.id, deadline=deadline)))
                active[_identity(restore)] = taken_over[-1][1]
        entries = [_entry(r, r.id, month) for r in new if r.status is not RestoreStatus.NEEDS_APPROVAL]
        entries += [_entry(r, f"{r.id}/{r.quote_id}", month) for _, r in taken_over]
        self._spending.enter(entries, caps)
        rows = [{"id": r.id, "uri": r.uri, "version": r.version, **_values(r)} for r in new]
        self._session.run(sa.insert(restores), rows)
        for before, after in taken_over:
            self._write(before, after)
        return [active[_identity(restore)] for restore in wanted]

    def update(self, restore: Restore) -> None:
        """New status and facts; a failed or cancelled one gives its reservations back.

        Raises:
            RestoreNotFound: There is no such restore.
            StateConflict: There is no way from its status to the new one.
        """
        before = self.get(restore.id)
        check_restore(before.status, restore.status)
        self._write(before, restore)
        if restore.status in _REFUNDED:
            self._spending.release_all(restore.id)

    def get(self, restore_id: RestoreId) -> Restore:
        """By id; raises RestoreNotFound."""
        row = self._session.first(sa.select(restores).where(restores.c.id == restore_id))
        if row is None:
            raise RestoreNotFound(f"There is no restore {restore_id}.")
        return _restore(row)

    def find(
        self,
        *,
        statuses: Sequence[RestoreStatus] = (),
        asset: AssetId | None = None,
        quote: QuoteId | None = None,
    ) -> list[Restore]:
        """Newest first."""
        query = sa.select(restores).order_by(restores.c.row.desc())
        if statuses:
            query = query.where(restores.c.status.in_(statuses))
        if asset is not None:
            query = query.where(restores.c.asset_id == asset)
        if quote is not None:
            query = query.where(restores.c.quote_id == quote)
        return [_restore(row) for row in self._session.rows(query)]

    def active_of(self, assets: Iterable[AssetId]) -> dict[AssetId, list[Restore]]:
        """Restores of assets that something may still happen to."""
        found: dict[AssetId, list[Restore]] = defaultdict(list)
        for ids in chunks(assets):
            query = sa.select(restores).where(restores.c.asset_id.in_(ids), sa.text(ACTIVE_RESTORE))
            for row in self._session.rows(query):
                found[row.asset_id].append(_restore(row))
        return found

    def asked_since(self, assets: Iterable[AssetId], at: datetime) -> list[Restore]:
        """Restores of assets that were asked for at or after a moment, whatever became of them."""
        found: list[Restore] = []
        for ids in chunks(assets):
            query = sa.select(restores).where(restores.c.asset_id.in_(ids), restores.c.requested_at >= at)
            found += [_restore(row) for row in self._session.rows(query.order_by(restores.c.row))]
        return found

    def due(self, now: datetime, limit: int) -> list[Restore]:
        """Restores whose next step is due, those that waited longest first."""
        query = sa.select(restores).where(restores.c.due_at <= now, sa.text(ACTIVE_RESTORE))
        ordered = query.order_by(restores.c.due_at, restores.c.row).limit(limit)
        return [_restore(row) for row in self._session.rows(ordered)]

    def next_due(self) -> datetime | None:
        """When the next step of any restore is due; None while there is none."""
        query = sa.select(restores.c.due_at).where(restores.c.due_at.is_not(None), sa.text(ACTIVE_RESTORE))
        found: datetime | None = self._session.value(query.order_by(restores.c.due_at).limit(1))
        return found

    def hasten(self, uri: str, at: datetime) -> int:
        """Let active restores of an address be looked at by ``at``; returns how many there are."""
        same = (restores.c.uri == uri, sa.text(ACTIVE_RESTORE))
        later = sa.or_(restores.c.due_at.is_(None), restores.c.due_at > at)
        self._session.run(sa.update(restores).where(*same, later).values(due_at=at))
        count = sa.select(sa.func.count()).select_from(restores).where(*same)
        return int(self._session.value(count))

    def join(self, waiters: Sequence[Waiter]) -> None:
        """Wait for restores; who waits already gets the longer hold and the earlier deadline."""
        by_restore = self._waiters.there(waiter.restore_id for waiter in waiters)
        known = {
            restore.id: restore for restore in self._many(list(by_restore) + [w.restore_id for w in waiters])
        }
        new: list[Waiter] = []
        told: list[News] = []
        for waiter in waiters:
            own = [w for w in by_restore[waiter.restore_id] if w.principal == waiter.principal]
            if own:
                self._waiters.change(merged(own[0], waiter))
                continue
            by_restore[waiter.restore_id].append(waiter)
            new.append(waiter)
            told += news_of_joining(known[waiter.restore_id], waiter)
        self._waiters.add(new)
        tell(self._session, told)
        self._hurry(known, waiters)

    def leave(self, waiter_id: WaiterId) -> None:
        """Wait no longer; told once."""
        waiter = self._waiters.get(waiter_id)
        if waiter is not None:
            self._waiters.leave(waiter_id)
            restore = self.get(waiter.restore_id)
            tell(self._session, [news(restore, waiter, NoticeEvent.CANCELLED, "left")])

    def waiters(self, restore_id: RestoreId) -> list[Waiter]:
        """Who waits, first come first."""
        return self._waiters.there([restore_id])[restore_id]

    def waited_for(self, quote_id: QuoteId) -> list[Restore]:
        """Restores that somebody waits for because of a quote, oldest first."""
        query = (
            sa.select(restores)
            .join(waiter_rows, waiter_rows.c.restore_id == restores.c.id)
            .where(waiter_rows.c.quote_id == quote_id, waiter_rows.c.left_at.is_(None))
            .order_by(restores.c.row)
        )
        return [_restore(row) for row in self._session.rows(query)]

    def spent(self, month: str) -> Decimal:
        """Reserved and spent in a month (``2026-11``)."""
        query = sa.select(spending.c.amount, spending.c.actual).where(
            spending.c.month == month, spending.c.released_at.is_(None)
        )
        rows = self._session.rows(query)
        return sum((row.amount if row.actual is None else row.actual for row in rows), Decimal(0))

    def _write(self, before: Restore, after: Restore) -> None:
        self._session.run(sa.update(restores).where(restores.c.id == after.id).values(_values(after)))
        tell(self._session, news_of_change(before, after, self.waiters(after.id)))

    def _hurry(self, known: dict[RestoreId, Restore], waiters: Sequence[Waiter]) -> None:
        """The earliest deadline of all who wait is the restore's."""
        for waiter in waiters:
            restore = known[waiter.restore_id]
            deadline = earliest(restore.deadline, waiter.deadline)
            if deadline != restore.deadline:
                known[restore.id] = replace(restore, deadline=deadline)
                same = restores.c.id == restore.id
                self._session.run(sa.update(restores).where(same).values(deadline=deadline))

    def _many(self, restore_ids: Iterable[RestoreId]) -> list[Restore]:
        return [
            _restore(row)
            for ids in chunks(restore_ids)
            for row in self._session.rows(sa.select(restores).where(restores.c.id.in_(ids)))
        ]

    def _active(self, wanted: Sequence[Restore]) -> dict[_Identity, Restore]:
        found: dict[_Identity, Restore] = {}
        for uris in chunks(restore.uri for restore in wanted):
            query = sa.select(restores).where(restores.c.uri.in_(uris), sa.text(ACTIVE_RESTORE))
            for row in self._session.rows(query):
                found[(row.uri, row.version)] = _restore(row)
        return found


def _identity(restore: Restore) -> _Identity:
    return restore.uri, restore.version


def _is_overtaken(there: Restore, wanted: Restore) -> bool:
    waits = there.status is RestoreStatus.NEEDS_APPROVAL
    return waits and wanted.status is not RestoreStatus.NEEDS_APPROVAL


def _entry(restore: Restore, key: str, month: str) -> Entry:
    return Entry(
        key=key,
        restore_id=restore.id,
        kind=EntryKind.RESTORE,
        amount=restore.cost,
        currency=restore.currency,
        month=month,
        principal=restore.principal,
        project=restore.project,
    )


def _values(restore: Restore) -> dict[str, object]:
    return {
        "quote_id": restore.quote_id,
        "asset_id": restore.asset_id,
        "instance_id": restore.instance_id,
        "retrieval_tier": restore.retrieval_tier,
        "days": restore.days,
        "size": restore.size,
        "cost": restore.cost,
        "currency": restore.currency,
        "status": restore.status,
        "requested_at": restore.requested_at,
        "principal": restore.principal,
        "project": restore.project,
        "eta": restore.eta,
        "restored_at": restore.restored_at,
        "expires_at": restore.expires_at,
        "sha256": restore.sha256,
        "verified": restore.verified,
        "error": restore.error,
        "deadline": restore.deadline,
        "wanted_days": restore.wanted_days,
        "keep_until": restore.keep_until,
        "wanted_tier": restore.wanted_tier,
        "due_at": restore.due_at,
        "overdue_at": restore.overdue_at,
        "asked": restore.asked,
    }


def _restore(row: Row) -> Restore:
    return Restore(
        id=row.id,
        quote_id=row.quote_id,
        asset_id=row.asset_id,
        instance_id=row.instance_id,
        uri=row.uri,
        version=row.version,
        retrieval_tier=row.retrieval_tier,
        days=row.days,
        size=row.size,
        cost=row.cost,
        currency=row.currency,
        status=RestoreStatus(row.status),
        requested_at=row.requested_at,
        principal=row.principal,
        eta=row.eta,
        restored_at=row.restored_at,
        expires_at=row.expires_at,
        sha256=row.sha256,
        verified=row.verified,
        error=row.error,
        project=row.project,
        deadline=row.deadline,
        wanted_days=row.wanted_days,
        keep_until=row.keep_until,
        wanted_tier=row.wanted_tier,
        due_at=row.due_at,
        overdue_at=row.overdue_at,
        asked=row.asked,
    )


def _quote(row: Row) -> Quote:
    return Quote(
        id=row.id,
        asset_ids=tuple(row.asset_ids),
        retrieval_tier=row.retrieval_tier,
        days=row.days,
        size=row.size,
        objects=row.objects,
        eta_seconds=row.eta_seconds,
        cost=row.cost,
        currency=row.currency,
        lines=tuple(row.lines),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
