"""The ledger and the budgets in SQL: a cap is compared and drawn on in one statement.

Budgets are counted in millionths of the currency, rounded up, as SQLite compares integers and not decimals.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from catalog.model import BudgetScope, Cap, Entry, EntryKind, SetCap
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.tables_money import budget_caps, budget_use, restores, spending
from foundation.errors import BudgetExceeded
from foundation.ids import AssetId, RestoreId

_MILLION = Decimal(1_000_000)
_Account = tuple[BudgetScope, str]
_TOTAL = sa.func.sum(sa.cast(sa.func.round(sa.cast(spending.c.amount, sa.Float) * 1_000_000), sa.BigInteger))
"""Whole millionths are summed: that is exact, sums of SQLite's floats are not."""


def millionths(amount: Decimal) -> int:
    """Whole millionths, rounded up."""
    return int((amount * _MILLION).to_integral_value(ROUND_CEILING))


class SqlSpending:
    """Entries with a key each, and what is reserved per month, user and project."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def charge(self, entry: Entry, caps: Sequence[Cap]) -> bool:
        """Reserve for something besides bringing back; False where this key was charged already.

        Raises:
            BudgetExceeded: A cap does not suffice; nothing was reserved.
        """
        if self.is_charged(entry.key):
            return False
        self.enter([entry], caps)
        return True

    def enter(self, entries: Sequence[Entry], caps: Sequence[Cap]) -> None:
        """Reserve for new entries of one month together, whosever they are.

        Raises:
            BudgetExceeded: A cap does not suffice; nothing was reserved.
        """
        if not entries:
            return
        changes: dict[_Account, int] = defaultdict(int)
        for entry in entries:
            for account in _accounts(entry):
                changes[account] += millionths(entry.amount)
        drawn: list[_Account] = []
        for account, change in changes.items():
            cap = next((c for c in caps if (c.scope, c.subject) == account), None)
            if not self._draw(account, entries[0].month, change, cap):
                for before in drawn:
                    self._draw(before, entries[0].month, -changes[before])
                raise self._refusal(account, entries, cap)
            drawn.append(account)
        self._session.run(sa.insert(spending), [self._values(entry) for entry in entries])

    def settle(self, key: str, actual: Decimal) -> None:
        """What an entry came to; what was reserved above it is given back."""
        entry = self._open(key)
        if entry is None or entry.actual is not None:
            return
        came_to = min(actual, entry.amount)
        self._session.run(sa.update(spending).where(spending.c.key == key).values(actual=came_to))
        self._give_back(entry, millionths(entry.amount) - millionths(came_to))

    def release(self, key: str) -> None:
        """Give an entry's money back; doing so again changes nothing."""
        entry = self._open(key)
        if entry is not None:
            gone = sa.update(spending).where(spending.c.key == key).values(released_at=self._session.now)
            self._session.run(gone)
            self._give_back(entry, millionths(_counted(entry)))

    def release_all(self, restore_id: RestoreId) -> None:
        """Give the money of all entries of a restore back."""
        for entry in self.entries(restore_id):
            self.release(entry.key)

    def entries(self, restore_id: RestoreId) -> list[Entry]:
        """Of one restore, in order."""
        query = sa.select(spending).where(spending.c.restore_id == restore_id).order_by(spending.c.row)
        return [_entry(row) for row in self._session.rows(query)]

    def is_charged(self, key: str) -> bool:
        """Whether the ledger has an entry with this key."""
        return self._session.first(sa.select(spending.c.row).where(spending.c.key == key)) is not None

    def charged_to(self, restore_id: RestoreId) -> Decimal:
        """Sum of all entries of one restore, or of a run's reads, to the millionth; quick however many."""
        mine = spending.c.restore_id == restore_id
        return Decimal(self._session.value(sa.select(_TOTAL).where(mine)) or 0) / _MILLION

    def charged_since(self, assets: Iterable[AssetId], at: datetime) -> Decimal:
        """What restores of assets were charged at or after a moment, less what was given back."""
        charged = Decimal(0)
        for ids in chunks(assets):
            query = (
                sa.select(spending)
                .join(restores, restores.c.id == spending.c.restore_id)
                .where(restores.c.asset_id.in_(ids), spending.c.created_at >= at)
                .where(spending.c.released_at.is_(None))
            )
            charged += sum((_counted(_entry(row)) for row in self._session.rows(query)), Decimal(0))
        return charged

    def reserved(self, scope: BudgetScope, subject: str, month: str) -> Decimal:
        """What counts against a cap."""
        where = _use(scope, subject, month)
        return (self._session.value(sa.select(budget_use.c.reserved).where(*where)) or 0) / _MILLION

    def subjects(self, month: str) -> list[tuple[BudgetScope, str, Decimal]]:
        """All that something was reserved for in a month."""
        query = sa.select(budget_use).where(budget_use.c.month == month)
        rows = self._session.rows(query.order_by(budget_use.c.scope, budget_use.c.subject))
        return [(BudgetScope(row.scope), row.subject, row.reserved / _MILLION) for row in rows]

    def set_cap(self, cap: Cap, month: str) -> None:
        """Set a cap, for one month or (empty) for all."""
        self.clear_cap(cap.scope, cap.subject, month)
        values = {"scope": cap.scope, "subject": cap.subject, "month": month, "cap": cap.amount}
        who = {"set_at": self._session.now, "principal": self._session.principal}
        self._session.run(sa.insert(budget_caps).values(**values, **who))

    def clear_cap(self, scope: BudgetScope, subject: str, month: str) -> None:
        """Let the settings hold again."""
        same = (budget_caps.c.scope == scope, budget_caps.c.subject == subject, budget_caps.c.month == month)
        self._session.run(sa.delete(budget_caps).where(*same))

    def caps(self, month: str) -> list[SetCap]:
        """What people set, for all months and for this one."""
        query = sa.select(budget_caps).where(budget_caps.c.month.in_(("", month)))
        rows = self._session.rows(query.order_by(budget_caps.c.scope, budget_caps.c.subject, "month"))
        return [_set_cap(row) for row in rows]

    def _give_back(self, entry: Entry, change: int) -> None:
        for account in _accounts(entry):
            self._draw(account, entry.month, -change)

    def _draw(self, account: _Account, month: str, change: int, cap: Cap | None = None) -> bool:
        """Add to what is reserved unless that would pass the cap; one statement compares and adds."""
        scope, subject = account
        row = {"scope": scope, "subject": subject, "month": month, "reserved": 0}
        self._session.run(insert(budget_use).values(row).on_conflict_do_nothing())
        after = budget_use.c.reserved + change
        draw = sa.update(budget_use).where(*_use(scope, subject, month)).values(reserved=after)
        if cap is not None:
            draw = draw.where(after <= _whole_millionths(cap.amount))
        return self._session.run(draw) == 1

    def _refusal(self, account: _Account, entries: Sequence[Entry], cap: Cap | None) -> BudgetExceeded:
        (scope, subject), entry = account, entries[0]
        amount = sum((each.amount for each in entries if account in _accounts(each)), Decimal(0))
        left = (cap.amount if cap is not None else Decimal(0)) - self.reserved(scope, subject, entry.month)
        facts = {"cost": str(amount), "left": str(left), "currency": entry.currency}
        return BudgetExceeded(
            f"It costs {amount} {entry.currency}; the budget {_words(account)} leaves {left}.",
            detail={**facts, "scope": scope.value, "subject": subject},
        )

    def _open(self, key: str) -> Entry | None:
        row = self._session.first(
            sa.select(spending).where(spending.c.key == key, spending.c.released_at.is_(None))
        )
        return None if row is None else _entry(row)

    def _values(self, entry: Entry) -> dict[str, object]:
        return {
            "key": entry.key,
            "restore_id": entry.restore_id,
            "kind": entry.kind,
            "amount": entry.amount,
            "currency": entry.currency,
            "month": entry.month,
            "created_at": self._session.now,
            "principal": entry.principal,
            "project": entry.project,
        }


