"""Quotes, restores and spending in SQL; money is reserved in the transaction that adds the restore."""

from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa

from catalog.lifecycle import check_restore
from catalog.model import Quote, Restore, RestoreStatus
from catalog.rows import Row
from catalog.session import Session
from catalog.tables_work import ACTIVE_RESTORE, quotes, restores, spending
from foundation.errors import BudgetExceeded, RestoreNotFound
from foundation.ids import AssetId, QuoteId, RestoreId

_REFUNDED = (RestoreStatus.FAILED, RestoreStatus.CANCELLED)


class SqlRestores:
    """One active restore per object version, and never more money than the month allows."""

    def __init__(self, session: Session) -> None:
        self._session = session

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

    def begin(self, restore: Restore, budget: Decimal, month: str) -> Restore:
        """Reserve the money and add the restore, or return the active one of this object version.

        Raises:
            BudgetExceeded: Nothing was reserved.
        """
        active = self._active(restore)
        if active is not None:
            return active
        self._reserve(restore, budget, month)
        identity = {"id": restore.id, "uri": restore.uri, "version": restore.version}
        self._session.run(sa.insert(restores).values(**identity, **_values(restore)))
        return restore

    def update(self, restore: Restore) -> None:
        """New status and facts; a failed or cancelled one gives its reservation back.

        Raises:
            RestoreNotFound: There is no such restore.
            StateConflict: There is no way from its status to the new one.
        """
        check_restore(self.get(restore.id).status, restore.status)
        self._session.run(sa.update(restores).where(restores.c.id == restore.id).values(_values(restore)))
        if restore.status in _REFUNDED:
            unspent = (spending.c.restore_id == restore.id, spending.c.released_at.is_(None))
            self._session.run(sa.update(spending).where(*unspent).values(released_at=self._session.now))

    def get(self, restore_id: RestoreId) -> Restore:
        """By id; raises RestoreNotFound."""
        row = self._session.first(sa.select(restores).where(restores.c.id == restore_id))
        if row is None:
            raise RestoreNotFound(f"There is no restore {restore_id}.")
        return _restore(row)

    def find(self, *, statuses: Sequence[RestoreStatus] = (), asset: AssetId | None = None) -> list[Restore]:
        """Newest first."""
        query = sa.select(restores).order_by(restores.c.row.desc())
        if statuses:
            query = query.where(restores.c.status.in_(statuses))
        if asset is not None:
            query = query.where(restores.c.asset_id == asset)
        return [_restore(row) for row in self._session.rows(query)]

    def spent(self, month: str) -> Decimal:
        """Reserved and spent in a month (``2026-11``)."""
        query = sa.select(spending.c.amount).where(
            spending.c.month == month, spending.c.released_at.is_(None)
        )
        return sum((row.amount for row in self._session.rows(query)), Decimal(0))

    def _active(self, restore: Restore) -> Restore | None:
        same = (restores.c.uri == restore.uri, restores.c.version == restore.version)
        row = self._session.first(sa.select(restores).where(*same, sa.text(ACTIVE_RESTORE)))
        return None if row is None else _restore(row)

    def _reserve(self, restore: Restore, budget: Decimal, month: str) -> None:
        left = budget - self.spent(month)
        if restore.cost > left:
            facts = {"cost": str(restore.cost), "left": str(left), "currency": restore.currency}
            raise BudgetExceeded(
                f"The restore costs {restore.cost} {restore.currency}; the budget leaves {left}.",
                detail=facts,
            )
        values = {
            "month": month,
            "restore_id": restore.id,
            "amount": restore.cost,
            "currency": restore.currency,
            "created_at": self._session.now,
            "principal": restore.principal,
        }
        self._session.run(sa.insert(spending).values(values))


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
        "eta": restore.eta,
        "restored_at": restore.restored_at,
        "expires_at": restore.expires_at,
        "sha256": restore.sha256,
        "verified": restore.verified,
        "error": restore.error,
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
