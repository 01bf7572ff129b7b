"""Writes masters into buckets: from elsewhere, from another bucket, into another class of the same bucket.

An upload becomes visible as a whole, under its own name; whose it is says its metadata. It never replaces
anything: S3 is asked to refuse that, and is looked at before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from archive_tiering.prices.moving import PART
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.s3.errors import code_of, translated
from archive_tiering.stores.digest import Listed, digest
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from archive_tiering.writers.master_writer import (
    BY_STORE_ETAG,
    BY_STORE_SHA256,
    READ_BACK,
    Order,
    Proof,
    Source,
)
from archive_tiering.writers.part_digests import Digester
from archive_tiering.writers.s3_copying import Copier, Copy, Limits, Place
from catalog.model import RestoreState
from foundation.errors import FixityMismatch, ObjectChanged, ObjectMissing, StateConflict

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.literals import StorageClassType
    from types_boto3_s3.type_defs import CompletedPartTypeDef, HeadObjectOutputTypeDef

MARK = "rekindle-move"
"""Metadata that says which move wrote an object."""
UPLOADS = Limits(whole=PART, part=PART)
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion"})
_THERE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class S3Bucket:
    """What all writers of one location share: names, HEAD, and proof.

    Args:
        client: From :func:`archive_tiering.s3.store.s3_client`.
        bucket: The bucket.
        prefix: What keys begin with, without slashes at either end.
        store: How the location lists its objects.
        egress: What is read leaves the provider's network, and is billed.
    """

    def __init__(
        self, client: "S3Client", bucket: str, prefix: str, store: ObjectStore, *, egress: bool
    ) -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self.store = store
        self.egress = egress

    def place(self, key: str, version: str = "") -> Place:
        """An object of the location."""
        return Place(self.bucket, self.prefix + key, version)

    def head(self, place: Place) -> "HeadObjectOutputTypeDef | None":
        """Facts with checksums; None where there is no such object."""
        try:
            return self.client.head_object(**place.as_source, ChecksumMode="ENABLED")
        except ClientError as error:
            if code_of(error) in _MISSING:
                return None
            raise

    def info(self, key: str) -> ObjectInfo:
        """The object as the location lists it: without the version, which a listing does not tell."""
        found = self.store.head(key)
        return ObjectInfo(
            key=found.key,
            uri=found.uri,
            size=found.size,
            etag=found.etag,
            mtime_ns=found.mtime_ns,
            version="",
            storage_class=found.storage_class,
            restore=found.restore,
            restore_expiry=found.restore_expiry,
        )

    def prove(self, order: Order, found: "HeadObjectOutputTypeDef") -> Proof:
        """Compare what S3 tells of a copy, or its bytes, with the source's; raises FixityMismatch."""
        if found["ContentLength"] != order.source.size:
            raise FixityMismatch(f"The copy of {order.key!r} has {found['ContentLength']} bytes.")
        if order.sha256 is not None and self._is_free_to_read(order.key):
            return self._read_back(order)
        told, etag = found.get("ChecksumSHA256"), found["ETag"].strip('"')
        if told is not None and order.expected_sha256 is not None:
            return _same(order, told, order.expected_sha256, BY_STORE_SHA256)
        if order.expected_etag is not None:
            return _same(order, etag, order.expected_etag, BY_STORE_ETAG)
        raise FixityMismatch(
            f"Nothing proves the copy of {order.key!r}: it cannot be read, and the store tells no checksum."
        )

    def delete(self, source: Listed, version: str) -> None:
        """Delete an object if it still is what was verified, and nothing else."""
        place = self.place(source.key)
        found = self.head(self.place(source.key, version))
        if found is None:
            return
        if (found["ContentLength"], found["ETag"].strip('"')) != (source.size, source.etag):
            raise ObjectChanged(f"{source.key!r} changed while it was being moved; it was left alone.")
        current = version or found.get("VersionId", "").removeprefix("null")
        if current:
            self.client.delete_object(Bucket=place.bucket, Key=place.key, VersionId=current)
        else:
            self.client.delete_object(Bucket=place.bucket, Key=place.key)

    def _is_free_to_read(self, key: str) -> bool:
        info = self.store.head(key)
        billed = facts_or_plain(info.storage_class).billed_read or self.egress
        return info.restore is RestoreState.NONE and not billed

    def _read_back(self, order: Order) -> Proof:
        found, _ = digest(self.store.read(order.key))
        if found != order.sha256:
            raise FixityMismatch(f"The copy of {order.key!r} digests to {found}, not to {order.sha256}.")
        return Proof(READ_BACK, found)


