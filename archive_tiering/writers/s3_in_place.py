"""Moves masters to another class of a bucket: by copying each onto itself, or by the bucket's own rule.

A copy onto itself replaces the object in one step. So that the bytes are there twice until the new one is
verified, the object is first copied aside (where the bucket keeps versions, its old version is that copy);
what was kept is deleted last.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from archive_tiering.s3.errors import translated
from archive_tiering.stores.digest import Listed
from archive_tiering.stores.object_store import ObjectInfo
from archive_tiering.writers.master_writer import BY_CLASS, Order, Proof, Source
from archive_tiering.writers.s3 import S3Bucket
from archive_tiering.writers.s3_copying import Copier, Copy, Limits, Place
from foundation.errors import FixityMismatch, NotYet, ObjectChanged, ObjectMissing

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

TAG = "rekindle-tier"
"""Tag whose value is the class that the bucket's lifecycle rule is to move an object to."""
ASIDE = ".rekindle/aside"


class S3InPlace:
    """Copies objects onto themselves in another class.

    Args:
        bucket: The location.
        limits: When a copy goes in parts.
    """

    reads_source = False
    returns = False

    def __init__(self, bucket: S3Bucket, limits: Limits | None = None) -> None:
        self._bucket = bucket
        self._limits = limits or Limits()
        self._copier = Copier(bucket.client, self._limits)

    def part_size(self, size: int) -> int | None:
        """See the port."""
        return self._limits.part_size(size)

    def check(self, source: Source) -> None:
        """See the port."""

    def stage(self, order: Order, chunks: Iterable[bytes]) -> None:
        """See the port: first a safety copy, then the change of class."""
        del chunks
        source, place = order.source, self._bucket.place(order.key)
        with translated(order.key):
            found = self._found(order)
            if _class(found) == order.storage_class:
                return
            if found["ETag"].strip('"') != source.etag:
                raise ObjectChanged(f"{order.key!r} changed since it was verified.")
            if not _version(found):
                self._keep_aside(order, place)
            self._copier.copy(Copy(place, source.etag, source.size, place, order.storage_class))

    def verify(self, order: Order) -> Proof:
        """See the port."""
        with translated(order.key):
            found = self._found(order)
            if _class(found) != order.storage_class:
                raise FixityMismatch(f"{order.key!r} is in {_class(found)}, not in {order.storage_class}.")
            return self._bucket.prove(order, found)

    def publish(self, order: Order) -> ObjectInfo:
        """See the port; it never lost its name."""
        return self._bucket.info(order.key)

    def settle(self, order: Order) -> None:
        """See the port; the safety copy is the source, and is deleted as such."""

    def discard(self, order: Order, demand_source: Callable[[], object]) -> None:
        """See the port: the safety copy goes where the object is as it was, and stays otherwise."""
        with translated(order.key):
            aside = self._bucket.head(self._aside(order))
            found = self._bucket.head(self._bucket.place(order.key))
            if aside is not None and found is not None and found["ETag"].strip('"') == order.source.etag:
                self._bucket.client.delete_object(**self._aside(order).as_source)

    def delete_verified(self, source: Listed, order: Order) -> None:
        """See the port: the old version, or the safety copy."""
        with translated(source.key):
            current = self._found(order)
            if _class(current) != order.storage_class:
                raise ObjectChanged(f"{source.key!r} is not in {order.storage_class}; its old copy stays.")
            if order.copy_etag not in (None, current["ETag"].strip('"')):
                raise ObjectChanged(f"{source.key!r} was replaced since it was moved; its old copy stays.")
            old = order.source.version
            if old and old != _version(current):
                self._bucket.client.delete_object(**self._bucket.place(source.key, old).as_source)
            if self._bucket.head(self._aside(order)) is not None:
                self._bucket.client.delete_object(**self._aside(order).as_source)

    def keep_manifest(self, move: str, files: dict[str, bytes]) -> None:
        """See the port; a bucket's manifests are kept in the home."""

    def _keep_aside(self, order: Order, place: Place) -> None:
        aside, source = self._aside(order), order.source
        found = self._bucket.head(aside)
        if found is None or found["ContentLength"] != source.size:
            self._copier.copy(Copy(place, source.etag, source.size, aside, "STANDARD"))
            found = self._bucket.head(aside)
        if found is None or found["ContentLength"] != source.size:
            raise FixityMismatch(f"The safety copy of {order.key!r} is not whole.")

    def _aside(self, order: Order) -> Place:
        return self._bucket.place(f"{ASIDE}/{order.move}/{order.key}")

    def _found(self, order: Order) -> "HeadObjectOutputTypeDef":
        found = self._bucket.head(self._bucket.place(order.key))
        if found is None:
            raise ObjectMissing(f"{order.key!r} is not in the bucket.")
        return found


class S3Tagger:
    """Tags objects, and waits until the bucket's own lifecycle rule has moved them.

    Args:
        bucket: The location.
    """

    reads_source = False
    returns = True

    def __init__(self, bucket: S3Bucket) -> None:
        self._bucket = bucket
        self._copier = Copier(bucket.client, Limits())

    def part_size(self, size: int) -> int | None:
        """See the port; nothing is copied."""
        del size
        return None

    def check(self, source: Source) -> None:
        """See the port."""

    def stage(self, order: Order, chunks: Iterable[bytes]) -> None:
        """See the port: the tag is set, other tags stay."""
        del chunks
        place = self._bucket.place(order.key)
        with translated(order.key):
            tags = self._copier.tags_of(place)
            if tags.get(TAG) != order.storage_class:
                self._put(place, tags | {TAG: order.storage_class})

    def verify(self, order: Order) -> Proof:
        """See the port: the same object, in its new class."""
        place = self._bucket.place(order.key)
        with translated(order.key):
            found = self._bucket.head(place)
        if found is None:
            raise ObjectMissing(f"{order.key!r} is not in the bucket.")
        if (found["ContentLength"], found["ETag"].strip('"')) != (order.source.size, order.source.etag):
            raise ObjectChanged(f"{order.key!r} changed since it was verified.")
        if _class(found) != order.storage_class:
            raise NotYet(f"The bucket has not moved {order.key!r} to {order.storage_class} yet.")
        return Proof(BY_CLASS)

    def publish(self, order: Order) -> ObjectInfo:
        """See the port."""
        return self._bucket.info(order.key)

    def settle(self, order: Order) -> None:
        """See the port."""

    def discard(self, order: Order, demand_source: Callable[[], object]) -> None:
        """See the port: the tag goes, so that the bucket does not move it after all."""
        place = self._bucket.place(order.key)
        with translated(order.key):
            if self._bucket.head(place) is None:
                return
            tags = self._copier.tags_of(place)
            if tags.pop(TAG, None) == order.storage_class:
                self._put(place, tags)

    def delete_verified(self, source: Listed, order: Order) -> None:
        """See the port; there never were two."""

    def keep_manifest(self, move: str, files: dict[str, bytes]) -> None:
        """See the port; a bucket's manifests are kept in the home."""

    def _put(self, place: Place, tags: dict[str, str]) -> None:
        wanted = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._bucket.client.put_object_tagging(
            Bucket=place.bucket,
            Key=place.key,
            Tagging={"TagSet": wanted},  # type: ignore[typeddict-item]
        )


def _class(found: "HeadObjectOutputTypeDef") -> str:
    return found.get("StorageClass", "STANDARD")


def _version(found: "HeadObjectOutputTypeDef") -> str:
    return found.get("VersionId", "").removeprefix("null")
