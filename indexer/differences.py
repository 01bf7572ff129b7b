"""What a listing and the catalog differ in, kept in a file while a location is listed.

Memory does not grow with a location, and nothing is written to the catalog before the whole listing was seen:
only then is it known what moved, and whether too much is missing to be believed.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from archive_tiering.stores.object_store import Unreadable
from catalog.repository import KnownInstance
from foundation.ids import InstanceId, LocationId
from indexer.borrowing import Lent
from indexer.candidates import Candidate
from indexer.payload import candidate_of
from indexer.plan import Kind

_AT_ONCE = 1000
_T = TypeVar("_T")
_TABLES = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
CREATE TABLE found (
    ordinal INTEGER PRIMARY KEY, kind TEXT, name BLOB, etag TEXT, size INTEGER, candidate TEXT, known TEXT
);
CREATE TABLE lacking (name BLOB PRIMARY KEY, available INTEGER, known TEXT) WITHOUT ROWID;
CREATE TABLE back (instance TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE settling (name BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE complaints (key BLOB PRIMARY KEY, uri BLOB, code TEXT, reason TEXT) WITHOUT ROWID;
CREATE TABLE lent (master BLOB PRIMARY KEY, location TEXT, key BLOB) WITHOUT ROWID;
"""
_INSERTS = {
    "found": "INSERT INTO found (kind, name, etag, size, candidate, known) VALUES (?,?,?,?,?,?)",
    "lacking": "INSERT OR REPLACE INTO lacking VALUES (?,?,?)",
    "back": "INSERT OR IGNORE INTO back VALUES (?)",
    "settling": "INSERT OR IGNORE INTO settling VALUES (?)",
    "complaints": "INSERT OR REPLACE INTO complaints VALUES (?,?,?,?)",
    "lent": "INSERT OR REPLACE INTO lent VALUES (?,?,?)",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate that something is to be done about; ``known`` is the copy it is, or was moved from."""

    ordinal: int
    kind: Kind
    candidate: Candidate
    known: KnownInstance | None


class Differences:
    """The file.

    Args:
        folder: Where it lies; emptied of what an earlier try left.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "differences.db"
        self._path.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.executescript(_TABLES)
        self._waiting: dict[str, list[tuple[object, ...]]] = {table: [] for table in _INSERTS}

    def __enter__(self) -> "Differences":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._path.parent.rmdir()

    def add(self, kind: Kind, candidate: Candidate, known: KnownInstance | None) -> None:
        """Take note of a candidate."""
        essence = candidate.essence
        facts = json.dumps(asdict(candidate))
        self._put(
            "found", kind, _bytes(candidate.name), essence.etag, essence.size, facts, _known_json(known)
        )

    def lack(self, name: str, known: KnownInstance) -> None:
        """Take note of a known copy that the listing did not show."""
        self._put("lacking", _bytes(name), known.available, _known_json(known))

    def bring_back(self, instance: InstanceId) -> None:
        """Take note of a copy that is available again."""
        self._put("back", instance)

    def let_settle(self, name: str) -> None:
        """Take note of a candidate that was written to a moment ago."""
        self._put("settling", _bytes(name))

    def complain(self, item: Unreadable) -> None:
        """Take note of something that cannot be read."""
        self._put("complaints", _bytes(item.key), _bytes(item.uri), item.code, item.reason)

    def lend(self, master: str, lent: Lent) -> None:
        """Take note of a proxy that others made."""
        self._put("lent", _bytes(master), lent.location, _bytes(lent.key))

    def counts(self) -> Counter[Kind]:
        """How many candidates there are of each kind."""
        rows = self._rows("SELECT kind, count(*) FROM found GROUP BY kind")
        return Counter({Kind(kind): number for kind, number in rows})

    def found(self, *kinds: Kind) -> Iterator[Found]:
        """Yield candidates of these kinds in the order of the listing; they may be changed meanwhile."""
        marks, last = ",".join("?" * len(kinds)), 0
        query = (
            f"SELECT ordinal, kind, candidate, known FROM found WHERE kind IN ({marks}) AND ordinal > ? "  # noqa: S608
            "ORDER BY ordinal LIMIT ?"
        )
        while rows := self._rows(query, *kinds, last, _AT_ONCE):
            yield from map(_found, rows)
            last = rows[-1][0]

    def at(self, name: str) -> Candidate | None:
        """The candidate of a name, if something is to be done about it."""
        self._db.execute("CREATE INDEX IF NOT EXISTS by_name ON found (name)")
        rows = self._rows("SELECT candidate FROM found WHERE name = ?", _bytes(name))
        return candidate_of(json.loads(rows[0][0])) if rows else None

    def pairs(self) -> Iterator[tuple[Candidate, KnownInstance]]:
        """Take out and yield candidates taken for new that are known after all.

        Stores may list in another order than ours; the names of both were noted then.
        """
        query = (
            "SELECT f.ordinal, f.kind, f.candidate, l.known FROM lacking l JOIN found f ON f.name = l.name "
            "WHERE f.known IS NULL ORDER BY f.ordinal LIMIT ?"
        )
        if self._rows("SELECT 1 FROM lacking LIMIT 1"):
            self._db.execute("CREATE INDEX IF NOT EXISTS by_name ON found (name)")
        while rows := self._rows(query, _AT_ONCE):
            for found in map(_found, rows):
                assert found.known is not None  # noqa: S101 - joined
                self.drop(found)
                self.find(found.candidate.name)
                yield found.candidate, found.known

    def place(self, item: Found, kind: Kind, known: KnownInstance) -> None:
        """A candidate is of another kind, and is this copy."""
        self._db.execute(
            "UPDATE found SET kind = ?, known = ? WHERE ordinal = ?", (kind, _known_json(known), item.ordinal)
        )

    def change(self, item: Found, kind: Kind, candidate: Candidate) -> None:
        """A candidate is another than it seemed, and of another kind perhaps."""
        facts = json.dumps(asdict(candidate))
        self._db.execute(
            "UPDATE found SET kind = ?, candidate = ? WHERE ordinal = ?", (kind, facts, item.ordinal)
        )

    def drop(self, item: Found) -> None:
        """Nothing is to be done about a candidate."""
        self._db.execute("DELETE FROM found WHERE ordinal = ?", (item.ordinal,))

    def twin(self, etag: str, size: int) -> Found | None:
        """The first new candidate with this entity tag and size."""
        self._db.execute("CREATE INDEX IF NOT EXISTS by_tag ON found (etag, size)")
        rows = self._rows(
            "SELECT ordinal, kind, candidate, known FROM found WHERE etag = ? AND size = ? "
            "AND kind IN (?, ?) ORDER BY ordinal LIMIT 1",
            *(etag, size, Kind.NEW, Kind.NEW_COLD),
        )
        return _found(rows[0]) if rows else None

    def missing(self) -> Iterator[tuple[str, KnownInstance]]:
        """Yield copies that were there and are not listed, by name; they may be found meanwhile."""
        last = b""
        query = (
            "SELECT name, known FROM lacking l WHERE available AND name > ? "
            "AND NOT EXISTS (SELECT 1 FROM settling s WHERE s.name = l.name) ORDER BY name LIMIT ?"
        )
        while rows := self._rows(query, last, _AT_ONCE):
            for row in rows:
                yield _text(row[0]), _known(row[1])
            last = rows[-1][0]

    def count_missing(self) -> int:
        """How many those are."""
        return sum(1 for _ in self.missing())

    def is_hidden(self, name: str) -> bool:
        """Say whether a name may be there, in or behind something that cannot be read."""
        parts = name.split("/")
        keys = [_bytes("/".join(parts[: end + 1])) for end in range(len(parts))]
        marks = ",".join("?" * len(keys))
        return bool(self._rows(f"SELECT 1 FROM complaints WHERE key IN ({marks}) LIMIT 1", *keys))  # noqa: S608

    def find(self, name: str) -> None:
        """A copy is not missing after all."""
        self._db.execute("DELETE FROM lacking WHERE name = ?", (_bytes(name),))

    def returned(self) -> Iterator[InstanceId]:
        """Yield copies that are available again."""
        return (InstanceId(row[0]) for row in self._paged("back", "instance"))

    def complaints(self) -> Iterator[Unreadable]:
        """Yield what cannot be read, by key."""
        for key, uri, code, reason in self._paged("complaints", "key"):
            yield Unreadable(_text(key), _text(uri), code, reason)

    def lent(self, master: str) -> Lent | None:
        """The proxy that others made of a master."""
        rows = self._rows("SELECT location, key FROM lent WHERE master = ?", _bytes(master))
        return Lent(LocationId(rows[0][0]), _text(rows[0][1])) if rows else None

    def drop_lent(self, location: LocationId) -> None:
        """What is lent in this location is no candidate of its own."""
        self._flush("lent")
        self._db.execute(
            "DELETE FROM found WHERE known IS NULL AND name IN (SELECT key FROM lent WHERE location = ?)",
            (location,),
        )

    def _paged(self, table: str, key: str) -> Iterator[tuple[Any, ...]]:
        last: object = None
        while rows := self._rows(
            f"SELECT * FROM {table} WHERE ?1 IS NULL OR {key} > ?1 ORDER BY {key} LIMIT ?2",  # noqa: S608
            *(last, _AT_ONCE),
        ):
            yield from rows
            last = rows[-1][0]

    def _put(self, table: str, *values: object) -> None:
        self._waiting[table].append(values)
        if len(self._waiting[table]) >= _AT_ONCE:
            self._flush(table)

    def _flush(self, table: str) -> None:
        rows = self._waiting[table]
        if rows:
            self._db.execute("BEGIN")
            self._db.executemany(_INSERTS[table], rows)
            self._db.execute("COMMIT")
            rows.clear()

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        for table in self._waiting:
            self._flush(table)
        return self._db.execute(query, values).fetchall()


def batches(items: Iterable[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield items in lists of ``size`` at most."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _bytes(text: str) -> bytes:
    """Names may hold lone surrogates, which SQLite's text cannot carry."""
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")


def _known_json(known: KnownInstance | None) -> str | None:
    return None if known is None else json.dumps(astuple(known))


def _known(text: str) -> KnownInstance:
    return KnownInstance(*json.loads(text))


def _found(row: tuple[Any, ...]) -> Found:
    ordinal, kind, candidate, known = row
    return Found(
        ordinal, Kind(kind), candidate_of(json.loads(candidate)), None if known is None else _known(known)
    )
