"""S3 Inventory: a bucket's listing as files that S3 wrote a day or a week ago.

A report is a ``manifest.json`` beside ``manifest.checksum`` (the manifest's MD5), naming data files (CSV.gz
or Parquet) with an MD5 each (S3 user guide, "Amazon S3 Inventory"). Nothing is taken from a data file that is
missing or does not have its digest. Reports are eventually consistent: an object may be gone, another not yet
listed, and a restore state is never told but for the archive tiers of Intelligent-Tiering, where the report
has their column; whoever acts on one object asks for it first (HEAD).
"""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import unquote_plus

import pyarrow as pa
import pyarrow.parquet as pq

from foundation.errors import FixityMismatch, ObjectUnreadable

Fetch = Callable[[str], Iterator[bytes]]
"""Bytes of an object of the bucket that holds the report, by its key."""

_NEEDED = ("Key", "Size", "LastModifiedDate")
_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: the current version of an object.

    Attributes:
        archive_tier: Archive tier of Intelligent-Tiering in which it sleeps, as HEAD spells it.
    """

    key: str
    size: int
    etag: str
    mtime_ns: int
    version: str
    storage_class: str
    archive_tier: str | None = None


@dataclass(frozen=True, slots=True)
class DataFile:
    """One part of a report; ``md5`` is hexadecimal."""

    key: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True)
class Report:
    """A manifest.

    Attributes:
        bucket: That was listed.
        written_at: When S3 began to write it.
        columns: Of the data files, in order.
    """

    bucket: str
    written_at: datetime
    file_format: str
    columns: tuple[str, ...]
    files: tuple[DataFile, ...]


def read_manifest(manifest: bytes, checksum: bytes) -> Report:
    """Read a manifest.

    Raises:
        FixityMismatch: It does not have its checksum.
        ObjectUnreadable: It is no manifest, is of a format that is not read (ORC), or lacks a column.
    """
    found = hashlib.md5(manifest, usedforsecurity=False).hexdigest()
    if found != checksum.decode("ascii", "replace").strip():
        raise FixityMismatch(f"The inventory's manifest digests to {found}, not to its checksum.")
    try:
        facts = json.loads(manifest)
        report = Report(
            facts["sourceBucket"],
            datetime.fromtimestamp(int(facts["creationTimestamp"]) / 1000, UTC),
            facts["fileFormat"],
            tuple(_columns(facts["fileFormat"], facts["fileSchema"])),
            tuple(DataFile(each["key"], int(each["size"]), each["MD5checksum"]) for each in facts["files"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ObjectUnreadable(f"The inventory's manifest cannot be read: {error}.") from error
    if report.file_format not in ("CSV", "Parquet"):
        raise ObjectUnreadable(f"Inventories in {report.file_format} are not read; CSV and Parquet are.")
    missing = [name for name in _NEEDED if name not in report.columns]
    if missing:
        raise ObjectUnreadable(f"The inventory lacks {', '.join(missing)}; add them to its configuration.")
    return report


def rows_of(report: Report, fetch: Fetch, scratch: Path) -> Iterator[Listed]:
    """Yield a report's current objects, file by file; deleted and former versions are left out.

    Each data file is brought into ``scratch`` and digested before the first row of it is given; at most one
    lies there at a time, and rows are read by the batch.

    Raises:
        FixityMismatch: A data file does not have the digest that the manifest names.
        ObjectUnreadable: It is no data file.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    for part in report.files:
        with NamedTemporaryFile(dir=scratch, prefix="inventory-") as file:
            path = Path(file.name)
            _fetch(part, fetch, path)
            records = _csv(path, report.columns) if report.file_format == "CSV" else _parquet(path)
            try:
                yield from (_listed(record) for record in records if _is_current(record))
            except (ValueError, KeyError, OSError, EOFError, pa.ArrowException) as error:
                raise ObjectUnreadable(f"{part.key} cannot be read: {error}.") from error


def _columns(file_format: str, schema: str) -> Iterator[str]:
    """CSV manifests name columns; Parquet ones hold a schema, whose names are spelled with underscores."""
    if file_format == "CSV":
        yield from (name.strip() for name in schema.split(","))
        return
    for line in schema.split(";"):
        words = line.split("{")[-1].split()
        if len(words) >= 3 and words[0] in ("required", "optional"):
            yield _CAMEL.get(words[2], words[2])


_CAMEL: Mapping[str, str] = {
    "bucket": "Bucket",
    "key": "Key",
    "version_id": "VersionId",
    "is_latest": "IsLatest",
    "is_delete_marker": "IsDeleteMarker",
    "size": "Size",
    "last_modified_date": "LastModifiedDate",
    "e_tag": "ETag",
    "storage_class": "StorageClass",
    "intelligent_tiering_access_tier": "IntelligentTieringAccessTier",
}
_ARCHIVES = ("ARCHIVE", "DEEP_ARCHIVE")
"""Access tiers whose objects sleep, as HEAD spells them but for ``_ACCESS``."""


def _fetch(part: DataFile, fetch: Fetch, path: Path) -> None:
    digest, size = hashlib.md5(usedforsecurity=False), 0
    with path.open("wb") as file:
        for chunk in fetch(part.key):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    if (digest.hexdigest(), size) != (part.md5, part.size):
        raise FixityMismatch(
            f"{part.key} has {size} bytes and another digest than the inventory's manifest says."
        )


def _csv(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Keys are encoded like a form in CSV, and only there."""
    with gzip.open(path, "rb") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
        for row in csv.reader(text):
            record: dict[str, Any] = dict(zip(columns, row, strict=True))
            record["Key"] = unquote_plus(record["Key"], errors="surrogateescape")
            yield record


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        wanted = [name for name in file.schema_arrow.names if name in _CAMEL]
        for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
            for row in batch.to_pylist():
                yield {_CAMEL[name]: value for name, value in row.items()}


def _is_current(record: Mapping[str, Any]) -> bool:
    return _flag(record.get("IsLatest"), otherwise=True) and not _flag(
        record.get("IsDeleteMarker"), otherwise=False
    )


def _flag(value: object, *, otherwise: bool) -> bool:
    return otherwise if value in (None, "") else str(value).lower() == "true"


def _listed(record: Mapping[str, Any]) -> Listed:
    return Listed(
        key=record["Key"],
        size=int(record["Size"] or 0),
        etag=(record.get("ETag") or "").strip('"'),
        mtime_ns=_nanoseconds(record["LastModifiedDate"]),
        version=(record.get("VersionId") or "").removeprefix("null"),
        storage_class=record.get("StorageClass") or "STANDARD",
        archive_tier=_archive_tier(record.get("IntelligentTieringAccessTier")),
    )


def _archive_tier(told: object) -> str | None:
    """ARCHIVE_INSTANT_ACCESS, of all, is awake."""
    tier = str(told or "").upper().removesuffix("_ACCESS")
    return f"{tier}_ACCESS" if tier in _ARCHIVES else None


def _nanoseconds(moment: str | datetime) -> int:
    """Whole seconds, as listings have them: inventories tell milliseconds, and identity must not change."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)) * 10**9
