"""The master brought near: digested in the one read that stages it, and watched until the last look at it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from archive_tiering.stores.digest import Staged, stage
from archive_tiering.stores.object_store import ObjectStore
from catalog.lifecycle import identity_of
from catalog.model import Instance, InstanceKind, ObjectRole, StoredObject
from foundation.errors import ObjectChanged
from foundation.ids import mint
from media.assemble import ClockOf, join_frames, join_parts
from media.tool import MediaLimits

_LONGEST_NAME = 100
_BESIDE = (ObjectRole.CAPTIONS, ObjectRole.SIDECAR)


@dataclass(frozen=True, slots=True)
class Master:
    """A master that can be read.

    Attributes:
        path: Where it can be read.
        sha256: Digest of its bytes; of its objects' digests in order where it has several.
        objects: The instance's objects, with the digests of those that were read.
    """

    path: Path
    sha256: str
    objects: tuple[StoredObject, ...]


def stage_master(
    store: ObjectStore, instance: Instance, scratch: Path, limits: MediaLimits, clock: ClockOf
) -> Master:
    """Bring the essence of an instance near; copies go into ``scratch``.

    Args:
        store: Where it lies.
        instance: The copy.
        scratch: Folder of this job.
        limits: What decoder children may use.
        clock: Tells the time of numbered pictures by the head of the first.

    Raises:
        ObjectChanged: It changed while it was read.
        StorageError: Any other leaf of the store.
        ToolFailed: Its files cannot be made into one.
    """
    objects = tuple(_staged(store, item, scratch) for item in instance.objects)
    digested = tuple(replace(i, sha256=s.sha256) if s is not None else i for i, s in objects)
    paths = [staged.path for _, staged in objects if staged is not None]
    path = paths[0] if len(paths) == 1 else _assembled(instance, paths, scratch, limits, clock)
    # Captions and sidecars may carry digests too, from their own restores; they are not the essence.
    return Master(path, _joined([staged.sha256 for _, staged in objects if staged is not None]), digested)


def _assembled(
    instance: Instance, paths: Sequence[Path], scratch: Path, limits: MediaLimits, clock: ClockOf
) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    target = scratch / f"{mint('mst')}.mov"
    if instance.kind is InstanceKind.SEQUENCE:
        join_frames(paths, target, limits, clock)
    else:
        join_parts(paths, target, limits)
    return target


def digest_of(objects: Iterable[StoredObject]) -> str | None:
    """Digest of an instance's essence, None while some of it was never read."""
    digests = [item.sha256 for item in objects if item.role not in _BESIDE]
    known = [digest for digest in digests if digest]
    return _joined(known) if len(known) == len(digests) else None


def _joined(digests: Sequence[str]) -> str:
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _staged(store: ObjectStore, item: StoredObject, scratch: Path) -> tuple[StoredObject, Staged | None]:
    if item.role in _BESIDE:
        return item, None
    folder = scratch / hashlib.sha256(item.key.encode()).hexdigest()[:16]
    return item, stage(store, item, folder, name=PurePosixPath(item.key).name[-_LONGEST_NAME:])


def refreshed(store: ObjectStore, instance: Instance) -> Instance:
    """The instance with its objects as they are now; what did not change keeps its digest.

    Raises:
        ObjectMissing: One of them is gone.
    """
    return replace(instance, objects=tuple(_refreshed(store, item) for item in instance.objects))


def _refreshed(store: ObjectStore, item: StoredObject) -> StoredObject:
    info = store.head(item.key, item.version)
    fresh = replace(
        item,
        size=info.size,
        etag=info.etag,
        mtime_ns=info.mtime_ns,
        storage_class=info.storage_class,
        restore=info.restore,
        archive_tier=info.archive_tier,
    )
    return fresh if fresh.identity == item.identity else replace(fresh, sha256=None)


def expect_unchanged(store: ObjectStore, instance: Instance) -> None:
    """Check that the master still is what was staged.

    Raises:
        ObjectChanged: Somebody wrote to it meanwhile.
    """
    if identity_of(refreshed(store, instance).objects) != identity_of(instance.objects):
        raise ObjectChanged(f"{instance.name!r} changed while it was being indexed.")
