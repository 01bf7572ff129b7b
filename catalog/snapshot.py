"""Copies a catalog while others write to it, and examines the copy."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from catalog.engine import copying_engine, translated
from catalog.integrity import damages
from catalog.session import Session
from catalog.sql_audit import SqlAudit
from catalog.tables import SCHEMA_REVISION

PAGES_AT_ONCE = 2048
Progress = Callable[[int, int], object]
"""Told how much of how much is copied, in pages."""


def take(readers: sa.Engine, target: Path, progress: Progress) -> None:
    """Copy what is committed at this moment through SQLite's online backup.

    Writers are not kept waiting: the log grows until the copy is whole.

    Args:
        readers: Engine of connections that cannot write.
        target: The copy; it must not exist yet. It lies there without a log of its own.
        progress: Called between steps; what it raises ends the copy.
    """
    with closing(readers.raw_connection()) as raw, closing(sqlite3.connect(target)) as copy:
        source = raw.driver_connection
        assert isinstance(source, sqlite3.Connection)  # noqa: S101 - our engine makes no others
        copy.execute("PRAGMA journal_mode=OFF").close()
        copy.execute("PRAGMA synchronous=OFF").close()
        source.execute("BEGIN")
        try:
            # Within one snapshot a write of others never lets the copy begin anew.
            source.execute("SELECT 1 FROM sqlite_master").fetchall()
            source.backup(
                copy, pages=PAGES_AT_ONCE, progress=lambda _, left, all_: progress(all_ - left, all_)
            )
        finally:
            source.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class Examined:
    """What a copy was found to be.

    Attributes:
        faults: Sentences about what is wrong, without full stops; empty when sound.
        assets: How many it knows, erased ones included.
        changes: Newest number of its change feed.
    """

    faults: tuple[str, ...]
    assets: int = 0
    changes: int = 0


def examined(copy: Path) -> Examined:
    """Examine a copy that nobody has open. Nothing is written to it or beside it.

    Raises:
        CatalogCorrupt: It is no database.
        ObjectUnreadable: It may not be opened.
    """
    engine = copying_engine(copy)
    try:
        with translated(copy), engine.connect() as connection:
            if found := damages(connection) or _of_content(connection):
                return Examined(tuple(found))
            assets, changes = (
                int(connection.exec_driver_sql(query).scalar() or 0)
                for query in ("SELECT count(*) FROM assets", "SELECT max(seq) FROM changes")
            )
            return Examined((), assets, changes)
    finally:
        engine.dispose()


def _of_content(connection: sa.Connection) -> list[str]:
    if orphans := len(connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        return [f"{orphans} rows refer to rows that do not exist"]
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision != SCHEMA_REVISION:
        return []  # of an older Rekindle; its audit is verified once it is brought up to date
    broken = SqlAudit(Session(connection, lambda: datetime.now(UTC))).verify()
    return [] if broken is None else [f"the audit trail was altered at entry {broken}"]
