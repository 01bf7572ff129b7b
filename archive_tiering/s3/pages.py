"""Pages of an S3 listing, read without boto3's parser, which spends ten times as long on them.

boto3 still makes, signs, sends again and judges every request: only the body of a good reply to
``ListObjectsV2`` is taken out before boto3 parses it, through its public ``before-send`` event.
"""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, ParseError, fromstring

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session

from foundation.errors import StorageUnreachable

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

_OK = 200
_EMPTY = b"<ListBucketResult/>"


class Entry(NamedTuple):
    """One object as a page lists it; ``modified`` is ISO 8601 as the store wrote it.

    A named tuple: there are millions of them, and a frozen dataclass takes four times as long to make.
    """

    key: str
    size: int
    etag: str
    modified: str
    storage_class: str
    in_progress: bool
    expiry: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a listing, in key order.

    Attributes:
        prefixes: Keys up to a delimiter, where one was asked for.
        is_last: Nothing comes after it.
    """

    entries: list[Entry]
    prefixes: list[str]
    is_last: bool


class _Body(io.BytesIO):
    """What boto3 is given to parse in place of the page."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class PageReader:
    """Asks for pages. Safe to use from several threads.

    Args:
        client: Makes the requests.
        bucket: The bucket.
        page_size: Most keys of one page.
    """

    def __init__(self, client: "S3Client", bucket: str, *, page_size: int = 1000) -> None:
        self._client = client
        self._bucket = bucket
        self._page_size = page_size
        self._taken = threading.local()
        self._session = URLLib3Session(timeout=60, max_pool_connections=32)
        client.meta.events.register("before-send.s3.ListObjectsV2", self._take)  # type: ignore[arg-type]

    def page(self, prefix: str, after: str, *, delimiter: str = "") -> Page:
        """Return the keys with this prefix that come after one.

        Raises:
            ClientError, BotoCoreError: As boto3 has them.
            StorageUnreachable: The reply is no listing.
        """
        more: dict[str, Any] = {"StartAfter": after} if after else {}
        if delimiter:
            more["Delimiter"] = delimiter
        self._taken.body = b""
        self._client.list_objects_v2(
            Bucket=self._bucket,
            Prefix=prefix,
            MaxKeys=self._page_size,
            EncodingType="url",
            OptionalObjectAttributes=["RestoreStatus"],
            **more,
        )
        return parse_page(self._taken.body)

    def _take(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        reply: AWSResponse = self._session.send(request)
        if reply.status_code != _OK:
            return reply
        self._taken.body = reply.content
        headers = {**reply.headers, "content-length": str(len(_EMPTY))}
        return AWSResponse(reply.url, _OK, headers, _Body(_EMPTY))  # type: ignore[arg-type]


def parse_page(body: bytes) -> Page:
    """Read a ``ListBucketResult``, with or without a namespace.

    Entries spelled the way S3 spells them are read by a pattern, which takes a third of the time; if a single
    one is not, all are read by the XML parser. What surrounds them always is.

    Raises:
        StorageUnreachable: It is anything else.
    """
    start, end = body.find(_OPEN), body.rfind(_CLOSE) + len(_CLOSE)
    found = _spelled(body[start:end]) if 0 <= start < end else None
    root = _parsed(body if found is None else body[:start] + body[end:])
    space = root.tag[: root.tag.index("}") + 1] if root.tag.startswith("{") else ""
    if not root.tag.endswith("ListBucketResult"):
        raise StorageUnreachable(f"S3 answered something that is no listing: {root.tag}.")
    encoded = root.findtext(f"{space}EncodingType") == "url"
    if found is None:
        entries = [_entry(each, space, encoded=encoded) for each in root.iter(f"{space}Contents")]
    else:
        entries = [_entry_of(facts, encoded=encoded) for facts in found]
    prefixes = [
        _key(each.findtext(f"{space}Prefix") or "", encoded=encoded)
        for each in root.iter(f"{space}CommonPrefixes")
    ]
    return Page(entries, prefixes, root.findtext(f"{space}IsTruncated") != "true")


def _parsed(body: bytes) -> Element:
    try:
        # An entity that expands without end is refused by expat itself (2.4 and later).
        return fromstring(body)  # noqa: S314
    except ParseError as error:
        raise StorageUnreachable(f"S3 answered something that is no listing: {error}.") from error


_OPEN, _CLOSE = b"<Contents>", b"</Contents>"
_SPELLED = re.compile(
    r"(<Contents><Key>([^<&]+)</Key><LastModified>([^<&]+)</LastModified>"
    r"<ETag>(?:&quot;|&#34;|\")?([^<&\"]*)(?:&quot;|&#34;|\")?</ETag>"
    r"(?:<Checksum(?:Algorithm|Type)>[^<&]*</Checksum(?:Algorithm|Type)>)*"
    r"<Size>([0-9]+)</Size>(?:<StorageClass>([A-Z_]+)</StorageClass>)?"
    r"(?:<RestoreStatus><IsRestoreInProgress>(true|false)</IsRestoreInProgress>"
    r"(?:<RestoreExpiryDate>([^<&]+)</RestoreExpiryDate>)?</RestoreStatus>)?</Contents>)"
)


def _spelled(block: bytes) -> list[tuple[str, ...]] | None:
    """Facts of all entries of a block; None where anything is spelled in another way."""
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        return None
    found: list[tuple[str, ...]] = _SPELLED.findall(text)
    return found if sum([len(each[0]) for each in found]) == len(text) else None


def _entry_of(facts: tuple[str, ...], *, encoded: bool) -> Entry:
    _, key, modified, etag, size, storage_class, in_progress, until = facts
    if encoded and ("%" in key or "+" in key):
        key = unquote_plus(key, errors="surrogateescape")
    expiry = datetime.fromisoformat(until) if until else None
    return Entry(key, int(size), etag, modified, storage_class or "STANDARD", in_progress == "true", expiry)


def _entry(element: Element, space: str, *, encoded: bool) -> Entry:
    facts = {child.tag: child.text or "" for child in element}
    in_progress, expiry = False, None
    if f"{space}RestoreStatus" in facts:
        status = element.find(f"{space}RestoreStatus")
        in_progress, expiry = (False, None) if status is None else _restore(status, len(space))
    return Entry(
        _key(facts[f"{space}Key"], encoded=encoded),
        int(facts[f"{space}Size"]),
        facts[f"{space}ETag"].strip('"'),
        facts[f"{space}LastModified"],
        facts.get(f"{space}StorageClass") or "STANDARD",
        in_progress,
        expiry,
    )


def _restore(element: Element, skip: int) -> tuple[bool, datetime | None]:
    facts = {child.tag[skip:]: child.text or "" for child in element}
    until = facts.get("RestoreExpiryDate")
    return facts.get("IsRestoreInProgress") == "true", datetime.fromisoformat(until) if until else None


def _key(text: str, *, encoded: bool) -> str:
    return unquote_plus(text, errors="surrogateescape") if encoded and ("%" in text or "+" in text) else text
