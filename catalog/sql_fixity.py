"""Fixity in SQL. Turns are numbers that only grow: clocks that jump neither hasten nor starve an item."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from catalog.model import (
    CATALOG,
    DERIVED,
    Checked,
    CheckHow,
    CheckOutcome,
    Finding,
    FindingState,
    FixityItem,
    FixityTotals,
    FixityUse,
    StoredObject,
)
from catalog.rows import Row, object_of
from catalog.session import Session
from catalog.sql_findings import SqlFindings
from catalog.tables import assets, instances, objects
from catalog.tables_facts import renditions
from catalog.tables_fixity import fixity_items, fixity_use
from foundation.ids import FindingId

_ITEM = fixity_items.c
_LISTED = sa.and_(objects.c.instance_id == _ITEM.instance_id, objects.c.ordinal == _ITEM.ordinal)
_READ = (CheckHow.READ, CheckHow.FIRST_READ)
_CATALOG_FILE = "catalog.db"


class SqlFixity:
    """One row per object of a place, in turns."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._findings = SqlFindings(session)

    def enrol(self, place: str) -> tuple[int, int]:
        """Take in what is new in a place and forget what is gone; returns objects and bytes there."""
        here = _ITEM.place == place
        source = _source(place)
        gone = sa.delete(fixity_items).where(here, ~source.kept)
        self._session.run(gone)
        last = self._session.value(sa.select(sa.func.max(_ITEM.turn)).where(here)) or 0
        new = source.wanted.add_columns(sa.literal(place), sa.literal(last))
        known = sa.select(_ITEM.row).where(here, _ITEM.uri == source.uri).correlate_except(fixity_items)
        names = ["uri", "asset_id", "instance_id", "ordinal", "size", "place", "turn"]
        filled = insert(fixity_items).from_select(names, new.where(~known.exists()))
        self._session.run(filled.on_conflict_do_nothing())
        size = sa.func.coalesce(sa.func.sum(_ITEM.size), 0).label("size")
        row = self._session.first(sa.select(sa.func.count().label("number"), size).where(here))
        return (0, 0) if row is None else (row.number, row.size)

    def due(self, place: str, limit: int) -> list[FixityItem]:
        """Items that nobody works on, those whose turn is longest past first."""
        free = sa.or_(_ITEM.lease_until.is_(None), _ITEM.lease_until <= self._session.now)
        query = _items().where(_ITEM.place == place, free).order_by(_ITEM.turn, _ITEM.row)
        return [self._item(row) for row in self._session.rows(query.limit(limit))]

    def claim(self, items: Sequence[FixityItem], owner: str, *, seconds: float) -> None:
        """Take items that :meth:`due` gave in this transaction."""
        until = self._session.now + timedelta(seconds=seconds)
        for item in items:
            taken = sa.update(fixity_items).where(_ITEM.row == item.row)
            self._session.run(taken.values(owner=owner, lease_until=until, attempts=item.attempts + 1))

    def renew(self, owner: str, *, seconds: float) -> bool:
        """Keep the leases; False when they were lost."""
        until = self._session.now + timedelta(seconds=seconds)
        kept = sa.update(fixity_items).where(_ITEM.owner == owner).values(lease_until=until)
        return bool(self._session.run(kept))

    def record(self, item: FixityItem, checked: Checked, owner: str) -> bool:
        """Write a check down and put the item last; see the port."""
        last = sa.select(sa.func.max(_ITEM.turn)).where(_ITEM.place == item.place)
        now = self._session.now
        values: dict[str, object] = {
            "turn": (self._session.value(last) or 0) + 1,
            "outcome": checked.outcome,
            "how": checked.how,
            "note": checked.note,
            "size": checked.size,
            "checked_at": now,
            "owner": None,
            "lease_until": None,
        }
        if checked.outcome is CheckOutcome.GOOD and checked.how in _READ:
            values["read_at"] = now
        if checked.digests is not None:
            values["digests"] = dict(checked.digests)
        mine = sa.update(fixity_items).where(_ITEM.row == item.row, _ITEM.owner == owner)
        return bool(self._session.run(mine.values(values)))

    def release(self, owner: str) -> None:
        """Let go of what was claimed and not recorded."""
        self._session.run(
            sa.update(fixity_items).where(_ITEM.owner == owner).values(owner=None, lease_until=None)
        )

    def use(self, place: str, period: str) -> FixityUse:
        """What was read in a day or a month."""
        row = self._session.first(sa.select(fixity_use).where(*_used(place, period)))
        return FixityUse() if row is None else FixityUse(row.weight, row.objects, row.size, row.micros)

    def last_day(self, place: str, before: str) -> tuple[str, FixityUse] | None:
        """The newest day before this one in which something was looked at."""
        is_day = sa.func.length(fixity_use.c.period) == len(before)
        earlier = sa.select(fixity_use.c.period).where(
            fixity_use.c.place == place, is_day, fixity_use.c.period < before
        )
        period = self._session.value(earlier.order_by(fixity_use.c.period.desc()).limit(1))
        return None if period is None else (period, self.use(place, period))

    def add_use(self, place: str, period: str, more: FixityUse) -> None:
        """Take note of reading before it is done, so that a budget is never passed."""
        empty = {"place": place, "period": period, "weight": 0, "objects": 0, "size": 0, "micros": 0}
        self._session.run(insert(fixity_use).values(empty).on_conflict_do_nothing())
        sums = {
            "weight": fixity_use.c.weight + more.weight,
            "objects": fixity_use.c.objects + more.objects,
            "size": fixity_use.c.size + more.size,
            "micros": fixity_use.c.micros + more.micros,
        }
        self._session.run(sa.update(fixity_use).where(*_used(place, period)).values(sums))

    def totals(self, place: str, since: datetime) -> FixityTotals:
        """How far a place is checked; see the port."""
        read = _ITEM.read_at >= since
        good = sa.and_(_ITEM.outcome == CheckOutcome.GOOD, _ITEM.checked_at >= since)
        told = sa.and_(good, sa.or_(_ITEM.read_at.is_(None), _ITEM.read_at < since))
        query = sa.select(
            sa.func.count().label("objects"),
            sa.func.coalesce(sa.func.sum(_ITEM.size), 0).label("size"),
            _how_many(read).label("read"),
            _how_many(told).label("told"),
            _how_many(_ITEM.read_at.is_(None)).label("never"),
            sa.func.min(_ITEM.read_at).label("oldest"),
        )
        row = self._session.rows(query.where(_ITEM.place == place))[0]
        by = sa.select(_ITEM.outcome, sa.func.count().label("number")).group_by(_ITEM.outcome)
        outcomes = {r.outcome: r.number for r in self._session.rows(by.where(_ITEM.place == place))}
        outcomes.pop(None, None)
        oldest = None if row.never else row.oldest
        return FixityTotals(row.objects, row.size, row.read, row.told, row.never, oldest, outcomes)

    def classes(self, place: str) -> dict[str, int]:
        """Bytes of a location by storage class."""
        size = sa.func.sum(objects.c.size).label("size")
        query = sa.select(objects.c.storage_class, size).join(
            instances, instances.c.id == objects.c.instance_id
        )
        query = query.where(instances.c.location_id == place).group_by(objects.c.storage_class)
        return {row.storage_class: row.size for row in self._session.rows(query)}

    def item(self, place: str, uri: str) -> FixityItem | None:
        """By address, as :meth:`due` would show it."""
        row = self._session.first(_items().where(_ITEM.place == place, _ITEM.uri == uri))
        return None if row is None else self._item(row)

    def _item(self, row: Row) -> FixityItem:
        return FixityItem(
            row=row.row,
            place=row.place,
            uri=row.uri,
            turn=row.turn,
            attempts=row.attempts,
            size=row.size,
            asset_id=row.current_asset,
            instance_id=row.instance_id,
            listed=self._listed(row),
            digests=dict(row.digests),
            outcome=None if row.outcome is None else CheckOutcome(row.outcome),
            how=None if row.how is None else CheckHow(row.how),
            note=row.note,
            checked_at=row.checked_at,
            read_at=row.read_at,
        )

    def _listed(self, row: Row) -> StoredObject | None:
        """The object as it is catalogued now, if it still is the one that was taken in."""
        if row.instance_id is None:
            return None
        place = (objects.c.instance_id == row.instance_id, objects.c.ordinal == row.ordinal)
        found = self._session.first(sa.select(objects).where(*place, objects.c.uri == row.uri))
        return None if found is None else object_of(found)

    def put_finding(self, finding: Finding) -> Finding:
        """Take note of a finding; see the port."""
        return self._findings.put(finding)

    def finding(self, finding_id: FindingId) -> Finding:
        """By id; raises FindingNotFound."""
        return self._findings.get(finding_id)

    def findings(
        self, *, place: str | None = None, uri: str | None = None, states: Sequence[FindingState] = ()
    ) -> list[Finding]:
        """Newest first."""
        return self._findings.find(place, uri, states)


