"""Keeps names and file metadata findable."""

import sqlalchemy as sa

from catalog.fulltext import NAMES, split_name
from catalog.rows import Row
from catalog.session import Session
from catalog.tables import assets
from catalog.tables_facts import names, tracks
from foundation.ids import AssetId

_FACTS = (
    assets.c.row,
    assets.c.id,
    assets.c.name,
    assets.c.kind,
    assets.c.codec,
    assets.c.container,
    assets.c.width,
    assets.c.height,
    assets.c.year,
)


def index_names(session: Session, asset_id: AssetId) -> None:
    """Index the name and the facts of a file as they are now."""
    row = session.first(sa.select(*_FACTS).where(assets.c.id == asset_id))
    if row is None:
        return
    forget_names(session, row.row)
    values = {
        "row": row.row,
        "asset_id": row.id,
        "name": row.name,
        "words": split_name(row.name),
        "facts": _facts(session, row),
    }
    session.run(sa.insert(names).values(values))
    NAMES.learn(session, row.row, row.row)


def forget_names(session: Session, asset_row: int) -> None:
    """Take an asset out of the index of names."""
    NAMES.forget(session, asset_row, asset_row)
    session.run(sa.delete(names).where(names.c.row == asset_row))


def _facts(session: Session, row: Row) -> str:
    size = f"{row.width}x{row.height} {row.height}p" if row.width and row.height else ""
    titles = session.rows(
        sa.select(tracks.c.title).where(tracks.c.asset_id == row.id, tracks.c.title.is_not(None))
    )
    year = "" if row.year is None else str(row.year)
    known = (row.kind, row.codec, row.container, size, year, *(track.title for track in titles))
    return " ".join(part for part in known if part)
