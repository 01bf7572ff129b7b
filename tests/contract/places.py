"""Places for the contract suites: a store, and the hands that fill it and let time pass."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive_tiering.s3.inventory_store import InventoryStore
from archive_tiering.s3.store import S3Store, s3_client
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore, Unreadable
from archive_tiering.vault.store import CONFIG, FolderVault, load_terms
from foundation.s3_settings import S3Settings
from tests.fakes.clock import FakeClock
from tests.fakes.glacier_moto import Faults, GlacierServer, raw_client
from tests.fakes.inventory_report import report_files


@dataclass
class Place:
    """One store under test.

    ``wake`` makes time pass until a standard restore of the place is done.
    """

    store: ObjectStore
    put: Callable[[str, bytes], object]
    remove: Callable[[str], object]
    clock: FakeClock
    wake: Callable[[], object]
    cold: bool

    def listing(self) -> list[ObjectInfo]:
        found = list(self.store.list())
        assert not [item for item in found if isinstance(item, Unreadable)]
        return [item for item in found if isinstance(item, ObjectInfo)]

    def readable(self, key: str) -> None:
        """Wake the object where the place is cold."""
        if self.cold:
            self.store.request_restore(key, retrieval_tier="standard", days=1)
            self.wake()

    def bytes_of(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        return b"".join(self.store.read(key, start, end))


def put_file(root: Path) -> Callable[[str, bytes], None]:
    def put(key: str, data: bytes) -> None:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return put


def folder_place(root: Path) -> Place:
    root.mkdir()
    clock = FakeClock()
    return Place(
        store=LocalFolder(root),
        put=put_file(root),
        remove=lambda key: (root / key).unlink(),
        clock=clock,
        wake=lambda: None,
        cold=False,
    )


def vault_place(root: Path) -> Place:
    root.mkdir()
    terms = {"retrieval": {"expedited": 60, "standard": 3600, "bulk": 7200}}
    (root / CONFIG).write_text(json.dumps(terms))
    return vault_at(root)


def vault_at(root: Path) -> Place:
    """A vault that is there already, as another process finds it."""
    clock = FakeClock()
    store = FolderVault(root, root.with_name("ledger"), load_terms(root), clock)
    return Place(
        store=store,
        put=put_file(root),
        remove=lambda key: (root / key).unlink(),
        clock=clock,
        wake=lambda: clock.advance(hours=2),
        cold=True,
    )


def s3_place(
    server: GlacierServer, storage_class: str, *, versioned: bool = False, bucket: str = ""
) -> Place:
    """A fresh bucket; S3 tells objects apart to the second, so overwriting waits for nothing."""
    server.clock, server.faults = FakeClock(), Faults()
    server.calls.clear()
    client, bucket = raw_client(server.url), bucket or f"masters-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    if versioned:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def put(key: str, data: bytes) -> None:
        client.put_object(Bucket=bucket, Key=f"films/2024/{key}", Body=data, StorageClass=storage_class)

    return Place(
        store=S3Store(
            s3_client(S3Settings(endpoint_url=server.url, region="us-east-1")), bucket, "films/2024"
        ),
        put=put,
        remove=lambda key: client.delete_object(Bucket=bucket, Key=f"films/2024/{key}"),
        clock=server.clock,
        wake=lambda: server.clock.advance(hours=12),
        cold=storage_class in ("GLACIER", "DEEP_ARCHIVE"),
    )


def inventory_place(server: GlacierServer, scratch: Path) -> Place:
    """A fresh bucket of which an inventory report is written whenever something changes."""
    bucket = f"masters-{uuid4().hex[:12]}"
    live, client = s3_place(server, "GLACIER", bucket=bucket), raw_client(server.url)
    client.create_bucket(Bucket=f"{bucket}-reports")
    numbers = count(10)

    def report() -> None:
        found = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        rows = [_row(bucket, each) for each in reversed(found)]
        name = f"2026-01-02T03-{next(numbers)}Z"
        for key, data in report_files(name, "CSV", (rows[::2], rows[1::2]), bucket).items():
            client.put_object(Bucket=f"{bucket}-reports", Key=key, Body=data)

    def changed(key: str, *data: bytes) -> None:
        live.put(key, *data) if data else live.remove(key)
        report()

    report()
    ours = s3_client(S3Settings(endpoint_url=server.url, region="us-east-1"))
    reports, files = (S3Store(ours, f"{bucket}-reports", prefix) for prefix in ("inv", ""))
    store = InventoryStore(live.store, bucket, "films/2024/", reports, files, scratch)
    return replace(live, store=store, put=changed, remove=changed)


def _row(bucket: str, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "bucket": bucket, "key": found["Key"], "version_id": "", "is_latest": True, "is_delete_marker": False,
        "size": found["Size"], "last_modified_date": found["LastModified"],
        "e_tag": found["ETag"].strip('"'), "storage_class": found["StorageClass"],
    }  # fmt: skip


def real_s3_place(uri: str) -> Place:
    """A fresh folder below ``s3://bucket/prefix`` of a real store, with boto3's own credentials and region.

    Only the STANDARD class: a real restore takes hours and costs money.
    """
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    below = f"{prefix}/{uuid4().hex[:12]}".strip("/")
    client = s3_client(S3Settings())
    clock = FakeClock()
    return Place(
        store=S3Store(client, bucket, below),
        put=lambda key, data: client.put_object(Bucket=bucket, Key=f"{below}/{key}", Body=data),
        remove=lambda key: client.delete_object(Bucket=bucket, Key=f"{below}/{key}"),
        clock=clock,
        wake=lambda: None,
        cold=False,
    )