class _Source:
    """What belongs into a place.

    Attributes:
        wanted: uri, asset, copy, ordinal and size of everything that does.
        uri: Column of ``wanted`` by which it is known.
        kept: Condition on an item: it still does.
    """

    def __init__(
        self, wanted: sa.Select[Any], uri: sa.ColumnElement[str], kept: sa.ColumnElement[bool]
    ) -> None:
        self.wanted, self.uri, self.kept = wanted, uri, kept


def _source(place: str) -> _Source:
    none = sa.literal(None)
    if place == CATALOG:
        name = sa.literal(_CATALOG_FILE)
        columns: list[sa.ColumnElement[Any]] = [name.label("uri"), none, none, none, sa.literal(0)]
        return _Source(sa.select(*columns), name, sa.true())
    if place == DERIVED:
        made = sa.select(sa.func.coalesce(sa.func.sum(renditions.c.size), 0))
        size = made.where(renditions.c.asset_id == assets.c.id).scalar_subquery()
        is_made = assets.c.indexed_at.is_not(None)
        kept = sa.select(assets.c.row).where(assets.c.id == _ITEM.uri, is_made).exists()
        wanted = sa.select(assets.c.id.label("uri"), assets.c.id, none, none, size).where(is_made)
        return _Source(wanted, assets.c.id, kept)
    here = (instances.c.id == objects.c.instance_id, instances.c.location_id == place)
    wanted = sa.select(
        objects.c.uri, instances.c.asset_id, instances.c.id, objects.c.ordinal, objects.c.size
    ).where(*here)
    kept = sa.select(objects.c.ordinal).where(_LISTED, objects.c.uri == _ITEM.uri, *here).exists()
    return _Source(wanted, objects.c.uri, kept)


def _items() -> sa.Select[tuple[object, ...]]:
    joined = fixity_items.outerjoin(instances, instances.c.id == _ITEM.instance_id)
    current = sa.func.coalesce(instances.c.asset_id, _ITEM.asset_id).label("current_asset")
    return sa.select(fixity_items, current).select_from(joined)


def _how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _used(place: str, period: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return fixity_use.c.place == place, fixity_use.c.period == period
