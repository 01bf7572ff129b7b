"""What moto gets wrong about SHA-256 of objects that were put together from parts, put right.

Parts that are copied tell theirs, completing an upload needs all of them, and HEAD tells how many there were
(S3 user guide, "Checking object integrity"; API reference, UploadPartCopy and CompleteMultipartUpload).
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.models import FakeMultipart
from moto.s3.responses import S3Response

_ALGORITHM, _TOLD = "x-amz-checksum-algorithm", "x-amz-checksum-sha256"
_SHORT = "<Error><Code>InvalidRequest</Code><Message>Include the checksum of each part.</Message></Error>"


@contextmanager
def checksums_of_parts() -> Iterator[None]:
    """Correct moto until the end of the block."""
    kept = (S3Response.serialized, S3Response._key_response_post, S3Response.head_object)
    serialized, post, head = kept

    def telling(self: S3Response, result: ActionResult) -> Any:
        if isinstance(result.result, dict) and "CopyPartResult" in result.result:
            _tell_part(self, result.result["CopyPartResult"])
        return serialized(self, result)

    def demanding(
        self: S3Response, request: Any, body: bytes, bucket: str, query: dict[str, Any], name: str
    ) -> Any:
        upload = _upload(self, bucket, query.get("uploadId", [""])[0])
        if upload is not None and body.count(b"<ChecksumSHA256>") < body.count(b"<Part>"):
            return 400, {"content-type": "application/xml"}, _SHORT
        return post(self, request, body, bucket, query, name)

    def counting(
        self: S3Response, bucket: str, query: dict[str, Any], name: str, headers: dict[str, Any]
    ) -> Any:
        status, told, body = head(self, bucket, query, name, headers)
        if status == 200 and _TOLD in told:
            key = self.backend.get_object(bucket, name, version_id=query.get("versionId", [None])[0])
            told[_TOLD] += f"-{key.checksum_parts}" if key.checksum_type == "COMPOSITE" else ""
        return status, told, body

    S3Response.serialized, S3Response._key_response_post, S3Response.head_object = (
        telling,
        demanding,
        counting,
    )
    try:
        yield
    finally:
        S3Response.serialized, S3Response._key_response_post, S3Response.head_object = kept


def _tell_part(response: S3Response, told: dict[str, Any]) -> None:
    upload = _upload(response, response.bucket_name, response._get_param("uploadId"))
    if upload is not None:
        part = upload.parts[response._get_int_param("partNumber")].value
        told["ChecksumSHA256"] = base64.b64encode(hashlib.sha256(part).digest()).decode()


def _upload(response: S3Response, bucket: str, upload: str) -> FakeMultipart | None:
    """An open upload with SHA-256."""
    found = response.backend.get_bucket(bucket).multiparts.get(upload)
    return found if found is not None and found.metadata.get(_ALGORITHM) == "SHA256" else None