class S3Writer:
    """Uploads masters that come from elsewhere; copies those that come from another bucket of the same store.

    Args:
        bucket: The location.
        copies: The sources lie in the same store, which copies them by itself.
        limits: When an object goes in parts.
    """

    returns = True

    def __init__(self, bucket: S3Bucket, *, copies: bool, limits: Limits = UPLOADS) -> None:
        self._bucket = bucket
        self._limits = limits
        self._copier = Copier(bucket.client, limits)
        self.reads_source = not copies

    def part_size(self, size: int) -> int | None:
        """See the port."""
        return self._limits.part_size(size)

    def check(self, source: Source) -> None:
        """See the port; every object of a bucket is one of its own."""

    def stage(self, order: Order, chunks: Iterable[bytes]) -> None:
        """See the port."""
        with translated(order.key):
            if self._is_there(order):
                return
            if self.reads_source:
                self._upload(order, chunks)
            else:
                self._copy(order)

    def verify(self, order: Order) -> Proof:
        """See the port."""
        with translated(order.key):
            return self._bucket.prove(order, self._mine(order))

    def publish(self, order: Order) -> ObjectInfo:
        """See the port; it has its name already."""
        with translated(order.key):
            self._mine(order)
        return self._bucket.info(order.key)

    def settle(self, order: Order) -> None:
        """See the port; nothing was kept."""

    def discard(self, order: Order, demand_source: Callable[[], object]) -> None:
        """See the port."""
        place = self._bucket.place(order.key)
        with translated(order.key):
            self._copier.abort_parts(place)
            found = self._bucket.head(place)
            if found is not None and _is_marked(found, order):
                demand_source()
                version = found.get("VersionId", "").removeprefix("null")
                named = Place(place.bucket, place.key, version)
                self._bucket.client.delete_object(**named.as_source)

    def delete_verified(self, source: Listed, order: Order) -> None:
        """See the port."""
        with translated(source.key):
            self._bucket.delete(source, source.version)

    def keep_manifest(self, move: str, files: dict[str, bytes]) -> None:
        """See the port; a bucket's manifests are kept in the home."""

    def _is_there(self, order: Order) -> bool:
        found = self._bucket.head(self._bucket.place(order.key))
        if found is None:
            return False
        if not _is_marked(found, order):
            raise StateConflict(f"Something lies at {order.key!r} already; it was left as it is.")
        return True

    def _mine(self, order: Order) -> "HeadObjectOutputTypeDef":
        found = self._bucket.head(self._bucket.place(order.key))
        if found is None:
            raise ObjectMissing(f"The copy of {order.key!r} is gone.")
        is_copy = order.copy_etag in (None, found["ETag"].strip('"'))
        if not is_copy or not _is_marked(found, order):
            raise StateConflict(f"Something else lies at {order.key!r}.")
        return found

    def _upload(self, order: Order, chunks: Iterable[bytes]) -> None:
        place = self._bucket.place(order.key)
        part_size = self.part_size(order.source.size)
        try:
            if part_size is None:
                self._put(order, place, b"".join(chunks))
            else:
                self._put_parts(order, place, _parts(chunks, part_size))
        except ClientError as error:
            # A reply that was lost makes S3 refuse the second try of what it has done already.
            if code_of(error) not in _THERE or not self._is_there(order):
                raise

    def _put(self, order: Order, place: Place, data: bytes) -> None:
        digester = Digester(None)
        digester.update(data)
        self._bucket.client.put_object(
            Bucket=place.bucket,
            Key=place.key,
            Body=data,
            StorageClass=cast("StorageClassType", order.storage_class),
            Metadata=_marked(order),
            ChecksumSHA256=digester.result().s3_sha256,
            IfNoneMatch="*",
        )

    def _put_parts(self, order: Order, place: Place, parts: Iterator[bytes]) -> None:
        client = self._bucket.client
        self._copier.abort_parts(place)
        upload = client.create_multipart_upload(
            Bucket=place.bucket,
            Key=place.key,
            StorageClass=cast("StorageClassType", order.storage_class),
            Metadata=_marked(order),
            ChecksumAlgorithm="SHA256",
        )["UploadId"]
        done: list[CompletedPartTypeDef] = []
        for number, data in enumerate(parts, 1):
            digester = Digester(None)
            digester.update(data)
            sha256 = digester.result().s3_sha256
            sent = client.upload_part(
                Bucket=place.bucket, Key=place.key, UploadId=upload, PartNumber=number, Body=data,
                ChecksumSHA256=sha256,
            )  # fmt: skip
            done.append({"ETag": sent["ETag"], "PartNumber": number, "ChecksumSHA256": sha256})
        client.complete_multipart_upload(
            Bucket=place.bucket,
            Key=place.key,
            UploadId=upload,
            MultipartUpload={"Parts": done},
            IfNoneMatch="*",
        )

    def _copy(self, order: Order) -> None:
        source = order.source
        bucket, _, key = source.uri.removeprefix("s3://").partition("/")
        place = self._bucket.place(order.key)
        origin = Place(bucket, key, source.version)
        wanted = Copy(origin, source.etag, source.size, place, order.storage_class, _marked(order))
        self._copier.copy(wanted)


def _parts(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Bytes in pieces of one size; the last may be shorter."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)


def _marked(order: Order) -> Mapping[str, str]:
    return {MARK: order.move}


def _is_marked(found: "HeadObjectOutputTypeDef", order: Order) -> bool:
    return found.get("Metadata", {}).get(MARK) == order.move


def _same(order: Order, found: str, expected: str, how: str) -> Proof:
    if found != expected:
        raise FixityMismatch(f"S3 tells {found} of the copy of {order.key!r}; {expected} was expected.")
    return Proof(how)
