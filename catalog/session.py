"""One transaction as the SQL adapters see it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import Executable

from catalog.model import ChangeKind, Removal
from catalog.tables_work import changes
from foundation.ids import LOCAL_PRINCIPAL, AssetId, PrincipalId

CHUNK = 500
"""Most values of one IN list; SQLite takes 32,766, and longer lists are never faster."""


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Distinct ids in lists short enough for one statement."""
    ordered = list(dict.fromkeys(ids))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def one_of(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """The column holds one of the parameter ``ids``: one statement, built once, serves any number of them."""
    value = sa.column("value", column.type)
    ids = sa.func.json_each(sa.bindparam("ids", type_=sa.String)).table_valued(value, name="ids")
    return column.in_(sa.select(ids.c.value))


@dataclass(slots=True)
class Session:
    """An open transaction, whose it is, and what it has told the change feed.

    Attributes:
        removals: What is to be known outside the catalog before the transaction is committed.
    """

    connection: sa.Connection
    clock: Callable[[], datetime]
    principal: PrincipalId = LOCAL_PRINCIPAL
    removals: list[Removal] = field(default_factory=list)
    _told: dict[AssetId, set[tuple[ChangeKind, str | None]]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The catalog's clock (UTC)."""
        return self.clock()

    def rows(
        self, statement: sa.Select[Any], values: Mapping[str, object] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """All rows of a query, with values for its parameters where it has some."""
        return self.connection.execute(statement, values).all()

    def rows_of(
        self, statement: sa.Select[Any], ids: Iterable[str | int], values: Mapping[str, object] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """All rows of a query with :func:`one_of` in it; nothing is asked without ids."""
        distinct = list(dict.fromkeys(ids))
        return self.rows(statement, {"ids": json.dumps(distinct), **(values or {})}) if distinct else ()

    def first(self, statement: sa.Select[Any]) -> sa.Row[Any] | None:
        """The first row of a query, if there is one."""
        return self.connection.execute(statement).first()

    def value(self, statement: sa.Select[Any]) -> Any:
        """The first column of the first row, None without rows."""
        return self.connection.execute(statement).scalar()

    def run(self, statement: Executable, rows: Sequence[Mapping[str, object]] | None = None) -> int:
        """Run a statement, once per row where rows are given; returns how many rows it touched."""
        if rows is None:
            return int(self.connection.execute(statement).rowcount)
        return int(self.connection.execute(statement, list(rows)).rowcount) if rows else 0

    def tell(self, asset_id: AssetId, kind: ChangeKind, space: str | None = None) -> None:
        """Append to the change feed, once per transaction unless a deletion came in between."""
        told = self._told.setdefault(asset_id, set())
        if (kind, space) in told:
            return
        # What was told before a deletion has to be told again after it, and the other way round.
        is_deletion = kind == ChangeKind.DELETE
        kept = {item for item in told if (item[0] == ChangeKind.DELETE) == is_deletion}
        self._told[asset_id] = kept | {(kind, space)}
        self.run(sa.insert(changes).values(asset_id=asset_id, kind=kind, space=space, at=self.now))
