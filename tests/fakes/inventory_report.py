"""Inventory reports as S3 writes them (S3 user guide, "Amazon S3 Inventory list")."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.parquet as pq

NAMES = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"
SCHEMA = (
    "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional binary "
    "version_id (UTF8); optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; "
    "optional int64 last_modified_date (TIMESTAMP(MILLIS,true)); optional binary e_tag (UTF8); "
    "optional binary storage_class (UTF8); }"
)
TIER_NAME, TIER_SCHEMA = (
    ", IntelligentTieringAccessTier", " optional binary intelligent_tiering_access_tier (UTF8); }"
)  # fmt: skip
Row = Mapping[str, Any]
"""Columns of the Parquet schema, in its order; an access tier behind them where all rows have one."""


def report_files(
    name: str, kind: str, parts: Sequence[Sequence[Row]], bucket: str = "masters", folder: str = "inv"
) -> dict[str, bytes]:
    """Objects of one report, by key, in the order in which S3 writes them: the checksum comes last.

    Args:
        name: Moment of the report, which names its folder.
        kind: ``CSV`` or ``Parquet``.
        parts: Rows of each data file.
        bucket: That was listed.
        folder: Where the reports of the configuration lie.
    """
    made, files = {}, []
    for number, part in enumerate(parts):
        data, key = _csv(part) if kind == "CSV" else _parquet(part), f"{folder}/data/{name}-{number}"
        made[key] = data
        files.append({"key": key, "size": len(data), "MD5checksum": _md5(data)})
    manifest = {
        "sourceBucket": bucket, "destinationBucket": "arn:aws:s3:::reports", "version": "2016-11-30",
        "creationTimestamp": "1767398400000", "fileFormat": kind,
        "fileSchema": _schema(kind, parts), "files": files,
    }  # fmt: skip
    text = json.dumps(manifest).encode()
    made[f"{folder}/{name}/manifest.json"] = text
    made[f"{folder}/{name}/manifest.checksum"] = _md5(text).encode()
    return made


def _schema(kind: str, parts: Sequence[Sequence[Row]]) -> str:
    tiered = any("intelligent_tiering_access_tier" in row for part in parts for row in part)
    if kind == "CSV":
        return NAMES + TIER_NAME * tiered
    return SCHEMA.removesuffix(" }") + TIER_SCHEMA if tiered else SCHEMA


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        told = {**row, "key": quote_plus(str(row["key"]), safe="/")}
        at = row["last_modified_date"]
        told["last_modified_date"] = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        writer.writerow(_text(value) for value in told.values())
    return gzip.compress(text.getvalue().encode())


def _text(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _parquet(rows: Sequence[Row]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink)
    return sink.getvalue()


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
