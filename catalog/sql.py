"""The catalog on SQLite: many readers, one writer at a time."""

import contextlib
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from catalog.engine import BUSY_MS, log_kept, reading_engine, rewrite, translated, writing_engine
from catalog.integrity import MOST, damages, owners_of_pages
from catalog.lock import WriterLock
from catalog.page_check import PageCheck
from catalog.page_watch import PageWatch
from catalog.removal_ledger import RemovalLedger
from catalog.repository import (
    Approvals,
    Arrivals,
    Assets,
    AssetWriter,
    Audit,
    Baskets,
    CatalogReader,
    CatalogWriter,
    Changes,
    Clusters,
    Demands,
    Facts,
    FactWriter,
    Fixity,
    Holds,
    Jobs,
    Keeps,
    Leases,
    Links,
    Locations,
    Moves,
    Notices,
    People,
    Prohibitions,
    Projects,
    Restores,
    Rights,
    Runs,
    SavedSearches,
    Spending,
    TierPlans,
    Words,
)
from catalog.session import Session
from catalog.snapshot import Progress, take
from catalog.sql_approvals import SqlApprovals
from catalog.sql_assets import SqlAssets
from catalog.sql_assets_writer import SqlAssetWriter
from catalog.sql_audit import SqlAudit
from catalog.sql_baskets import SqlBaskets
from catalog.sql_changes import SqlChanges
from catalog.sql_clusters import SqlClusters
from catalog.sql_facts import SqlFacts
from catalog.sql_facts_writer import SqlFactWriter
from catalog.sql_fixity import SqlFixity
from catalog.sql_holds import SqlHolds, SqlLeases
from catalog.sql_jobs import SqlJobs
from catalog.sql_keeps import SqlKeeps
from catalog.sql_links import SqlLinks
from catalog.sql_locations import SqlLocations
from catalog.sql_moves import SqlMoves
from catalog.sql_notices import SqlNotices
from catalog.sql_people import SqlPeople
from catalog.sql_plans import SqlTierPlans
from catalog.sql_prohibitions import SqlProhibitions
from catalog.sql_projects import SqlProjects
from catalog.sql_restores import SqlRestores
from catalog.sql_rights import SqlRights
from catalog.sql_runs import SqlRuns
from catalog.sql_spending import SqlSpending
from catalog.sql_standing import SqlArrivals, SqlDemands, SqlSavedSearches
from catalog.sql_words import SqlWords
from foundation.errors import CatalogBusy, CatalogCorrupt, RekindleError, StateConflict
from foundation.ids import LOCAL_PRINCIPAL, PrincipalId
from foundation.logging import get

CHECKPOINT_BYTES = 16 << 20
"""Size of the write-ahead log from which a writer folds it into the database."""


class SqlReader:
    """Everything one transaction can be asked."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.locations: Locations = SqlLocations(session)
        self.assets: Assets = SqlAssets(session)
        self.facts: Facts = SqlFacts(session)
        self.rights: Rights = SqlRights(session)
        self.words: Words = SqlWords(session)
        self.people: People = SqlPeople(session)
        self.clusters: Clusters = SqlClusters(session)
        self.prohibitions: Prohibitions = SqlProhibitions(session)
        self.jobs: Jobs = SqlJobs(session)
        self.runs: Runs = SqlRuns(session)
        self.changes: Changes = SqlChanges(session)
        self.restores: Restores = SqlRestores(session)
        self.spending: Spending = SqlSpending(session)
        self.approvals: Approvals = SqlApprovals(session)
        self.notices: Notices = SqlNotices(session)
        self.baskets: Baskets = SqlBaskets(session)
        self.audit: Audit = SqlAudit(session)
        self.links: Links = SqlLinks(session)
        self.arrivals: Arrivals = SqlArrivals(session)
        self.saved: SavedSearches = SqlSavedSearches(session)
        self.demands: Demands = SqlDemands(session)
        self.projects: Projects = SqlProjects(session)
        self.holds: Holds = SqlHolds(session)
        self.keeps: Keeps = SqlKeeps(session)
        self.leases: Leases = SqlLeases(session)
        self.plans: TierPlans = SqlTierPlans(session)
        self.moves: Moves = SqlMoves(session)
        self.fixity: Fixity = SqlFixity(session)

    @property
    def now(self) -> datetime:
        """The catalog's clock (UTC)."""
        return self._session.now


