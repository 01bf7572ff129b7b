"""S3 and its look-alikes through boto3.

Foreign errors are translated in :mod:`archive_tiering.s3.errors` and nowhere else. Keys are taken as they
are; objects that stand for folders (a key ending in ``/``) and hidden names are left out.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from archive_tiering.prices.storage_class import FACTS
from archive_tiering.s3.errors import CREDENTIALS, code_of, refusal_of, translated
from archive_tiering.s3.key_ranges import cuts, side_by_side
from archive_tiering.s3.pages import Entry, PageReader
from archive_tiering.s3.session import session_of
from archive_tiering.stores.names import is_hidden
from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from catalog.model import RestoreState
from foundation.errors import BadRange, ObjectMissing, StorageUnreachable, TierUnavailable
from foundation.s3_settings import S3Endpoint

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.literals import TierType
    from types_boto3_s3.type_defs import RestoreRequestTypeDef

CHUNK = 1 << 20
AHEAD = 8
"""How many ranges of a large listing are asked for at the same time."""

_MOST_RANGES = 64
_EXPIRY = re.compile(r'expiry-date="([^"]+)"')


class _Named(TypedDict, total=False):
    Bucket: str
    Key: str
    VersionId: str


class _Span(TypedDict, total=False):
    Range: str


def s3_client(endpoint: S3Endpoint) -> "S3Client":
    """Make a client of a store; credentials come from its profile or boto3's own chain.

    Raises:
        StorageUnreachable: boto3 cannot be set up: there is no such profile, or no such address.
    """
    style = endpoint.addressing_style or ("path" if endpoint.endpoint_url else None)
    config = Config(
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=10,
        read_timeout=60,
        # Look-alikes know neither the newer checksums nor virtual host names.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": style} if style else {},
    )
    try:
        return session_of(endpoint.profile).client(
            "s3", endpoint_url=endpoint.endpoint_url, region_name=endpoint.region, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise StorageUnreachable(f"S3 cannot be used: {error}.", remedy=CREDENTIALS) from error


def restore_of(header: str | None) -> tuple[RestoreState, datetime | None]:
    """Read the ``x-amz-restore`` header of an object in a class that sleeps.

    ``ongoing-request="false"`` without an expiry date means asleep: so IBM says "never restored, or expired".
    """
    if not header:
        return RestoreState.NEEDED, None
    if 'ongoing-request="true"' in header:
        return RestoreState.IN_PROGRESS, None
    found = _EXPIRY.search(header)
    if found is None:
        return RestoreState.NEEDED, None
    return RestoreState.RESTORED, parsedate_to_datetime(found[1])


class S3Store:
    """Objects below a prefix of a bucket.

    Args:
        client: From :func:`s3_client`.
        bucket: The bucket.
        prefix: What keys begin with, without slashes at either end; empty for the whole bucket.
    """

    def __init__(self, client: "S3Client", bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._base = f"s3://{bucket}/{self._prefix}"
        self._reader = PageReader(client, bucket)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        """See the port; raises StorageUnreachable where there is no such bucket."""
        skip, folder, is_hidden_folder = len(self._prefix), "", False
        with translated(f"s3://{self._bucket}/{self._prefix}"):
            for found in self._pages(self._prefix + prefix):
                for entry in found:
                    key = entry.key[skip:]
                    parent, _, name = key.rpartition("/")
                    if parent != folder:
                        # Neighbours lie in one folder mostly, whose name need not be judged for each.
                        folder, is_hidden_folder = parent, any(map(is_hidden, parent.split("/")))
                    if name and not is_hidden_folder and not is_hidden(name):
                        yield self._from_listing(key, entry)

    def _pages(self, prefix: str) -> Iterator[Sequence[Entry]]:
        """The listing page by page; a large one is read in ranges side by side."""
        page_after = partial(self._reader.page, prefix)
        first = page_after("")
        yield first.entries
        if first.is_last or not first.entries:
            return
        last = first.entries[-1].key
        folders = self._reader.page(prefix, last, delimiter="/").prefixes
        every = max(1, len(folders) // _MOST_RANGES)
        yield from side_by_side(page_after, cuts(folders[::every], last), AHEAD)

    def head(self, key: str, version: str = "") -> ObjectInfo:
        """See the port."""
        with translated(key):
            found = self._client.head_object(**self._named(key, version))
        storage_class = found.get("StorageClass", "STANDARD")
        state, expiry = RestoreState.NONE, None
        if _sleeps(storage_class) or found.get("ArchiveStatus"):
            state, expiry = restore_of(found.get("Restore"))
        return ObjectInfo(
            key=key,
            uri=self._uri(key),
            size=found["ContentLength"],
            etag=found["ETag"].strip('"'),
            mtime_ns=_nanoseconds(found["LastModified"]),
            version=found.get("VersionId", "").removeprefix("null"),
            storage_class=storage_class,
            restore=state,
            restore_expiry=expiry,
            archive_tier=found.get("ArchiveStatus"),
        )

    def checksum(self, key: str, version: str = "") -> str | None:
        """SHA-256 (base64) that S3 computed of all bytes when they came; None where it keeps none.

        Objects of several parts have one of their parts' digests, which says nothing of the whole here.
        """
        with translated(key):
            found = self._client.head_object(**self._named(key, version), ChecksumMode="ENABLED")
        is_of_parts = found.get("ChecksumType") == "COMPOSITE"
        return None if is_of_parts else found.get("ChecksumSHA256")

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> Iterator[bytes]:
        """See the port."""
        if end is not None and end <= start:
            return
        span = _Span() if start == 0 and end is None else _Span(Range=_range(start, end))
        with translated(key):
            try:
                body = self._client.get_object(**self._named(key, version), **span)["Body"]
            except ClientError as error:
                if code_of(error) == "InvalidRange":
                    return
                raise
            yield from body.iter_chunks(CHUNK)

    def local_path(self, key: str) -> Path | None:
        """None: objects are copied from S3."""
        return None

    def request_restore(self, key: str, *, retrieval_tier: str, days: int | None, version: str = "") -> None:
        """See the port. 200 (already there), 202 and 409 (under way) are all success."""
        if days is not None and days < 1:
            raise BadRange("A copy is kept for one day at least.", remedy="Give a number of days from 1 up.")
        wish: RestoreRequestTypeDef = {"GlacierJobParameters": {"Tier": _tier(retrieval_tier)}}
        if days is not None:
            wish["Days"] = days
        with translated(key):
            try:
                self._client.restore_object(**self._named(key, version), RestoreRequest=wish)
            except ClientError as error:
                if code_of(error) != "RestoreAlreadyInProgress":
                    raise refusal_of(error, key, retrieval_tier) from error

    def _named(self, key: str, version: str) -> _Named:
        if not key:
            raise ObjectMissing("An object without a name is never there.")
        named = _Named(Bucket=self._bucket, Key=self._prefix + key)
        if version:
            named["VersionId"] = version
        return named

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{key}"

    def _from_listing(self, key: str, entry: Entry) -> ObjectInfo:
        state, expiry = RestoreState.NONE, None
        if _sleeps(entry.storage_class):
            expiry = entry.expiry
            state = RestoreState.RESTORED if expiry else RestoreState.NEEDED
            if entry.in_progress:
                state, expiry = RestoreState.IN_PROGRESS, None
        return ObjectInfo(
            key=key,
            uri=f"{self._base}{key}",
            size=entry.size,
            etag=entry.etag,
            mtime_ns=_nanoseconds(datetime.fromisoformat(entry.modified)),
            version="",
            storage_class=entry.storage_class,
            restore=state,
            restore_expiry=expiry,
        )


def _sleeps(storage_class: str) -> bool:
    return storage_class in FACTS and FACTS[storage_class].is_cold


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000


def _range(start: int, end: int | None) -> str:
    return f"bytes={start}-" if end is None else f"bytes={start}-{end - 1}"


def _tier(retrieval_tier: str) -> "TierType":
    match retrieval_tier:
        case "expedited":
            return "Expedited"
        case "standard":
            return "Standard"
        case "bulk":
            return "Bulk"
    raise TierUnavailable(f"S3 has no retrieval tier {retrieval_tier!r} (expedited, standard, bulk).")
