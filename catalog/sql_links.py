"""Fingerprints and links between assets in SQL."""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cache

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import Fingerprint, Link, LinkDecision, LinkKind, SharedRange
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.tables import assets
from catalog.tables_links import fingerprints, links
from foundation.errors import LinkNotFound
from foundation.ids import AssetId
from foundation.timecode import FrameRange

Ends = tuple[str, str]

_FACTS = [column for column in fingerprints.c if column.name != "compared"]
_BEST_FIRST = (links.c.score.desc(), links.c.first_id, links.c.second_id)


class SqlLinks:
    """Who shows the same pictures as whom."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_fingerprint(self, fingerprint: Fingerprint) -> None:
        """Add or replace; a changed one is due to be compared again."""
        mine = fingerprints.c.asset_id == fingerprint.asset_id
        before = self._session.first(sa.select(fingerprints).where(mine))
        same = before is not None and before.compared == fingerprint.sha256
        self._session.run(sa.delete(fingerprints).where(mine))
        values = {name: getattr(fingerprint, name) for name in (column.name for column in _FACTS)}
        compared = fingerprint.sha256 if same else None
        self._session.run(sa.insert(fingerprints).values(**values, compared=compared))

    def forget_fingerprint(self, asset_id: AssetId) -> None:
        """Its file is lost: the asset takes no part in comparisons until it has a new one."""
        self._session.run(sa.delete(fingerprints).where(fingerprints.c.asset_id == asset_id))

    def compared(self, *, after: AssetId | None, limit: int) -> list[Fingerprint]:
        """A page, in id order, of the fingerprints that are not due."""
        query = _fingerprints().where(fingerprints.c.compared == fingerprints.c.sha256)
        query = query.order_by(fingerprints.c.asset_id).limit(limit)
        if after is not None:
            query = query.where(fingerprints.c.asset_id > after)
        return [_fingerprint(row) for row in self._session.rows(query)]

    def fingerprints_of(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Fingerprint]:
        """Those that exist, by asset."""
        found: dict[AssetId, Fingerprint] = {}
        for ids in chunks(asset_ids):
            rows = self._session.rows(_fingerprints().where(fingerprints.c.asset_id.in_(ids)))
            found |= {row.asset_id: _fingerprint(row) for row in rows}
        return found

    def due(self, limit: int) -> list[Fingerprint]:
        """Fingerprints that were not compared with the rest yet, oldest asset first."""
        query = _fingerprints().where(fingerprints.c.compared.is_(None))
        rows = self._session.rows(query.order_by(fingerprints.c.asset_id).limit(limit))
        return [_fingerprint(row) for row in rows]

    def compare_again(self) -> int:
        """Make every fingerprint due; returns how many there are."""
        return self._session.run(sa.update(fingerprints).values(compared=None))

    def replace(self, compared: Collection[Fingerprint], found: Sequence[Link]) -> None:
        """All machine links of the compared assets; what a person decided stays."""
        for ids in chunks(item.asset_id for item in compared):
            touching = sa.or_(links.c.first_id.in_(ids), links.c.second_id.in_(ids))
            self._session.run(sa.delete(links).where(touching, links.c.decision.is_(None)))
        for link in found:
            self._put(link)
        for item in compared:
            mine = (fingerprints.c.asset_id == item.asset_id, fingerprints.c.sha256 == item.sha256)
            self._session.run(sa.update(fingerprints).where(*mine).values(compared=item.sha256))

    def of(self, asset_id: AssetId) -> list[Link]:
        """Links of one asset, best first."""
        return self.among([asset_id])

    def among(self, asset_ids: Iterable[AssetId]) -> list[Link]:
        """Links with at least one end in these assets, best first."""
        found: dict[Ends, Link] = {}
        for ids in chunks(asset_ids):
            # Two queries, each on its own index: SQLite may scan the table for one with OR.
            for end in (links.c.first_id, links.c.second_id):
                rows = self._session.rows(_shown().where(end.in_(ids)).order_by(*_BEST_FIRST))
                found |= {(row.first_id, row.second_id): _link(row) for row in rows}
        return sorted(found.values(), key=lambda link: (-link.score, link.first, link.second))

    def between(self, asset_ids: Collection[AssetId]) -> list[Link]:
        """Links with both ends in these assets, best first, in one query."""
        if len(asset_ids) < 2:
            return []
        values = {"ids": json.dumps(list(asset_ids))}
        return [_link(row) for row in self._session.rows(_between(), values)]

    def page(self, *, after: tuple[AssetId, AssetId] | None, limit: int) -> list[Link]:
        """All links in order of their ends."""
        query = _shown().order_by(links.c.first_id, links.c.second_id).limit(limit)
        if after is not None:
            query = query.where(sa.tuple_(links.c.first_id, links.c.second_id) > after)
        return [_link(row) for row in self._session.rows(query)]

    def decide(self, one: AssetId, other: AssetId, decision: LinkDecision | None) -> None:
        """Confirm or reject a link, or take that back; raises LinkNotFound."""
        values = {
            "decision": decision,
            "decided_at": None if decision is None else self._session.now,
            "principal": self._session.principal,
        }
        ends = _ends(min(one, other), max(one, other))
        if not self._session.run(sa.update(links).where(*ends).values(values)):
            raise LinkNotFound(f"{one} and {other} are not linked.")

    def _put(self, link: Link) -> None:
        decided = self._session.first(sa.select(links.c.decision).where(*_ends(link.first, link.second)))
        if decided is None:
            ends = {"first_id": link.first, "second_id": link.second}
            self._session.run(sa.insert(links).values(**ends, **self._values(link)))
        elif decided.decision != LinkDecision.REJECTED:
            ours = sa.update(links).where(*_ends(link.first, link.second))
            self._session.run(ours.values(self._values(link)))

    def _values(self, link: Link) -> dict[str, object]:
        return {
            "kind": link.kind,
            "part_id": link.part,
            "score": link.score,
            "ranges": [_range_values(item) for item in link.ranges],
            "found_at": self._session.now,
        }


def move_decided_links(session: Session, gone: str, kept: str) -> None:
    """Hand what a person decided of a duplicate's links to the asset that stays, unless it has its own."""
    touching = sa.or_(links.c.first_id == gone, links.c.second_id == gone)
    decided = session.rows(sa.select(links).where(touching, links.c.decision.is_not(None)))
    session.run(sa.delete(links).where(touching))
    for row in decided:
        other = row.second_id if row.first_id == gone else row.first_id
        if other != kept:
            _move(session, row, gone, kept)


