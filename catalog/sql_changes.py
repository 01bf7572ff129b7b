"""The change feed in SQL; AUTOINCREMENT under one writer makes sequence order commit order."""

import sqlalchemy as sa

from catalog.model import Change, ChangeKind
from catalog.session import Session
from catalog.tables_work import changes
from foundation.ids import AssetId


class SqlChanges:
    """What followers have yet to hear."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def after(self, seq: int, limit: int) -> list[Change]:
        """In commit order."""
        query = sa.select(changes).where(changes.c.seq > seq).order_by(changes.c.seq).limit(limit)
        return [
            Change(row.seq, row.asset_id, ChangeKind(row.kind), row.space)
            for row in self._session.rows(query)
        ]

    def last(self) -> int:
        """Newest sequence number, 0 when empty."""
        return self._session.value(sa.select(sa.func.max(changes.c.seq))) or 0

    def append(self, asset_id: AssetId, kind: ChangeKind, space: str | None = None) -> None:
        """Add one, unless this transaction already did."""
        self._session.tell(asset_id, kind, space)
