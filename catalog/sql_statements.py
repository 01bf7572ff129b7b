"""Statements of one asset: machine ones are replaced by source, human ones stay and keep their precedence."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from catalog.fulltext import DESCRIPTIONS, rows_of
from catalog.model import HUMAN, RECORDED, SINGLE, ChangeKind, Statement
from catalog.rows import Row, box_values, frame_values, sound_values
from catalog.session import Session
from catalog.sql_facts import statement_of
from catalog.sql_years import refresh_year
from catalog.tables import assets
from catalog.tables_facts import statements
from foundation.errors import StateConflict, StatementNotFound
from foundation.ids import StatementId

BLACK_AND_WHITE = "black_and_white"
"""Field whose statements (``true`` or ``false``, of shots or the whole) make the asset's own flag."""


_WHOLE = sa.and_(statements.c.in_frame.is_(None), statements.c.start.is_(None))


class StatementRows:
    """Writes statements of one asset and their full text."""

    def __init__(self, session: Session, asset: Row) -> None:
        self._session = session
        self._asset = asset
        self._mine = statements.c.asset_id == asset.id

    def replace(self, source: str, found: Sequence[Statement]) -> None:
        """All statements of one machine source.

        A person's correction of a machine's statement holds for the one that takes its place: same field
        and the same value, or an overlapping range. A title or date that a person gave stands for whatever
        is found.

        Raises:
            StateConflict: The source is a person.
        """
        if source.startswith(HUMAN):
            raise StateConflict("What a person stated is not replaced by a stage.")
        theirs = (self._mine, statements.c.source == source)
        corrected = self._session.rows(
            sa.select(statements).where(*theirs, statements.c.superseded_by.is_not(None))
        )
        first, last = rows_of(self._asset.row)
        DESCRIPTIONS.forget(self._session, first, last)
        self._session.run(sa.delete(statements).where(*theirs))
        settled = self._settled()
        self._insert([(item, _corrector(item, corrected) or _settler(item, settled)) for item in found])
        DESCRIPTIONS.learn(self._session, first, last)
        self._refresh_black_and_white()
        if any(item.field == BLACK_AND_WHITE for item in found):
            self._session.tell(self._asset.id, ChangeKind.PAYLOAD)

    def add(self, statement: Statement) -> None:
        """One statement; what it supersedes is listed and found no more."""
        self._supersede(statement)
        row = self._insert([(statement, None)])
        DESCRIPTIONS.learn(self._session, row, row)
        self._refresh(statement.field)

    def take_back(self, statement_id: StatementId) -> Statement:
        """Forget what a person said; what it superseded stands again.

        Raises:
            StatementNotFound: The asset has none of this id.
            StateConflict: No person made it.
        """
        gone = self._session.first(sa.select(statements).where(self._mine, statements.c.id == statement_id))
        if gone is None:
            raise StatementNotFound(f"Asset {self._asset.id} has no statement {statement_id!r}.")
        if not gone.human:
            raise StateConflict(
                f"Statement {statement_id} was made by {gone.source}, not by a person.",
                remedy="Make a statement that supersedes it, or change the sidecar it comes from.",
            )
        DESCRIPTIONS.forget(self._session, gone.row, gone.row)
        self._session.run(sa.delete(statements).where(statements.c.row == gone.row))
        self._pass_on(gone)
        self._refresh(gone.field)
        return statement_of(gone)

    def _insert(self, found: Sequence[tuple[Statement, str | None]]) -> int:
        base, _ = rows_of(self._asset.row)
        taken = self._session.value(sa.select(sa.func.max(statements.c.row)).where(self._mine))
        start = base if taken is None else taken + 1
        rows = [
            {"row": row, "superseded_by": corrector, **self._values(statement)}
            for row, (statement, corrector) in enumerate(found, start)
        ]
        self._session.run(sa.insert(statements), rows)
        return start

    def _supersede(self, statement: Statement) -> None:
        older = statements.c.id == statement.supersedes
        if statement.field in SINGLE and statement.is_whole:
            older = sa.or_(older, sa.and_(statements.c.field == statement.field, _WHOLE))
        chosen = (self._mine, older, statements.c.superseded_by.is_(None))
        for row in self._session.rows(sa.select(statements.c.row).where(*chosen)):
            DESCRIPTIONS.forget(self._session, row.row, row.row)
            found = sa.update(statements).where(statements.c.row == row.row)
            self._session.run(found.values(superseded_by=statement.id))

    def _pass_on(self, gone: Row) -> None:
        """What a statement superseded stands again, or falls to the one that superseded that statement."""
        older = sa.update(statements).where(self._mine, statements.c.supersedes == gone.id)
        self._session.run(older.values(supersedes=gone.supersedes))
        query = sa.select(statements).where(self._mine, statements.c.superseded_by == gone.id)
        heirs = self._session.rows(query.order_by(statements.c.row))
        # Of a title or date, what people said before stands for what machines found.
        first = next((row for row in reversed(heirs) if row.human and gone.field in SINGLE), None)
        for row in heirs:
            next_one = None if first is None or row.row == first.row else first.id
            found = sa.update(statements).where(statements.c.row == row.row)
            self._session.run(found.values(superseded_by=gone.superseded_by or next_one))
            DESCRIPTIONS.learn(self._session, row.row, row.row)

    def _settled(self) -> dict[str, str]:
        """Ids of what people said of the whole asset that stands for all others, by field."""
        theirs = (self._mine, statements.c.human, statements.c.superseded_by.is_(None), _WHOLE)
        query = sa.select(statements.c.field, statements.c.id).where(*theirs)
        return {row.field: row.id for row in self._session.rows(query.order_by(statements.c.row))}

    def _refresh(self, field: str) -> None:
        self._refresh_black_and_white()
        if field == RECORDED:
            refresh_year(self._session, self._asset.id)

    def _refresh_black_and_white(self) -> None:
        query = sa.select(statements.c.value).where(
            self._mine, statements.c.field == BLACK_AND_WHITE, statements.c.superseded_by.is_(None)
        )
        values = {row.value.casefold() == "true" for row in self._session.rows(query)}
        flag = any(values) if values else None
        if flag != self._asset.black_and_white:
            self._session.run(
                sa.update(assets).where(assets.c.id == self._asset.id).values(black_and_white=flag)
            )
            self._session.tell(self._asset.id, ChangeKind.PAYLOAD)

    def _values(self, statement: Statement) -> dict[str, object]:
        return {
            "asset_id": self._asset.id,
            "id": statement.id,
            "field": statement.field,
            "value": statement.value,
            "source": statement.source,
            "human": statement.is_human,
            "confidence": statement.confidence,
            "language": statement.language,
            "supersedes": statement.supersedes,
            "principal": statement.principal,
            "collection": self._asset.collection,
            "created_at": statement.created_at or self._session.now,
            **frame_values(statement.frames),
            **sound_values(statement.sound),
            **box_values(statement.box),
        }


def _settler(statement: Statement, settled: Mapping[str, str]) -> str | None:
    """Id of the human statement that stands for this one."""
    return settled.get(statement.field) if statement.field in SINGLE and statement.is_whole else None


def _corrector(statement: Statement, corrected: Sequence[Row]) -> str | None:
    """Id of the human statement that superseded this one's predecessor."""
    return next((row.superseded_by for row in corrected if _same_subject(statement, row)), None)


def _same_subject(statement: Statement, row: Row) -> bool:
    if statement.field != row.field or (statement.frames is None) != (row.in_frame is None):
        return False
    if statement.frames is None:
        # An asset has many keywords; correcting one says nothing of the others.
        return bool(statement.value.casefold() == row.value.casefold())
    return bool(statement.frames.in_frame < row.out_frame and row.in_frame < statement.frames.out_frame)
