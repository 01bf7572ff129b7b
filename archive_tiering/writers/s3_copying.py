"""Copies within S3: one request up to 5 GB, parts above; metadata and tags go along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from archive_tiering.s3.errors import code_of

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.literals import StorageClassType
    from types_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

LARGEST_COPY = 5 << 30
"""Bytes that one CopyObject takes; larger ones go in parts (S3 API reference, CopyObject)."""
COPY_PART = 512 << 20
_MOST_PARTS = 10_000
_MIB = 1 << 20
_HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType")


@dataclass(frozen=True, slots=True)
class Place:
    """One object of a bucket; the version is empty for the current one."""

    bucket: str
    key: str
    version: str = ""

    @property
    def as_source(self) -> "CopySourceTypeDef":
        """As CopyObject wants it."""
        source: CopySourceTypeDef = {"Bucket": self.bucket, "Key": self.key}
        if self.version:
            source["VersionId"] = self.version
        return source


@dataclass(frozen=True, slots=True)
class Limits:
    """Above ``whole`` bytes a copy goes in parts of ``part`` bytes or more."""

    whole: int = LARGEST_COPY
    part: int = COPY_PART

    def part_size(self, size: int) -> int | None:
        """Bytes of each part but the last; None for one piece."""
        if size <= self.whole:
            return None
        least = -(-size // _MOST_PARTS)
        return max(self.part, -(-least // _MIB) * _MIB)


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy to make of an object that must still have this entity tag.

    Attributes:
        metadata: Added to the object's own; without any, S3 carries its own over.
    """

    source: Place
    etag: str
    size: int
    target: Place
    storage_class: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class Copier:
    """Copies objects without their bytes passing through here.

    Args:
        client: From :func:`archive_tiering.s3.store.s3_client`.
        limits: When a copy goes in parts.
    """

    def __init__(self, client: "S3Client", limits: Limits) -> None:
        self._client = client
        self._limits = limits

    def copy(self, copy: Copy) -> None:
        """Make a copy; raises ClientError."""
        part_size = self._limits.part_size(copy.size)
        if part_size is not None:
            self._in_parts(copy, part_size)
            return
        changed: dict[str, Any] = {}
        if copy.metadata:
            changed = {"MetadataDirective": "REPLACE", **self._facts(copy)}
        self._client.copy_object(
            Bucket=copy.target.bucket,
            Key=copy.target.key,
            CopySource=copy.source.as_source,
            CopySourceIfMatch=copy.etag,
            StorageClass=cast("StorageClassType", copy.storage_class),
            ChecksumAlgorithm="SHA256",
            **changed,
        )

    def _in_parts(self, copy: Copy, part_size: int) -> None:
        target = copy.target
        self.abort_parts(target)
        upload = self._begin(copy)
        parts: list[CompletedPartTypeDef] = []
        for number, start in enumerate(range(0, copy.size, part_size), 1):
            end = min(start + part_size, copy.size) - 1
            copied = self._client.upload_part_copy(
                Bucket=target.bucket,
                Key=target.key,
                UploadId=upload,
                PartNumber=number,
                CopySource=copy.source.as_source,
                CopySourceIfMatch=copy.etag,
                CopySourceRange=f"bytes={start}-{end}",
            )["CopyPartResult"]
            part: CompletedPartTypeDef = {"ETag": copied["ETag"], "PartNumber": number}
            if "ChecksumSHA256" in copied:
                part["ChecksumSHA256"] = copied["ChecksumSHA256"]
            parts.append(part)
        self._client.complete_multipart_upload(
            Bucket=target.bucket, Key=target.key, UploadId=upload, MultipartUpload={"Parts": parts}
        )

    def _begin(self, copy: Copy) -> str:
        facts = self._facts(copy)
        tags = self.tags_of(copy.source)
        if tags:
            facts["Tagging"] = urlencode(tags)
        begun = self._client.create_multipart_upload(
            Bucket=copy.target.bucket,
            Key=copy.target.key,
            StorageClass=cast("StorageClassType", copy.storage_class),
            ChecksumAlgorithm="SHA256",
            **facts,
        )
        return str(begun["UploadId"])

    def _facts(self, copy: Copy) -> dict[str, Any]:
        """Metadata and headers of the source, which S3 carries over only where nothing is changed."""
        head: Mapping[str, Any] = self._client.head_object(**copy.source.as_source)
        known = {name: head[name] for name in _HEADERS if name in head}
        return known | {"Metadata": {**head.get("Metadata", {}), **copy.metadata}}

    def abort_parts(self, target: Place) -> None:
        """Give up uploads of this very key that were never completed: they are billed until then."""
        found = self._client.list_multipart_uploads(Bucket=target.bucket, Prefix=target.key)
        for upload in found.get("Uploads", ()):
            if upload["Key"] == target.key:
                self._client.abort_multipart_upload(
                    Bucket=target.bucket, Key=target.key, UploadId=upload["UploadId"]
                )

    def tags_of(self, place: Place) -> dict[str, str]:
        """Tags of an object; none where the store keeps none."""
        try:
            found = self._client.get_object_tagging(**place.as_source)
        except ClientError as error:
            if code_of(error) in {"NotImplemented", "MethodNotAllowed", "NoSuchTagSet"}:
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}