class SqlWriter(SqlReader):
    """Everything one transaction can be asked and told."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.assets_writer: AssetWriter = SqlAssetWriter(session)
        self.facts_writer: FactWriter = SqlFactWriter(session)


class SqlCatalog:
    """The truth, in one SQLite file.

    A catalog belongs to the process that opened it: SQLite's locks do not survive ``fork``, so child
    processes must be spawned and open their own.

    Args:
        path: The database; it exists and is migrated.
        lock: Held for the length of every write and checkpoint.
        clock: Tells the time, UTC.
        removals: Where it is written down who was removed.
    """

    def __init__(
        self, path: Path, lock: WriterLock, clock: Callable[[], datetime], removals: RemovalLedger
    ) -> None:
        self._path = path
        self._lock = lock
        self._clock = clock
        self._removals = removals
        self._pid = os.getpid()
        self._readers = reading_engine(path)
        self._writer = writing_engine(path)
        self._watch = PageWatch(path)
        self._checkpoint_at = CHECKPOINT_BYTES
        self._close = weakref.finalize(
            self, _release, self._pid, lock, self._readers, self._writer, self._watch
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[CatalogReader]:
        """A snapshot as of the first line of the block; never waits for a writer."""
        self._check_process()
        with translated(self._path), self._readers.connect() as connection, connection.begin():
            # SQLite takes its snapshot at the first read, not at BEGIN.
            connection.connection.cursor().execute("SELECT 1 FROM alembic_version").close()
            yield SqlReader(Session(connection, self._clock))

    @contextlib.contextmanager
    def write(self, principal: PrincipalId = LOCAL_PRINCIPAL) -> Iterator[CatalogWriter]:
        """A transaction under the writer lock, on behalf of ``principal``.

        Raises:
            CatalogBusy: The lock was not had in time.
            NoSpace, ObjectUnreadable: Somebody was removed, and that cannot be written down; nothing is done.
        """
        self._check_process()
        with translated(self._path), self._lock.held(), self._writer.connect() as connection:
            self._watch.settle(connection.connection.cursor())
            with connection.begin():
                before = self._watch.begun()
                session = Session(connection, self._clock, principal)
                yield SqlWriter(session)
                # Before it is committed: no removal is acknowledged that an older catalog would undo.
                self._removals.append(session.removals)
            self._watch.written(before)
            self._checkpoint_when_large(connection)

    def check(self) -> list[str]:
        """Sentences about what is wrong with the file; empty when sound."""
        try:
            return self._faults()
        except CatalogCorrupt as error:
            return [error.message]

    def _faults(self) -> list[str]:
        with translated(self._path), self._readers.connect() as connection:
            damaged = damages(connection)
        damaged += [line for line in self._odd_pages(learn=not damaged) if line not in damaged]
        if damaged:
            return [f"{self._path.name}: {line}." for line in damaged]
        with translated(self._path), self._readers.connect() as connection:
            orphans = len(connection.exec_driver_sql("PRAGMA foreign_key_check").all())
        if orphans:
            damaged.append(f"{self._path.name}: {orphans} rows refer to rows that do not exist.")
        with self.read() as view:
            broken = view.audit.verify()
        if broken is not None:
            damaged.append(f"The audit trail was altered at entry {broken}.")
        return damaged

    def mend(self) -> list[str]:
        """Put back single bits that flipped; says where."""
        self._check_process()
        check = PageCheck(self._watch, self._lock, self._writer)
        with translated(self._path):
            mended = check.mend(check.run(learn=False).damaged)
        return [f"page {page.number}, {page.place}" for page in mended]

    def unknown_pages(self) -> int:
        """How many pages have no digest yet, about; the next check learns them."""
        return self._watch.unknown()

    def _odd_pages(self, *, learn: bool) -> list[str]:
        """Words about pages that are not as they were written."""
        try:
            with translated(self._path):
                found = PageCheck(self._watch, self._lock, self._writer).run(learn=learn)
        except (RekindleError, OSError) as error:
            get(__name__).warning("catalog_pages_unchecked", reason=str(error))
            return []
        if found.learnt or found.replaced:
            get(__name__).warning("catalog_pages_learnt", unknown=found.learnt, replaced=found.replaced)
        if not found.damaged:
            return []
        with translated(self._path), self._readers.connect() as connection:
            owners = owners_of_pages(connection)
        return [page.told(owners.get(page.number, "in no table")) for page in found.damaged[:MOST]]

    def copy(self, target: Path, progress: Progress) -> None:
        """Copy what is committed at this moment to a file that does not exist yet; nobody is kept waiting.

        Args:
            target: The copy.
            progress: Told how much of how much is copied, in pages; what it raises ends the copy.

        Raises:
            CatalogCorrupt: Pages are not as they were written; nothing was copied.
            NoSpace: There is no room for the copy.
        """
        self._check_process()
        if odd := self._odd_pages(learn=False):
            raise CatalogCorrupt(f"{self._path.name}: {odd[0]}.")
        with translated(target):
            take(self._readers, target, progress)

    def compact(self) -> None:
        """Rewrite the file so that nothing deleted can be read from it; takes as long as copying it.

        Raises:
            CatalogBusy: Readers or another writer did not make way in time; nothing is lost.
            NoSpace: There is no room for the copy.
        """
        self._check_process()
        with translated(self._path), self._lock.held(), closing(self._writer.raw_connection()) as raw:
            cursor = raw.cursor()
            self._watch.settle(cursor)
            self._watch.begun()
            rewrite(cursor)
            if not self._watch.fold(cursor, wait=True, is_migrated=True):
                raise CatalogBusy(f"Readers of {self._path} keep deleted pages in use.")

    def close(self) -> None:
        """Release files and locks; safe to call again."""
        self._close()

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise StateConflict(
                "This catalog was opened before a fork.",
                remedy="Spawn worker processes and open the catalog in them.",
            )
        if not self._close.alive:
            raise StateConflict("This catalog was closed.", remedy="Open it again.")

    def _checkpoint_when_large(self, connection: sa.Connection) -> None:
        if self._watch.log.size < self._checkpoint_at:
            return
        # The write is committed: whatever keeps the log from being folded back, a later write tries again.
        # Readers of old snapshots may keep part of it in use; they are not waited for.
        raw = connection.connection.cursor()
        with contextlib.suppress(sqlite3.OperationalError):
            raw.execute("PRAGMA busy_timeout=0")
            self._watch.fold(raw)
        raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        raw.close()
        self._checkpoint_at = self._watch.log.size + CHECKPOINT_BYTES


def _release(pid: int, lock: WriterLock, readers: sa.Engine, writer: sa.Engine, watch: PageWatch) -> None:
    if os.getpid() != pid:
        return
    with log_kept(watch.database):
        if writer.pool.checkedin():  # type: ignore[attr-defined]
            _fold(lock, writer, watch)
        writer.dispose()
        readers.dispose()


def _fold(lock: WriterLock, writer: sa.Engine, watch: PageWatch) -> None:
    # Where another process holds the lock for long, that one will do it.
    with (
        contextlib.suppress(CatalogBusy, sqlite3.Error),
        lock.held(),
        closing(writer.raw_connection()) as raw,
    ):
        watch.fold(raw.cursor())
