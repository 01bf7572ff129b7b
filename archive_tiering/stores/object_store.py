"""Port of the places where masters live; it has no call that writes into one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from catalog.model import RestoreState


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as its store lists it.

    Attributes:
        key: Path within the location, ``/`` between parts.
        uri: Full address.
        etag: The store's entity tag; for folders, inode and mtime.
        version: Version id where the store keeps versions, else empty.
        storage_class: See :mod:`archive_tiering.prices.storage_class`.
        restore: Whether it can be read now.
        restore_expiry: When a restored copy goes away.
        archive_tier: Archive tier of Intelligent-Tiering in which it sleeps, where the store tells.
    """

    key: str
    uri: str
    size: int
    etag: str
    mtime_ns: int
    version: str
    storage_class: str
    restore: RestoreState
    restore_expiry: datetime | None = None
    archive_tier: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something in a listing that is not a readable regular object, and why."""

    key: str
    uri: str
    code: str
    reason: str


class ObjectStore(Protocol):
    """Objects of one location. Raises StorageError leaves; nothing else escapes."""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        """Everything whose key begins with ``prefix``, in key order, symlinks to folders not followed."""

    def head(self, key: str, version: str = "") -> ObjectInfo:
        """Current facts; raises ObjectMissing."""

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> Iterator[bytes]:
        """Bytes [start, end) in chunks; raises NeedsRestore while the object sleeps."""

    def local_path(self, key: str) -> Path | None:
        """Path at which this machine may read the object in place, None where it must be copied first.

        Raises:
            ObjectMissing, ObjectUnreadable: There is nothing to read at that key.
        """

    def request_restore(self, key: str, *, retrieval_tier: str, days: int | None, version: str = "") -> None:
        """Ask for a readable copy; asking again while one comes or is there is no error.

        ``days`` is None for classes whose objects move back for good
        (:attr:`~archive_tiering.prices.storage_class.StorageClassFacts.moves_back`).

        Raises:
            TierUnavailable: The class does not offer the tier.
        """
