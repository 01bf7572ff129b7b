"""The pairs of places that moves are checked on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from catalog.model import LocationKind
from foundation.s3_settings import S3PlaceSettings, S3Settings
from foundation.settings import Settings, TieringSettings
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.fakes.clock import FakeClock
from tests.fakes.glacier_moto import Faults, GlacierServer, found_bucket, obey_lifecycle, raw_client

KINDS = ("folder to vault", "folder to deep archive", "s3 in place")
"""One pair of each kind, for what does not depend on the places."""

PAIRS = (
    "folder to vault",
    "folder to folder",
    "folder to s3",
    "folder to deep archive",
    "s3 to folder",
    "s3 to s3",
    "s3 to s3 elsewhere",
    "s3 in place",
    "s3 in place, versioned",
    "s3 to standard-ia in place",
    "s3 tagged",
)

LIFECYCLE = {
    "ID": "rekindle-deep",
    "Status": "Enabled",
    "Filter": {"Tag": {"Key": "rekindle-tier", "Value": "DEEP_ARCHIVE"}},
    "Transitions": [{"Days": 0, "StorageClass": "DEEP_ARCHIVE"}],
}
"""The bucket's own rule, as the guide gives it."""


def removal(
    pair: str, root: Path, server: GlacierServer | None, other: GlacierServer | None = None
) -> Removal:
    """An empty archive with a source and a target; ``server`` for those with S3, ``other`` for elsewhere."""
    source, _, target = pair.partition(" ")
    clock = FakeClock()
    settings = Settings(home=root / "home", tiering=TieringSettings())
    (root / "home").mkdir(parents=True)
    if server is not None:
        server.clock, server.faults = clock, Faults()
        server.calls.clear()
        there = {"target": S3PlaceSettings(endpoint_url=other.url, region="eu-west-1")} if other else {}
        endpoint = S3Settings(endpoint_url=server.url, region="us-east-1", locations=there)
        settings = settings.model_copy(update={"s3": endpoint})
    near = (
        _Bucket(server, versioned="versioned" in pair) if source == "s3" else _Folder(root / "near", "file")
    )
    far: _Bucket | _Folder
    if pair == "s3 tagged":
        tagging = TieringSettings(tag_locations=["source"])
        settings = settings.model_copy(update={"tiering": tagging})
    if "in place" in target or "tagged" in target:
        far = near
        to = "{class: STANDARD_IA}" if "standard-ia" in target else "{class: DEEP_ARCHIVE}"
    elif "s3" in target or "deep" in target:
        far = _Bucket(other or server, versioned=False)
        to = f"{{location: target, class: {'DEEP_ARCHIVE' if 'deep' in target else 'STANDARD_IA'}}}"
    else:
        far = _Folder(root / "far", "vault" if "vault" in target else "file")
        to = "{location: target}"
    made = Removal(root / "home", settings, clock, near.put, far.read, near.read, to)
    if pair == "s3 tagged" and isinstance(near, _Bucket):
        made.rule = near.with_rule(LIFECYCLE)
    made.locate(SOURCE, "source", near.uri, near.kind)
    if far is not near:
        made.locate(TARGET, "target", far.uri, far.kind)
    return made


class _Folder:
    def __init__(self, root: Path, scheme: str) -> None:
        root.mkdir()
        self._root = root
        self.uri = f"vault:{root}" if scheme == "vault" else str(root)
        self.kind = LocationKind.VAULT if scheme == "vault" else LocationKind.FOLDER

    def put(self, key: str, data: bytes) -> None:
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def read(self, key: str) -> bytes | None:
        path = self._root / key
        return path.read_bytes() if path.exists() else None


class _Bucket:
    kind = LocationKind.S3

    def __init__(self, server: GlacierServer | None, *, versioned: bool) -> None:
        assert server is not None
        self._client, self._name = raw_client(server.url), f"masters-{uuid4().hex[:12]}"
        self._server = server
        self._client.create_bucket(Bucket=self._name)
        if versioned:
            self._client.put_bucket_versioning(
                Bucket=self._name, VersioningConfiguration={"Status": "Enabled"}
            )
        self.uri = f"s3://{self._name}/films"

    def with_rule(self, rule: dict[str, Any]) -> Callable[[], None]:
        """Give the bucket a lifecycle rule; returns what obeys it."""
        self._client.put_bucket_lifecycle_configuration(
            Bucket=self._name, LifecycleConfiguration={"Rules": [rule]}
        )
        return partial(obey_lifecycle, self._name)

    def put(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._name, Key=f"films/{key}", Body=data, ContentType="video/mxf")

    def read(self, key: str) -> bytes | None:
        """The bytes as the server keeps them, asleep or not."""
        found = found_bucket(self._name)[1].keys.get(f"films/{key}")
        return None if found is None else bytes(found.value)
