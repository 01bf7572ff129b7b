"""One check of one object, by the object store port; nothing is ever written or restored.

A read proves bytes. What may not be read (asleep, or not paid for) is looked at: its store's own checksum,
else that size and entity tag are as listed. Both are labelled as what they are.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from catalog.model import Checked, CheckHow, CheckOutcome, FixityItem, StoredObject
from foundation.errors import NeedsRestore, ObjectChanged, ObjectMissing, ObjectUnreadable

Beat = Callable[[int], None]
"""Told how many bytes were just read; may raise Interrupted."""

ASLEEP = "It sleeps; it is read when somebody has it restored."
UNPAID = "Reading it is billed, and more than the budget for fixity allows."
GONE_SINCE = "It is not the object that was catalogued; the next `rekindle index` looks at it."
NOT_THERE = "It is not there; the next `rekindle index` takes note of that."
_WHOLE = "whole"


@runtime_checkable
class TellsChecksums(Protocol):
    """A store that keeps checksums of its own."""

    def checksum(self, key: str, version: str = "") -> str | None:
        """SHA-256 of all bytes as the store computed it when they came (base64); None where it has none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one read gave, and of which object."""

    sha256: str
    size: int
    info: ObjectInfo


def read_whole(store: ObjectStore, item: StoredObject, beat: Beat) -> Reading:
    """Digest an object from its first to its last byte, as it is now.

    Raises:
        ObjectChanged: It is not what is catalogued, or did not stay so meanwhile.
        StorageError: Any other leaf the store raises.
    """
    before = _same(store, item)
    hasher, size = hashlib.sha256(), 0
    for chunk in store.read(item.key, 0, None, item.version):
        hasher.update(chunk)
        size += len(chunk)
        beat(len(chunk))
    _same(store, item)
    return Reading(hasher.hexdigest(), size, before)


def check_by_reading(
    store: ObjectStore, item: FixityItem, listed: StoredObject, beat: Beat
) -> tuple[Checked, Reading | None]:
    """Read an object and compare; the reading comes along where its bytes are not what they were.

    Raises:
        StorageUnreachable, Throttled, Interrupted: Nothing can be said now.
    """
    try:
        reading = read_whole(store, listed, beat)
    except NeedsRestore:
        return check_by_looking(store, listed, ASLEEP), None
    except (ObjectMissing, ObjectChanged, ObjectUnreadable) as error:
        return _not_read(error, listed), None
    expected, how = expected_of(item, listed), CheckHow.READ
    if expected is None:
        digests = {_WHOLE: reading.sha256, "etag": listed.etag}
        first = Checked(CheckOutcome.GOOD, CheckHow.FIRST_READ, reading.size, None, digests)
        return first, None
    if reading.sha256 == expected:
        return Checked(CheckOutcome.GOOD, how, reading.size), None
    return Checked(CheckOutcome.WRONG, how, reading.size, "Its bytes have another digest."), reading


def check_by_looking(store: ObjectStore, listed: StoredObject, why: str) -> Checked:
    """Take the store's word for an object that is not read; nothing is spent but a request.

    Raises:
        StorageUnreachable, Throttled: Nothing can be said now.
    """
    try:
        _same(store, listed)
        told = store.checksum(listed.key, listed.version) if isinstance(store, TellsChecksums) else None
    except (ObjectMissing, ObjectChanged, ObjectUnreadable) as error:
        return _not_read(error, listed)
    if told is None or listed.sha256 is None or "-" in told:
        return Checked(CheckOutcome.GOOD, CheckHow.STORE_METADATA, listed.size, why)
    if _hex(told) == listed.sha256:
        return Checked(CheckOutcome.GOOD, CheckHow.STORE_CHECKSUM, listed.size, why)
    wrong = "Its store's own checksum is not the digest on record."
    return Checked(CheckOutcome.UNPROVEN, CheckHow.STORE_CHECKSUM, listed.size, wrong)


def expected_of(item: FixityItem, listed: StoredObject) -> str | None:
    """Digest an object must have: the catalog's, else that of a first read of the very same object."""
    if listed.sha256 is not None:
        return listed.sha256
    same = item.digests.get("etag") == listed.etag
    return item.digests.get(_WHOLE) if same else None


def _same(store: ObjectStore, item: StoredObject) -> ObjectInfo:
    found = store.head(item.key, item.version)
    if (found.size, found.etag) != (item.size, item.etag):
        raise ObjectChanged(f"{item.key!r} is not the object that was catalogued.")
    return found


def _not_read(error: ObjectMissing | ObjectChanged | ObjectUnreadable, listed: StoredObject) -> Checked:
    match error:
        case ObjectMissing():
            return Checked(CheckOutcome.MISSING, None, listed.size, NOT_THERE)
        case ObjectChanged():
            return Checked(CheckOutcome.CHANGED, None, listed.size, GONE_SINCE)
    return Checked(CheckOutcome.UNREADABLE, None, listed.size, error.message)


def _hex(told: str) -> str | None:
    try:
        return base64.b64decode(told, validate=True).hex()
    except binascii.Error:
        return None
