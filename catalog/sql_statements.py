"""Statements of one asset: machine ones are replaced by source, human ones stay and keep their precedence."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.fulltext import DESCRIPTIONS, rows_of
from catalog.model import ChangeKind, Statement
from catalog.rows import Row, box_values, frame_values, sound_values
from catalog.session import Session
from catalog.tables import assets
from catalog.tables_facts import statements
from foundation.errors import StateConflict

BLACK_AND_WHITE = "black_and_white"
"""Field whose statements (``true`` or ``false``, of shots or the whole) make the asset's own flag."""

_HUMAN = "person:"


class StatementRows:
    """Writes statements of one asset and their full text."""

    def __init__(self, session: Session, asset: Row) -> None:
        self._session = session
        self._asset = asset
        self._mine = statements.c.asset_id == asset.id

    def replace(self, source: str, found: Sequence[Statement]) -> None:
        """All statements of one machine source.

        A person's correction of a machine's statement holds for the one that takes its place: same field,
        same or overlapping anchor.

        Raises:
            StateConflict: The source is a person.
        """
        if source.startswith(_HUMAN):
            raise StateConflict("What a person stated is not replaced by a stage.")
        theirs = (self._mine, statements.c.source == source)
        corrected = self._session.rows(
            sa.select(statements).where(*theirs, statements.c.superseded_by.is_not(None))
        )
        first, last = rows_of(self._asset.row)
        DESCRIPTIONS.forget(self._session, first, last)
        self._session.run(sa.delete(statements).where(*theirs))
        self._insert([(item, _corrector(item, corrected)) for item in found])
        DESCRIPTIONS.learn(self._session, first, last)
        self._refresh_black_and_white()
        if any(item.field == BLACK_AND_WHITE for item in found):
            self._session.tell(self._asset.id, ChangeKind.PAYLOAD)

    def add(self, statement: Statement) -> None:
        """One statement; what it supersedes is listed and found no more."""
        row = self._insert([(statement, None)])
        DESCRIPTIONS.learn(self._session, row, row)
        if statement.supersedes is not None:
            self._supersede(statement)
        self._refresh_black_and_white()

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
        older = (self._mine, statements.c.id == statement.supersedes)
        row = self._session.first(sa.select(statements.c.row).where(*older))
        if row is not None:
            DESCRIPTIONS.forget(self._session, row.row, row.row)
            self._session.run(sa.update(statements).where(*older).values(superseded_by=statement.id))

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
            "human": statement.source.startswith(_HUMAN),
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


def _corrector(statement: Statement, corrected: Sequence[Row]) -> str | None:
    """Id of the human statement that superseded this one's predecessor."""
    return next((row.superseded_by for row in corrected if _same_subject(statement, row)), None)


def _same_subject(statement: Statement, row: Row) -> bool:
    if statement.field != row.field or (statement.frames is None) != (row.in_frame is None):
        return False
    return statement.frames is None or (
        statement.frames.in_frame < row.out_frame and row.in_frame < statement.frames.out_frame
    )