def _whole_millionths(cap: Decimal) -> int:
    return int((cap * _MILLION).to_integral_value(ROUND_FLOOR))


def _accounts(entry: Entry) -> Iterable[_Account]:
    yield BudgetScope.MONTH, ""
    yield BudgetScope.USER, entry.principal
    yield BudgetScope.PROJECT, entry.project


def _counted(entry: Entry) -> Decimal:
    return entry.amount if entry.actual is None else entry.actual


def _use(scope: BudgetScope, subject: str, month: str) -> tuple[sa.ColumnElement[bool], ...]:
    return budget_use.c.scope == scope, budget_use.c.subject == subject, budget_use.c.month == month


def _words(account: _Account) -> str:
    scope, subject = account
    return "of the month" if scope is BudgetScope.MONTH else f"of {scope} {subject}"


def _entry(row: Row) -> Entry:
    return Entry(
        key=row.key,
        restore_id=row.restore_id,
        kind=EntryKind(row.kind),
        amount=row.amount,
        currency=row.currency,
        month=row.month,
        principal=row.principal,
        project=row.project,
        actual=row.actual,
        released_at=row.released_at,
    )


def _set_cap(row: Row) -> SetCap:
    at: datetime = row.set_at
    return SetCap(Cap(BudgetScope(row.scope), row.subject, row.cap), row.month, at, row.principal)
