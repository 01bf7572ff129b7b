"""New footage, saved searches and unmet demand in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import Arrival, Demand, SavedMatch, SavedSearch
from catalog.rows import Row
from catalog.session import Session
from catalog.tables import assets
from catalog.tables_links import arrivals, demands, saved_matches, saved_searches
from foundation.errors import NameTaken, SavedSearchNotFound
from foundation.ids import AssetId, SavedSearchId, mint


def note_arrival(session: Session, asset_id: AssetId) -> None:
    """The current version of an asset is complete; only the first time counts."""
    version = session.value(sa.select(assets.c.version).where(assets.c.id == asset_id))
    known = (arrivals.c.asset_id == asset_id, arrivals.c.version == version)
    if version is not None and session.first(sa.select(arrivals.c.seq).where(*known)) is None:
        session.run(sa.insert(arrivals).values(asset_id=asset_id, version=version, at=session.now))


class SqlArrivals:
    """New footage, in the order in which it was complete."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def last(self) -> int:
        """Newest sequence number, 0 when there is none."""
        return self._session.value(sa.select(sa.func.max(arrivals.c.seq))) or 0

    def count(self, seq: int) -> int:
        """How many visible assets arrived after ``seq``."""
        arrived = _arrived(seq).subquery()
        return int(self._session.value(sa.select(sa.func.count()).select_from(arrived)))

    def after(self, seq: int, limit: int) -> list[Arrival]:
        """Arrivals of visible assets, in order."""
        query = _arrived(seq).order_by(arrivals.c.seq).limit(limit)
        return [Arrival(row.seq, row.asset_id, row.at) for row in self._session.rows(query)]


class SqlSavedSearches:
    """Saved searches and their feed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, name: str, query: Mapping[str, object]) -> SavedSearch:
        """Keep a question from the newest arrival on; raises NameTaken."""
        name = " ".join(name.split())
        taken = sa.select(saved_searches.c.id).where(saved_searches.c.folded == _folded(name))
        if self._session.first(taken) is not None:
            raise NameTaken(f"There is a saved search {name!r} already.")
        saved_id = SavedSearchId(mint("sav"))
        values = {
            "id": saved_id,
            "name": name,
            "folded": _folded(name),
            "query": dict(query),
            "seen": SqlArrivals(self._session).last(),
            "created_at": self._session.now,
            "principal": self._session.principal,
        }
        self._session.run(sa.insert(saved_searches).values(values))
        return self.get(saved_id)

    def get(self, name_or_id: str) -> SavedSearch:
        """By id, else by name without regard to case; raises SavedSearchNotFound."""
        wanted = sa.or_(saved_searches.c.id == name_or_id, saved_searches.c.folded == _folded(name_or_id))
        by_id_first = (saved_searches.c.id == name_or_id).desc()
        row = self._session.first(_counted().where(wanted).order_by(by_id_first))
        if row is None:
            raise SavedSearchNotFound(f"There is no saved search {name_or_id!r}.")
        return _saved(row)

    def all(self) -> list[SavedSearch]:
        """By name."""
        return [_saved(row) for row in self._session.rows(_counted().order_by(saved_searches.c.folded))]

    def remove(self, saved_id: SavedSearchId) -> None:
        """Forget the question and its feed; raises SavedSearchNotFound."""
        if not self._session.run(sa.delete(saved_searches).where(saved_searches.c.id == saved_id)):
            raise SavedSearchNotFound(f"There is no saved search {saved_id!r}.")

    def advance(
        self, saved_id: SavedSearchId, seen: int, found: Sequence[tuple[AssetId, Mapping[str, object]]]
    ) -> None:
        """Add hits to the feed and take note of how far new footage was searched, in one step."""
        now = self._session.now
        moved = sa.update(saved_searches).where(saved_searches.c.id == saved_id, saved_searches.c.seen < seen)
        if self._session.run(moved.values(seen=seen, ran_at=now)):
            rows = [
                {"saved_id": saved_id, "asset_id": asset_id, "hit": dict(hit), "found_at": now}
                for asset_id, hit in found
            ]
            self._session.run(sa.insert(saved_matches), rows)

    def matches(self, saved_id: SavedSearchId | None, *, after: int, limit: int) -> list[SavedMatch]:
        """The feed of one saved search, or of all, in the order of finding, visible assets only."""
        query = (
            sa.select(saved_matches)
            .join(assets, assets.c.id == saved_matches.c.asset_id)
            .where(saved_matches.c.seq > after, visible())
            .order_by(saved_matches.c.seq)
            .limit(limit)
        )
        if saved_id is not None:
            query = query.where(saved_matches.c.saved_id == saved_id)
        return [
            SavedMatch(row.seq, row.saved_id, row.asset_id, row.found_at, row.hit)
            for row in self._session.rows(query)
        ]


class SqlDemands:
    """Queries without a good result."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, text: str, filters: str, *, count: int, at: datetime) -> None:
        """Count a query; spellings that differ in case and spaces are one."""
        mine = (demands.c.folded == _folded(text), demands.c.filters == filters)
        again = {"text": text, "asked": demands.c.asked + count, "last_at": at}
        if not self._session.run(sa.update(demands).where(*mine).values(again)):
            times = {"first_at": at, "last_at": at, "asked": count}
            values = {"folded": _folded(text), "filters": filters, "text": text, **times}
            self._session.run(sa.insert(demands).values(**values, principal=self._session.principal))

    def top(self, limit: int) -> list[Demand]:
        """Most often asked first, then the latest."""
        order = (demands.c.asked.desc(), demands.c.last_at.desc(), demands.c.row)
        rows = self._session.rows(sa.select(demands).order_by(*order).limit(limit))
        return [Demand(row.text, row.filters, row.asked, row.first_at, row.last_at) for row in rows]

    def forget(self, text: str | None = None) -> int:
        """Forget a query with all its filters, or everything; returns how many rows went."""
        gone = sa.delete(demands)
        return self._session.run(gone if text is None else gone.where(demands.c.folded == _folded(text)))

    def forget_before(self, when: datetime) -> int:
        """Forget what was last asked before ``when``; returns how many rows went."""
        return self._session.run(sa.delete(demands).where(demands.c.last_at < when))


def _arrived(seq: int) -> sa.Select[tuple[object, ...]]:
    joined = sa.select(arrivals).join(assets, assets.c.id == arrivals.c.asset_id)
    return joined.where(arrivals.c.seq > seq, visible())


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _counted() -> sa.Select[tuple[object, ...]]:
    number = (
        sa.select(sa.func.count())
        .select_from(saved_matches)
        .join(assets, assets.c.id == saved_matches.c.asset_id)
        .where(saved_matches.c.saved_id == saved_searches.c.id, visible())
        .scalar_subquery()
    )
    return sa.select(saved_searches, number.label("matches"))


def _saved(row: Row) -> SavedSearch:
    return SavedSearch(
        row.id, row.name, row.query, row.created_at, row.seen, ran_at=row.ran_at, matches=row.matches
    )
