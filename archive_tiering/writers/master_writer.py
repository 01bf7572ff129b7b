"""Port of writing into locations, for moves only: it overwrites nothing and deletes nothing it does not know.

A copy is staged where nobody takes it for a master, verified there, and published; a source is deleted last,
and only while it is still the very object that was verified. Every call may be repeated after a crash.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from archive_tiering.stores.digest import Listed
from archive_tiering.stores.object_store import ObjectInfo

READ_BACK = "its bytes were read back (SHA-256)"
BY_STORE_SHA256 = "SHA-256 that S3 computed of the copy"
BY_STORE_ETAG = "entity tag of the copy (MD5) as computed from the source"
BY_CLASS = "the same object in its new class, by HEAD (size and entity tag)"


@dataclass(frozen=True, slots=True)
class Source:
    """The object that is copied, for stores that copy by themselves."""

    uri: str
    key: str
    size: int
    etag: str
    version: str


@dataclass(frozen=True, slots=True)
class Order:
    """One copy to make.

    Attributes:
        key: Where it goes, within the location.
        mark: Names the attempt: copies of two attempts never meet.
        move: Id of the move; what is set aside is named by it.
        sha256: Digest of the source, lower-case hex.
        expected_etag: Entity tag that S3 must give the copy; None where that cannot be known.
        expected_sha256: SHA-256 as S3 tells it; None where that cannot be known.
        copy_etag: Entity tag of the copy as it became the master; None until then.
    """

    key: str
    source: Source
    mark: str
    move: str
    storage_class: str
    mtime_ns: int
    sha256: str | None
    expected_etag: str | None = None
    expected_sha256: str | None = None
    copy_etag: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """How a copy was verified; the digest where its bytes were read."""

    how: str
    sha256: str | None = None


class MasterWriter(Protocol):
    """Writes into one location. Raises StorageError leaves; nothing else escapes."""

    reads_source: bool
    """Whether :meth:`stage` wants the source's bytes; stores that copy by themselves do not."""

    returns: bool
    """Whether a staged copy can be given up without a trace, as long as it is not published."""

    def part_size(self, size: int) -> int | None:
        """Bytes of the parts that a copy of ``size`` is made of; None for one piece."""

    def check(self, source: Source) -> None:
        """Raise ObjectUnreadable where the object must not be moved (a link, for one)."""

    def stage(self, order: Order, chunks: Iterable[bytes]) -> None:
        """Write the copy, durably.

        Raises:
            StateConflict: Something else lies where the copy would go; it is left as it is.
            NoSpace: There is no room; nothing is left behind.
        """

    def verify(self, order: Order) -> Proof:
        """Prove that the staged (or published) copy has the source's bytes.

        Raises:
            FixityMismatch: It has not, or nothing can prove it.
            NotYet: The store has not made it yet.
            ObjectMissing: There is no such copy.
        """

    def publish(self, order: Order) -> ObjectInfo:
        """Give the verified copy its name, and say how it lies there.

        Raises:
            StateConflict: Something else has the name.
            ObjectMissing: There is no such copy.
        """

    def settle(self, order: Order) -> None:
        """The copy is the master now: clear away what was kept for taking it back."""

    def discard(self, order: Order, demand_source: Callable[[], object]) -> None:
        """Take back a copy that did not become the master; nothing happens where there is none.

        Args:
            order: What was copied.
            demand_source: Called before what may be the only copy goes; raises where the source is not there.
        """

    def delete_verified(self, source: Listed, order: Order) -> None:
        """Delete what was moved away, if it still is what was verified; one that is gone is no error.

        Raises:
            ObjectChanged: Something else lies there now, or in the copy's place; it is left as it is.
        """

    def keep_manifest(self, move: str, files: dict[str, bytes]) -> None:
        """Lay a move's manifest beside the masters, where the location can hold it."""
