"""Rights in SQL."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.model import Right, RightKind
from catalog.rows import Row, frame_values, frames_of
from catalog.session import Session
from catalog.tables import assets, rights
from foundation.ids import AssetId


class SqlRights:
    """Who may show assets."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, asset_id: AssetId) -> list[Right]:
        """All of an asset, in the order they were given."""
        return [_right(row) for row in self._rows(asset_id)]

    def replace(self, asset_id: AssetId, found: Sequence[Right]) -> None:
        """All of an asset; one that says the same as one there is keeps its source and time."""
        there: dict[tuple[object, ...], int] = {}
        for row in self._rows(asset_id):  # merging assets may have brought the same right twice
            there.setdefault(_said(_right(row)), row.row)
        wanted = {_said(right): right for right in found}
        kept = [row for said, row in there.items() if said in wanted]
        self._session.run(sa.delete(rights).where(rights.c.asset_id == asset_id, rights.c.row.not_in(kept)))
        self._insert(asset_id, [right for said, right in wanted.items() if said not in there])

    def add(self, right: Right) -> None:
        """One to those its asset has; nothing changes where one says the same."""
        if all(_said(known) != _said(right) for known in self.of(right.asset_id)):
            self._insert(right.asset_id, [right])

    def _insert(self, asset_id: AssetId, added: Sequence[Right]) -> None:
        of_asset = sa.select(assets.c.collection).where(assets.c.id == asset_id)
        owner = {"asset_id": asset_id, "collection": self._session.value(of_asset)}
        self._session.run(sa.insert(rights), [{**owner, **self._values(right)} for right in added])

    def _rows(self, asset_id: AssetId) -> Sequence[Row]:
        query = sa.select(rights).where(rights.c.asset_id == asset_id)
        return self._session.rows(query.order_by(rights.c.row))

    def _values(self, right: Right) -> dict[str, object]:
        return {
            "kind": right.kind,
            "who": right.who,
            "territory": right.territory,
            "media": right.media,
            "valid_from": right.valid_from,
            "valid_until": right.valid_until,
            "source": right.source,
            "principal": right.principal,
            "created_at": right.created_at or self._session.now,
            **frame_values(right.frames),
        }


def _said(right: Right) -> tuple[object, ...]:
    """What it says, apart from who said so when."""
    bounds = (right.valid_from, right.valid_until, right.frames)
    return right.kind, right.who, right.territory, right.media, *bounds


def _right(row: Row) -> Right:
    return Right(
        asset_id=row.asset_id,
        kind=RightKind(row.kind),
        who=row.who,
        territory=row.territory,
        media=row.media,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        frames=frames_of(row),
        source=row.source,
        principal=row.principal,
        created_at=row.created_at,
    )
