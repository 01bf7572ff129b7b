"""The year of an asset: what a person stated, else what a stage found."""

import sqlalchemy as sa

from catalog.model import RECORDED, ChangeKind
from catalog.recorded import recorded_year
from catalog.session import Session
from catalog.sql_names import index_names
from catalog.tables import assets, dates
from catalog.tables_facts import statements
from foundation.ids import AssetId

PERSON = "person"
"""``year_source`` of a year that a person stated."""


def stated_year(session: Session, asset_id: AssetId) -> dict[str, object]:
    """Columns of the year that a person stated; none where nobody did."""
    theirs = (statements.c.field == RECORDED, statements.c.human, statements.c.superseded_by.is_(None))
    query = sa.select(statements.c.value).where(statements.c.asset_id == asset_id, *theirs)
    value = session.value(query.order_by(statements.c.row.desc()).limit(1))
    year = None if value is None else recorded_year(value)
    return {} if year is None else {"year": year, "year_source": PERSON}


def refresh_year(session: Session, asset_id: AssetId) -> None:
    """Bring an asset's year in line with what is stated and found, and tell the change feed."""
    now = stated_year(session, asset_id) or _found_year(session, asset_id)
    chosen = assets.c.id == asset_id
    row = session.first(sa.select(assets.c.year, assets.c.year_source).where(chosen))
    if row is None or (row.year, row.year_source) == (now["year"], now["year_source"]):
        return
    session.run(sa.update(assets).where(chosen).values(now))
    index_names(session, asset_id)
    session.tell(asset_id, ChangeKind.PAYLOAD)


def _found_year(session: Session, asset_id: AssetId) -> dict[str, object]:
    machine = (dates.c.asset_id == asset_id, dates.c.source.startswith("stage:"))
    row = session.first(sa.select(dates.c.value, dates.c.kind).where(*machine).order_by(dates.c.row))
    if row is None:
        return {"year": None, "year_source": None}
    return {"year": int(row.value), "year_source": row.kind}
