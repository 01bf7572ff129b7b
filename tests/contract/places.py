"""Places for the contract suites: a store, and the hands that fill it and let time pass."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from archive_tiering.s3.store import S3Store, s3_client
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore, Unreadable
from archive_tiering.vault.store import CONFIG, FolderVault, load_terms
from foundation.settings import S3Settings
from tests.fakes.clock import FakeClock
from tests.fakes.glacier_moto import Faults, GlacierServer, raw_client


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


def s3_place(server: GlacierServer, storage_class: str, *, versioned: bool = False) -> Place:
    """A fresh bucket; S3 tells objects apart to the second, so overwriting waits for nothing."""
    server.clock, server.faults = FakeClock(), Faults()
    server.calls.clear()
    client, bucket = raw_client(server.url), f"masters-{uuid4().hex[:12]}"
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
