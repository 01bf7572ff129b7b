"""SQLite engines: one connection that writes, many that only read; foreign errors translated once."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import QueuePool

from foundation.errors import (
    CatalogBusy,
    CatalogCorrupt,
    InputError,
    InternalError,
    NoSpace,
    ObjectUnreadable,
    RekindleError,
)

BUSY_MS = 5_000
"""How long SQLite itself waits for somebody who does not use our lock."""

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # Checkpoints happen under the writer lock only: SQLite < 3.51.3 may corrupt a log that two
    # connections reset at once (sqlite.org/wal.html#walresetbug).
    "PRAGMA wal_autocheckpoint=0",
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA cache_size=-32000",
    "PRAGMA temp_store=MEMORY",
)
_READER_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA cache_size=-16000",
    "PRAGMA mmap_size=1073741824",
    "PRAGMA temp_store=MEMORY",
)
_IDLE_READERS = 8
_LEAST_ROOM = 1 << 20


def writing_engine(path: Path) -> sa.Engine:
    """Engine of the one writing connection; its transactions start with BEGIN IMMEDIATE."""
    return _engine(f"file:{_escaped(path)}", _WRITER_PRAGMAS, begin="BEGIN IMMEDIATE", size=1, overflow=0)


def reading_engine(path: Path) -> sa.Engine:
    """Engine of connections that cannot write; it opens as many as are asked for at once."""
    return _engine(_read_only(path), _READER_PRAGMAS, begin="BEGIN", size=_IDLE_READERS, overflow=-1)


def copying_engine(path: Path) -> sa.Engine:
    """Engine of a copy that nobody writes to: read without a lock, and without a log beside it."""
    return _engine(f"{_read_only(path)}&immutable=1", _READER_PRAGMAS, begin="BEGIN", size=1, overflow=0)


def _read_only(path: Path) -> str:
    return f"file:{_escaped(path)}?mode=ro"


def _escaped(path: Path) -> str:
    # SQLite's URI syntax gives %, ? and # a meaning.
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _engine(uri: str, pragmas: tuple[str, ...], *, begin: str, size: int, overflow: int) -> sa.Engine:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            uri, uri=True, check_same_thread=False, isolation_level=None, cached_statements=256
        )

    engine = sa.create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, pool_size=size, max_overflow=overflow
    )

    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(pragma).close()

    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine, "connect", set_up)
    sa.event.listen(engine, "begin", start)
    return engine


def rewrite(cursor: DBAPICursor) -> None:
    """Copy a database onto itself without what was deleted; the copy lies in its log."""
    cursor.execute("PRAGMA temp_store=FILE")  # the copy may be larger than memory
    try:
        cursor.execute("VACUUM")
    finally:
        cursor.execute("PRAGMA temp_store=MEMORY")


@contextmanager
def log_kept(path: Path) -> Iterator[None]:
    """Keep the log's file for the block, in which connections are closed.

    The last connection to be closed would fold the log into the database without telling anybody, and
    delete it; one that may only read does neither.
    """
    with closing(sqlite3.connect(_read_only(path), uri=True)) as guard:
        with suppress(sqlite3.Error):  # a damaged file is closed all the same
            guard.execute("SELECT 1 FROM sqlite_master").close()
        yield


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLAlchemy's and SQLite's errors into ours.

    Raises:
        CatalogBusy: Somebody else holds SQLite's own lock.
        CatalogCorrupt: The file is damaged, or is no database.
        NoSpace: The disk is full.
        ObjectUnreadable: The file may not be opened or written.
        InputError: A name or an id cannot be written as UTF-8.
        InternalError: Anything else the database refused.
    """
    try:
        yield
    except exc.DBAPIError as error:
        raise _ours(error.orig, path) from error
    except UnicodeEncodeError as error:
        raise InputError("A name or an id holds characters that are not text.") from error
    except (sqlite3.Error, exc.SQLAlchemyError) as error:
        raise _ours(error, path) from error


def _is_full(folder: Path) -> bool:
    """Say whether there is no room for SQLite's shared memory and the next pages of its log."""
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    except OSError:
        return False


def _ours(error: BaseException | None, path: Path) -> RekindleError:
    # Extended codes carry the primary one in the low byte.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return CatalogBusy(f"{path} is locked by another program.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CatalogCorrupt(f"{path} is damaged: {error}.")
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _is_full(path.parent)):
        return NoSpace(f"The disk that holds {path} is full.")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return ObjectUnreadable(
            f"{path} cannot be used: {error}.",
            remedy="Check that REKINDLE_HOME exists, is writable and has space.",
        )
    return InternalError(f"The catalog refused a statement: {error}.")
