"""An S3 location whose listing comes from its newest inventory report; the rest is asked of the bucket."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.s3.inventory_report import Listed, Report, read_manifest, rows_of
from archive_tiering.stores.names import is_hidden
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore, Unreadable
from catalog.model import RestoreState
from foundation.errors import ObjectUnreadable, StorageUnreachable

_MANIFEST, _CHECKSUM = "manifest.json", "manifest.checksum"
_AT_ONCE = 10_000
_SORTER = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
CREATE TABLE listed (key BLOB PRIMARY KEY, size, etag, at, version, class, tier) WITHOUT ROWID;
"""


_Row = tuple[bytes, int, str, int, str, str, str | None]


class InventoryStore:
    """Lists from a report, delegates the rest.

    Rows come in no order that S3 promises; they are sorted in a file in ``scratch``, so that memory does not
    grow with the bucket. Restore states are not in a report: whatever is cold counts as asleep, and what the
    report has in an archive tier of Intelligent-Tiering.

    Args:
        live: The location itself.
        bucket: Its bucket.
        prefix: What keys of the location begin with; empty, or ending in a slash.
        reports: Where the reports of one inventory configuration lie.
        files: The whole bucket that holds the reports.
        scratch: For one data file at a time, and the sorted rows.
    """

    def __init__(
        self,
        live: ObjectStore,
        bucket: str,
        prefix: str,
        reports: ObjectStore,
        files: ObjectStore,
        scratch: Path,
    ) -> None:
        self._live = live
        self._bucket = bucket
        self._prefix = prefix
        self._reports = reports
        self._files = files
        self._scratch = scratch

    def list(self, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        """Everything of the newest finished report, in key order; a part of it is asked of the bucket.

        Raises:
            StorageUnreachable: There is no report.
            ObjectUnreadable: It is of another bucket, or cannot be read.
            FixityMismatch: A part of it does not have its digest.
        """
        return self._live.list(prefix) if prefix else self._listed()

    def _listed(self) -> Iterator[ObjectInfo]:
        folder = self._newest()
        report = read_manifest(self._bytes(f"{folder}{_MANIFEST}"), self._bytes(f"{folder}{_CHECKSUM}"))
        if report.bucket != self._bucket:
            raise ObjectUnreadable(f"The inventory is of bucket {report.bucket!r}, not {self._bucket!r}.")
        yield from self._sorted(report)

    def head(self, key: str, version: str = "") -> ObjectInfo:
        """Of the bucket itself, now."""
        return self._live.head(key, version)

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> Iterator[bytes]:
        """From the bucket itself."""
        return self._live.read(key, start, end, version)

    def local_path(self, key: str) -> Path | None:
        """None: objects are copied from S3."""
        return self._live.local_path(key)

    def request_restore(self, key: str, *, retrieval_tier: str, days: int | None, version: str = "") -> None:
        """Of the bucket itself."""
        self._live.request_restore(key, retrieval_tier=retrieval_tier, days=days, version=version)

    def _newest(self) -> str:
        """Folder of the newest report; reports are named by their time, the checksum is written last."""
        keys = (item.key for item in self._reports.list())
        found = [key.removesuffix(_CHECKSUM) for key in keys if f"/{key}".endswith(f"/{_CHECKSUM}")]
        if not found:
            raise StorageUnreachable(
                "There is no finished inventory report.",
                remedy="S3 writes the first one within 48 hours; correct REKINDLE_S3__INVENTORIES otherwise.",
            )
        return max(found)

    def _bytes(self, key: str) -> bytes:
        return b"".join(self._reports.read(key))

    def _sorted(self, report: Report) -> Iterator[ObjectInfo]:
        self._scratch.mkdir(parents=True, exist_ok=True)
        with (
            TemporaryDirectory(dir=self._scratch, prefix="listing-") as folder,
            closing(sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)) as rows,
        ):
            rows.executescript(_SORTER)
            listed = rows_of(report, self._files.read, self._scratch)
            wanted = (each for each in listed if self._has(each))
            while batch := list(islice(wanted, _AT_ONCE)):
                rows.execute("BEGIN")
                rows.executemany("INSERT OR REPLACE INTO listed VALUES (?,?,?,?,?,?,?)", map(_row, batch))
                rows.execute("COMMIT")
            yield from (self._info(row) for row in rows.execute("SELECT * FROM listed ORDER BY key"))

    def _has(self, found: Listed) -> bool:
        key = found.key.removeprefix(self._prefix)
        below = found.key.startswith(self._prefix) and bool(key) and not key.endswith("/")
        return below and not any(map(is_hidden, key.split("/")))

    def _info(self, row: _Row) -> ObjectInfo:
        whole = row[0].decode("utf-8", "surrogateescape")
        asleep = facts_or_plain(row[5]).is_cold or row[6] is not None
        return ObjectInfo(
            key=whole[len(self._prefix) :],
            uri=f"s3://{self._bucket}/{whole}",
            size=row[1],
            etag=row[2],
            mtime_ns=row[3],
            # A live listing tells no versions either: identities must agree.
            version="",
            storage_class=row[5],
            restore=RestoreState.NEEDED if asleep else RestoreState.NONE,
            archive_tier=row[6],
        )


def _row(found: Listed) -> _Row:
    key = found.key.encode("utf-8", "surrogateescape")
    facts = (found.size, found.etag, found.mtime_ns, found.version, found.storage_class)
    return key, *facts, found.archive_tier
