"""Keeps page digests in step with checkpoints, the only moments at which a database in WAL mode changes.

Everything here happens under the writer lock. Other programs do not take it, so whatever shows that one of
them may have written pages makes these unknown, never faulty (ADR 0029).
"""

import os
import secrets
import sqlite3
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy.engine.interfaces import DBAPICursor

from catalog.log_file import LogFile
from catalog.page_table import UNKNOWN, PageTable, Seen
from foundation.logging import get


class PageWatch:
    """Follows one database.

    Args:
        database: The database's path; what is known of its pages lies beside it.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self.table = PageTable(database.with_suffix(".pages"))
        self.log = LogFile(database)

    def unknown(self) -> int:
        """How many pages have no digest, about."""
        seen, known = self.table.seen(), self.table.digests()
        if seen is None or not seen.page_size:
            return max(self.database.stat().st_size // 4096, 1)
        size = len(UNKNOWN)
        count = self.database.stat().st_size // seen.page_size
        return sum(known[at : at + size] in (b"", UNKNOWN) for at in range(0, count * size, size))

    def begun(self) -> Seen | None:
        """Take note of which log there is; to be called when a write has begun, so that nobody else writes.

        A full or failing disk keeps nobody from writing: then pages count as unknown.
        """
        try:
            return self._followed()
        except OSError as error:
            get(__name__).warning("catalog_pages_unfollowed", reason=str(error))
            return None

    def written(self, before: Seen | None) -> None:
        """Take note of the log that our write began, if it did.

        Args:
            before: What was seen when the write had begun.
        """
        if before is not None and self.log.state() != before.log:
            with suppress(OSError):
                self._followed(is_ours=True)

    def settle(self, cursor: DBAPICursor) -> None:
        """Finish the checkpoint of a process that was killed, before anything is written."""
        seen = self.table.seen()
        if seen is not None and seen.is_folding:
            with suppress(sqlite3.OperationalError):
                self.fold(cursor)

    def renew(self, cursor: DBAPICursor) -> None:
        """Let all connections read their pages anew, as they do after each write.

        Raises:
            sqlite3.OperationalError: SQLite refused.
        """
        token = secrets.randbits(31)
        cursor.execute("BEGIN IMMEDIATE")
        before = self._followed()
        self.table.note(replace(before, next_token=token))
        cursor.execute(f"PRAGMA user_version={token}")
        cursor.execute("COMMIT")
        self.written(before)
        self.fold(cursor)

    def fold(self, cursor: DBAPICursor, *, wait: bool = False, is_migrated: bool = False) -> bool:
        """Fold the log into the database and write down digests of what changed; True when the log is empty.

        Args:
            cursor: Of the writing connection, outside any transaction.
            wait: Wait for readers as long as SQLite's time-out allows.
            is_migrated: The schema was changed, by us.

        Raises:
            sqlite3.OperationalError: SQLite refused.
        """
        try:
            return self._folded(cursor, "FULL" if wait else "PASSIVE", is_migrated=is_migrated)
        except OSError as error:
            get(__name__).warning("catalog_pages_unfollowed", reason=str(error))
            return not _checkpoint(cursor, "TRUNCATE")[0]

    def stamp(self, seen: Seen) -> int:
        """Give the database a time that no other write can give it, unless it bears the one that was seen.

        Clocks of file systems tick every few milliseconds: the next write could leave the time as it is.
        """
        about = self.database.stat()
        if about.st_mtime_ns == seen.changed_ns:
            return seen.changed_ns
        changed = about.st_mtime_ns - 1 - secrets.randbelow(1_000_000)
        os.utime(self.database, ns=(about.st_atime_ns, changed))
        return changed

    def changed_ns(self) -> int:
        """When the database was written."""
        return self.database.stat().st_mtime_ns

    def _followed(self, *, is_ours: bool = False) -> Seen:
        """What is seen now.

        The log of before is gone when it began anew. All of it was known if it was empty, and nothing of it
        is in the database if that was not written since.

        Args:
            is_ours: The log was looked at when our write began, and nobody else wrote since.
        """
        log, seen = self.log.state(), self.table.seen()
        if seen is not None and seen.log == log:
            return seen
        if seen is None:
            self.table.forget()
            seen = Seen(0, 0, 0, 0, True, False, False, self.changed_ns(), log)
        elif seen.is_folding or not ((is_ours and seen.log.is_empty) or seen.changed_ns == self.changed_ns()):
            seen = replace(seen, is_foreign=True)
        seen = replace(seen, log=log)
        self.table.note(seen)
        return seen

    def _folded(self, cursor: DBAPICursor, mode: str, *, is_migrated: bool) -> bool:
        seen = self._recognised(cursor, self._followed(), is_migrated=is_migrated)
        if not self.log.size and not seen.is_folding:
            self.table.note(seen)
            return True
        seen = self._marked(cursor, seen)
        self.table.note(replace(seen, is_folding=True))
        _, total, done = _checkpoint(cursor, mode)
        if total < 0:  # somebody else's checkpoint is under way
            self.table.note(replace(seen, is_folding=False))
            return False
        is_learnt = self._learnt(total, done)
        self._seal(cursor, replace(seen, is_foreign=seen.is_foreign or not is_learnt), total, done)
        return done == total and self._emptied(cursor)

    def _recognised(self, cursor: DBAPICursor, seen: Seen, *, is_migrated: bool) -> Seen:
        """Tell our database from one that was put in its place: a backup, or a copy by ``VACUUM INTO``."""
        token, schema, size = (
            _asked(cursor, pragma) for pragma in ("user_version", "schema_version", "page_size")
        )
        is_ours = token in (seen.token, seen.next_token) and (is_migrated or schema == seen.schema)
        return replace(
            seen,
            page_size=size,
            token=token,
            next_token=token,
            schema=schema,
            is_new=False,
            is_foreign=seen.is_foreign or not (is_ours or seen.is_new),
        )

    def _marked(self, cursor: DBAPICursor, seen: Seen) -> Seen:
        token = secrets.randbits(31)
        self.table.note(replace(seen, next_token=token))
        with suppress(sqlite3.OperationalError):  # a full disk; folding may still make room
            cursor.execute(f"PRAGMA user_version={token}")
        return replace(self._followed(), token=_asked(cursor, "user_version"), next_token=token)

    def _learnt(self, total: int, done: int) -> bool:
        """Write down what the frames that are in the database left there; False when they are gone."""
        found = self.log.folded(total, done)
        if found is not None:
            digests, pages = found
            self.table.put(digests, pages if done == total and pages else None)
        return found is not None

    def _seal(self, cursor: DBAPICursor, seen: Seen, total: int, done: int) -> None:
        """Write down durably all that was seen."""
        changed = self.stamp(seen)
        # Frames that another program added meanwhile would go with the log.
        is_alone = done < total or _checkpoint(cursor, "PASSIVE")[1] == total
        is_alone = is_alone and self.changed_ns() == changed and self.log.state() == seen.log
        self.table.note(
            replace(seen, is_folding=False, is_foreign=seen.is_foreign or not is_alone, changed_ns=changed)
        )
        self.table.sync()

    def _emptied(self, cursor: DBAPICursor) -> bool:
        if _checkpoint(cursor, "TRUNCATE")[0]:
            return False
        self._followed()
        return True


def _asked(cursor: DBAPICursor, pragma: str) -> int:
    cursor.execute(f"PRAGMA {pragma}")
    return int(cursor.fetchall()[0][0]) & 0xFFFFFFFF


def _checkpoint(cursor: DBAPICursor, mode: str) -> tuple[int, int, int]:
    """Whether something was in the way, frames in the log, frames in the database."""
    cursor.execute(f"PRAGMA wal_checkpoint({mode})")
    busy, total, done = cursor.fetchall()[0]
    return busy, total, done
