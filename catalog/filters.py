"""Asset filters as SQL conditions."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from catalog.model import AssetState
from catalog.query import AssetFilter, Span
from catalog.session import CHUNK
from catalog.tables import assets
from catalog.tables_people import face_tracks

Condition = sa.ColumnElement[bool]


def visible() -> Condition:
    """Assets that searches and listings may show."""
    return assets.c.state.in_((AssetState.PRESENT, AssetState.UNAVAILABLE))


def conditions(where: AssetFilter) -> list[Condition]:
    """What the filter asks of a row of ``assets``; an empty filter asks for nothing."""
    found: list[Condition] = []
    for column, values in (
        (assets.c.location_id, where.locations),
        (assets.c.collection, where.collections),
        (assets.c.storage_class, where.storage_classes),
        (assets.c.kind, where.kinds),
        (assets.c.id, where.assets),
    ):
        if values:
            found.append(among(column, values))
    found.extend(_within(assets.c.year, where.years))
    found.extend(_within(assets.c.duration_ms, where.duration_ms))
    if where.has_speech is not None:
        found.append(assets.c.has_speech.is_(where.has_speech))
    if where.black_and_white is not None:
        found.append(assets.c.black_and_white.is_(where.black_and_white))
    found.extend(_appears(person) for person in where.persons)
    found.extend(sa.not_(sa.and_(*conditions(other))) for other in where.without if not other.is_empty)
    return found


def among(column: sa.ColumnElement[Any], values: Sequence[str]) -> Condition:
    """The column holds one of the values, however many there are."""
    if len(values) <= CHUNK:
        return column.in_(values)
    listed = sa.func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _within(column: sa.ColumnElement[int], span: Span | None) -> list[Condition]:
    if span is None:
        return []
    ends: list[Condition] = [column.is_not(None)]
    if span.low is not None:
        ends.append(column >= span.low)
    if span.high is not None:
        ends.append(column <= span.high)
    return ends


def _appears(person: str) -> Condition:
    seen = face_tracks.alias()  # the query around it may read the same table
    return sa.exists().where(seen.c.asset_id == assets.c.id, seen.c.person_id == person)
