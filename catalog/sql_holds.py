"""Holds and leases in SQL: what keeps a master where it is."""

import dataclasses

import sqlalchemy as sa

from catalog.model import Hold, Lease
from catalog.rows import Row
from catalog.session import Session
from catalog.tables import assets
from catalog.tables_tiering import holds, leases
from foundation.errors import HoldNotFound
from foundation.ids import AssetId, HoldId, PrincipalId


class SqlHolds:
    """What must stay where it is."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, hold: Hold) -> None:
        """Put a hold on an asset or a project."""
        values = dataclasses.asdict(hold) | {"created_at": hold.created_at or self._session.now}
        self._session.run(sa.insert(holds).values(values))

    def release(self, hold_id: HoldId) -> Hold:
        """End one; raises HoldNotFound. Ending it again changes nothing."""
        mine = holds.c.id == hold_id
        ending = sa.update(holds).where(mine, holds.c.released_at.is_(None))
        self._session.run(ending.values(released_at=self._session.now))
        row = self._session.first(sa.select(holds).where(mine))
        if row is None:
            raise HoldNotFound(f"There is no hold {hold_id}.")
        return _hold(row)

    def active(self, asset_id: AssetId | None = None) -> list[Hold]:
        """Those that hold now, oldest first; of one asset: its own and its project's."""
        open_end = sa.or_(holds.c.until.is_(None), holds.c.until > self._session.now)
        query = sa.select(holds).where(holds.c.released_at.is_(None), open_end).order_by(holds.c.row)
        if asset_id is not None:
            project = sa.select(assets.c.project).where(assets.c.id == asset_id).scalar_subquery()
            query = query.where(sa.or_(holds.c.asset_id == asset_id, holds.c.project_id == project))
        return [_hold(row) for row in self._session.rows(query)]


class SqlLeases:
    """Who works with which master, and until when."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, lease: Lease) -> Lease:
        """Take a lease, or extend the principal's own to the later of both ends."""
        mine = (leases.c.asset_id == lease.asset_id, leases.c.principal == lease.principal)
        row = self._session.first(sa.select(leases).where(*mine))
        if row is None:
            values = dataclasses.asdict(lease) | {"created_at": lease.created_at or self._session.now}
            self._session.run(sa.insert(leases).values(values))
        else:
            values = {"until": max(lease.until, row.until), "reason": lease.reason or row.reason}
            self._session.run(sa.update(leases).where(*mine).values(values))
        (kept,) = self._session.rows(sa.select(leases).where(*mine))
        return _lease(kept)

    def give_back(self, asset_id: AssetId, principal: PrincipalId) -> bool:
        """End a lease; False when there was none that runs."""
        now = self._session.now
        mine = (leases.c.asset_id == asset_id, leases.c.principal == principal, leases.c.until > now)
        return bool(self._session.run(sa.update(leases).where(*mine).values(until=now)))

    def active(self, asset_id: AssetId | None = None) -> list[Lease]:
        """Those that run now, of one asset or all; the one that ends last first."""
        query = sa.select(leases).where(leases.c.until > self._session.now).order_by(leases.c.until.desc())
        if asset_id is not None:
            query = query.where(leases.c.asset_id == asset_id)
        return [_lease(row) for row in self._session.rows(query)]


def _hold(row: Row) -> Hold:
    return Hold(
        id=row.id,
        reason=row.reason,
        asset_id=row.asset_id,
        project_id=row.project_id,
        principal=row.principal,
        created_at=row.created_at,
        until=row.until,
        released_at=row.released_at,
    )


def _lease(row: Row) -> Lease:
    return Lease(
        id=row.id,
        asset_id=row.asset_id,
        until=row.until,
        principal=row.principal,
        reason=row.reason,
        created_at=row.created_at,
    )