def _move(session: Session, row: Row, gone: str, kept: str) -> None:
    first, second = (kept if end == gone else end for end in (row.first_id, row.second_id))
    values = dict(row._mapping) | {"part_id": kept if row.part_id == gone else row.part_id}  # noqa: SLF001 - SQLAlchemy's own API
    if first > second:
        first, second = second, first
        values["ranges"] = [[*item[2:4], *item[0:2], item[4]] for item in row.ranges]
    session.run(sa.delete(links).where(*_ends(first, second), links.c.decision.is_(None)))
    if session.first(sa.select(links.c.kind).where(*_ends(first, second))) is None:
        session.run(sa.insert(links).values(values | {"first_id": first, "second_id": second}))


def _ends(first: str, second: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return links.c.first_id == first, links.c.second_id == second


def _fingerprints() -> sa.Select[tuple[object, ...]]:
    return sa.select(*_FACTS).join(assets, assets.c.id == fingerprints.c.asset_id).where(visible())


def _shown() -> sa.Select[tuple[object, ...]]:
    """Links that nobody rejected, between assets that may be seen."""
    seen = [sa.select(assets.c.id).where(assets.c.id == end, visible()).exists() for end in _both()]
    kept = sa.or_(links.c.decision.is_(None), links.c.decision != LinkDecision.REJECTED)
    return sa.select(links).where(kept, *seen)


def _both() -> tuple[sa.Column[str], sa.Column[str]]:
    return links.c.first_id, links.c.second_id


@cache
def _between() -> sa.Select[tuple[object, ...]]:
    """Links between assets that are one parameter: every search asks this, and it is built once."""
    ids = sa.func.json_each(sa.bindparam("ids")).table_valued("value")
    within = [end.in_(sa.select(ids.c.value)) for end in _both()]
    return _shown().where(*within).order_by(*_BEST_FIRST)


def _fingerprint(row: Row) -> Fingerprint:
    return Fingerprint(**row._mapping)  # noqa: SLF001 - SQLAlchemy's own API


def _link(row: Row) -> Link:
    return Link(
        first=row.first_id,
        second=row.second_id,
        kind=LinkKind(row.kind),
        score=row.score,
        ranges=tuple(_shared(item) for item in row.ranges),
        part=row.part_id,
        decision=None if row.decision is None else LinkDecision(row.decision),
        found_at=row.found_at,
    )


def _shared(item: Sequence[float]) -> SharedRange:
    start, end, other_start, other_end = (int(value) for value in item[:4])
    return SharedRange(FrameRange(start, end), FrameRange(other_start, other_end), item[4])


def _range_values(item: SharedRange) -> list[float]:
    return [
        item.first.in_frame,
        item.first.out_frame,
        item.second.in_frame,
        item.second.out_frame,
        round(item.score, 4),
    ]
