"""Opens the catalog of a home, making or migrating it first where needed."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from catalog.engine import reading_engine, translated
from catalog.lock import WriterLock
from catalog.removal_ledger import RemovalLedger
from catalog.repository import Catalog
from catalog.snapshot import Examined, examined
from catalog.sql import SqlCatalog
from catalog.tables import SCHEMA_REVISION
from foundation.home import Home

LOCK_SECONDS = 30.0
"""How long a write waits for another one before it gives up."""


def utc_now() -> datetime:
    """The clock catalogs go by unless told otherwise."""
    return datetime.now(UTC)


def open_catalog(
    home: Home, *, clock: Callable[[], datetime] = utc_now, lock_seconds: float = LOCK_SECONDS
) -> Catalog:
    """Open the catalog; the home's folders are made, and the schema is brought up to date.

    Raises:
        CatalogBusy: Another process held the writer lock while the schema had to change.
        CatalogCorrupt: The file is damaged, or was written by a newer Rekindle.
        ObjectUnreadable: The file may not be opened.
        NoSpace: The disk is full.
    """
    home.create()
    lock = WriterLock(home.writer_lock, lock_seconds)
    if _revision(home.catalog) != SCHEMA_REVISION:
        # Loading the migration tool takes longer than all the rest of opening.
        from catalog.migrate import migrate  # noqa: PLC0415

        migrate(home.catalog, lock)
    return SqlCatalog(home.catalog, lock, clock, RemovalLedger(home.removals))


def examined_copy(copy: Path) -> Examined:
    """Examine a copy of a catalog that nobody has open.

    Raises:
        CatalogCorrupt: It is no database.
        ObjectUnreadable: It may not be opened.
    """
    return examined(copy)


def _revision(path: Path) -> str | None:
    """The schema's revision; None where there is no schema yet."""
    if not path.exists():
        return None
    engine = reading_engine(path)
    try:
        with translated(path), engine.connect() as connection:
            tables = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
            if not connection.exec_driver_sql(tables).scalar():
                return None
            found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            return found
    finally:
        engine.dispose()
