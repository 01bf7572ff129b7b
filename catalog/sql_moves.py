"""The ledger of moves in SQL; money is reserved in the transaction that adds a move."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from catalog.lifecycle import MOVE_ENDED, check_move
from catalog.model import Cap, Entry, EntryKind, Move, MovedObject, MoveState
from catalog.rows import Row
from catalog.session import Session, one_of
from catalog.sql_spending import SqlSpending
from catalog.tables import instances
from catalog.tables_money import spending
from catalog.tables_tiering import ACTIVE_MOVE, moves
from foundation.errors import CatalogBusy, MoveNotFound, StateConflict
from foundation.ids import AssetId, InstanceId, LocationId, MoveId, PlanId, RestoreId

_REFUNDED = (MoveState.FAILED, MoveState.CANCELLED)
_NOTHING_COPIED = (MoveState.PLANNED, MoveState.VERIFYING)
_GIVEN = (
    "identity", "plan_id", "rule", "rule_line", "principal", "project", "cost", "currency", "created_at",
    "keep_id",
)  # fmt: skip


class SqlMoves:
    """One active move per instance, and never more money than the month allows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._spending = SqlSpending(session)

    def begin(self, wanted: Sequence[Move], caps: Sequence[Cap], month: str) -> list[Move]:
        """Reserve the money and add the moves; see the port."""
        begun = [self._active(move) or move for move in wanted]
        fresh = [move for move, asked in zip(begun, wanted, strict=True) if move is asked]
        self._spending.enter([_entry(move, month) for move in fresh if move.cost], caps)
        for move in fresh:
            self._insert(move, month)
        return begun

    def _insert(self, move: Move, month: str) -> None:
        place = {"id": move.id, "asset_id": move.asset_id, "instance_id": move.instance_id}
        given = {name: getattr(move, name) for name in _GIVEN}
        self._session.run(sa.insert(moves).values(**place, **given, **_values(move), month=month))

    def claim(self, owner: str, *, seconds: float, plan: PlanId | None = None) -> Move | None:
        """Take the oldest unfinished move that is due and that nobody works on."""
        now = self._session.now
        query = sa.select(moves).where(
            sa.text(ACTIVE_MOVE),
            sa.or_(moves.c.lease_until.is_(None), moves.c.lease_until <= now),
            sa.or_(moves.c.not_before.is_(None), moves.c.not_before <= now),
        )
        if plan is not None:
            query = query.where(moves.c.plan_id == plan)
        row = self._session.first(query.order_by(moves.c.row).limit(1))
        if row is None:
            return None
        taken = {
            "owner": owner,
            "lease_until": now + timedelta(seconds=seconds),
            "attempts": row.attempts + 1,
        }
        self._session.run(sa.update(moves).where(moves.c.id == row.id).values(taken))
        return self.get(row.id)

    def renew(self, move_id: MoveId, owner: str, *, seconds: float) -> bool:
        """Keep the lease; False when it was lost."""
        until = self._session.now + timedelta(seconds=seconds)
        mine = (moves.c.id == move_id, moves.c.owner == owner)
        return bool(self._session.run(sa.update(moves).where(*mine).values(lease_until=until)))

    def update(self, move: Move, owner: str) -> bool:
        """New state and facts; see the port."""
        current = self.get(move.id)
        if current.owner != owner:
            return False
        check_move(current.state, move.state)
        ended = {"finished_at": self._session.now} if move.state in MOVE_ENDED else {}
        values = _values(move) | {"updated_at": self._session.now} | ended
        self._session.run(sa.update(moves).where(moves.c.id == move.id).values(values))
        if move.state in _REFUNDED:
            self._spending.release(move.id)
        return True

    def release(self, move_id: MoveId, owner: str) -> None:
        """Let go of a move that is not finished, for the next one to take."""
        mine = (moves.c.id == move_id, moves.c.owner == owner)
        self._session.run(sa.update(moves).where(*mine).values(owner=None, lease_until=None))

    def cancel(self, move_id: MoveId) -> Move:
        """Give up a move before its copy became the master; see the port."""
        move, now = self.get(move_id), self._session.now
        if move.lease_until is not None and move.lease_until > now:
            raise StateConflict("The move is being worked on.", remedy="Stop `rekindle tier apply` first.")
        if move.state is MoveState.CANCELLED:
            return move
        if move.state not in _NOTHING_COPIED:
            raise StateConflict(
                f"The move is {move.state}: there is a copy already.",
                remedy="Put a hold on the asset; where there is a way back, its copy is taken back then.",
            )
        values = {"state": MoveState.CANCELLED, "updated_at": now, "finished_at": now, "owner": None}
        self._session.run(sa.update(moves).where(moves.c.id == move_id).values(values))
        self._spending.release(move_id)
        return self.get(move_id)

    def settled(self, move_ids: Iterable[str]) -> frozenset[str]:
        """Those of some ids whose copy the ledger knows as the master, or whose manifest was read."""
        is_settled = sa.or_(moves.c.manifest.is_not(None), moves.c.state == MoveState.DELETING)
        found = sa.select(moves.c.id).where(one_of(moves.c.id), is_settled)
        return frozenset(row.id for row in self._session.rows_of(found, move_ids))

    def conclude(self, move: Move) -> None:
        """Write down how a move ended that this ledger knows as running, or not at all; see the port."""
        row = self._session.first(sa.select(moves.c.lease_until).where(moves.c.id == move.id))
        if row is None:
            self._insert(move, f"{move.created_at:%Y-%m}")
            return
        if row.lease_until is not None and row.lease_until > self._session.now:
            raise CatalogBusy(f"The move {move.id} is being worked on.")
        values = _values(replace(move, owner=None, lease_until=None))
        self._session.run(sa.update(moves).where(moves.c.id == move.id).values(values))

    def get(self, move_id: MoveId) -> Move:
        """By id; raises MoveNotFound."""
        row = self._session.first(sa.select(moves).where(moves.c.id == move_id))
        if row is None:
            raise MoveNotFound(f"There is no move {move_id}.")
        return _move(row)

    def find(
        self,
        *,
        states: Sequence[MoveState] = (),
        asset: AssetId | None = None,
        plan: PlanId | None = None,
        limit: int = 1000,
    ) -> list[Move]:
        """Newest first."""
        query = sa.select(moves).order_by(moves.c.row.desc()).limit(limit)
        if states:
            query = query.where(moves.c.state.in_(states))
        for column, value in ((moves.c.asset_id, asset), (moves.c.plan_id, plan)):
            if value is not None:
                query = query.where(column == value)
        return [_move(row) for row in self._session.rows(query)]

    def counts(self, plan: PlanId | None = None) -> dict[MoveState, tuple[int, int]]:
        """How many moves, and bytes, are in each state."""
        size = sa.func.coalesce(sa.func.sum(moves.c.size), 0)
        number = sa.func.count().label("number")
        query = sa.select(moves.c.state, number, size.label("bytes")).group_by(moves.c.state)
        if plan is not None:
            query = query.where(moves.c.plan_id == plan)
        return {MoveState(row.state): (row.number, row.bytes) for row in self._session.rows(query)}

    def spent(self, month: str) -> Decimal:
        """Reserved and spent on moves in a month (``2026-11``)."""
        mine = (
            spending.c.month == month,
            spending.c.kind == EntryKind.MOVE,
            spending.c.released_at.is_(None),
        )
        rows = self._session.rows(sa.select(spending.c.amount).where(*mine))
        return sum((row.amount for row in rows), Decimal(0))

    def reserved_by(self, plan: PlanId) -> Decimal:
        """What a plan's moves were reserved and have not given back."""
        mine = (moves.c.plan_id == plan, moves.c.state.not_in(_REFUNDED))
        rows = self._session.rows(sa.select(moves.c.cost).where(*mine))
        return sum((row.cost for row in rows), Decimal(0))

    def occupant(self, location_id: LocationId, name: str) -> tuple[InstanceId, AssetId] | None:
        """The copy that is on record at a place, and its asset."""
        here = (instances.c.location_id == location_id, instances.c.name == name)
        row = self._session.first(sa.select(instances.c.id, instances.c.asset_id).where(*here))
        return None if row is None else (row.id, row.asset_id)

    def vacate(self, instance_id: InstanceId) -> None:
        """Forget a copy that a walk found while it was being made."""
        self._session.run(sa.delete(instances).where(instances.c.id == instance_id))

    def _active(self, move: Move) -> Move | None:
        same = (moves.c.instance_id == move.instance_id, sa.text(ACTIVE_MOVE))
        row = self._session.first(sa.select(moves).where(*same))
        return None if row is None else _move(row)


def _entry(move: Move, month: str) -> Entry:
    return Entry(
        key=move.id,
        restore_id=RestoreId(move.id),
        kind=EntryKind.MOVE,
        amount=move.cost,
        currency=move.currency,
        month=month,
        principal=move.principal,
        project=move.project,
    )


def _values(move: Move) -> dict[str, object]:
    return {
        "from_location": move.from_location,
        "from_class": move.from_class,
        "to_location": move.to_location,
        "to_class": move.to_class,
        "method": move.method,
        "state": move.state,
        "objects": [dataclasses.asdict(item) for item in move.objects],
        "size": move.size,
        "manifest": move.manifest,
        "error": move.error,
        "attempts": move.attempts,
        "owner": move.owner,
        "lease_until": move.lease_until,
        "not_before": move.not_before,
        "updated_at": move.updated_at,
        "finished_at": move.finished_at,
    }


def _move(row: Row) -> Move:
    facts: Mapping[str, object] = {field.name: getattr(row, field.name) for field in dataclasses.fields(Move)}
    objects = tuple(MovedObject(**item) for item in row.objects)
    return Move(**{**facts, "state": MoveState(row.state), "objects": objects})  # type: ignore[arg-type]
