"""What is known of the bytes being what they were: checks of objects, and findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from catalog.model.assets import StoredObject
from foundation.ids import AssetId, FindingId, InstanceId

DERIVED, CATALOG = "derived", "catalog"
"""Places beside the locations: the derived store, whose objects are assets' folders, and the catalog."""


class CheckOutcome(StrEnum):
    """How a check ended."""

    GOOD = "good"
    WRONG = "wrong"
    CHANGED = "changed"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNPROVEN = "unproven"


class CheckHow(StrEnum):
    """What a check rests on; only a full read proves bytes, the others say what the store says of them."""

    READ = "full read"
    FIRST_READ = "first read"
    STORE_CHECKSUM = "store checksum"
    STORE_METADATA = "store metadata"


@dataclass(frozen=True, slots=True)
class FixityItem:
    """One object whose turn it may be.

    Attributes:
        place: Id of its location, ``derived`` or ``catalog``.
        uri: The object's; of derived files the asset's id, of the catalog the file's name.
        turn: Items of a place are checked in the order of their turns; each check puts an item last.
        attempts: How often somebody began to check it.
        size: Bytes, as far as is known.
        listed: The object as it is catalogued; None for what lies in the home.
        digests: Taken by a first read, where the catalog has none: by path, with what they are of.
        read_at: When it was last found good by a full read.
    """

    row: int
    place: str
    uri: str
    turn: int
    attempts: int
    size: int
    asset_id: AssetId | None = None
    instance_id: InstanceId | None = None
    listed: StoredObject | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    outcome: CheckOutcome | None = None
    how: CheckHow | None = None
    note: str | None = None
    checked_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check came to; ``digests`` of None leaves those on record as they are."""

    outcome: CheckOutcome
    how: CheckHow | None
    size: int
    note: str | None = None
    digests: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FixityUse:
    """What was read of a place in a day (``2026-11-05``) or a month (``2026-11``).

    Attributes:
        weight: Share of the place that was looked at, in the weights of the schedule.
        micros: Reserved for billed reads, in millionths of the currency.
    """

    weight: int = 0
    objects: int = 0
    size: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True)
class FixityTotals:
    """How much there is in a place, and how far it is checked.

    Attributes:
        read: Objects that a full read found good since the moment asked for.
        told: Objects that only their store vouched for since then.
        oldest: Of the last good full reads, the longest ago; None where something was never read.
        outcomes: Objects by the outcome of their last check.
    """

    objects: int
    size: int
    read: int
    told: int
    never: int
    oldest: datetime | None
    outcomes: Mapping[str, int]


class FindingState(StrEnum):
    """Where a finding stands; :func:`catalog.lifecycle.check_finding` knows the ways."""

    FOUND = "found"
    CONFIRMED = "confirmed"
    REPAIRED = "repaired"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Finding:
    """Bytes that are not what they were.

    Attributes:
        key: What people call it: the object's key, the derived file's path, the tree of the database.
        wrong: What is wrong, in a sentence.
        expected: Digest on record; ``found`` is what the bytes gave.
        etag: Of the object that was read; another one now means another object.
        stage: The stage that makes a derived file again.
        confirmed_at: When a second read last gave the same.
        aside: Where the bad copy was put when it was replaced.
        note: How it ended, or what is in the way.
    """

    id: FindingId
    place: str
    uri: str
    key: str
    wrong: str
    state: FindingState
    found_at: datetime
    asset_id: AssetId | None = None
    instance_id: InstanceId | None = None
    expected: str | None = None
    found: str | None = None
    etag: str = ""
    version: str = ""
    size: int = 0
    stage: str | None = None
    confirmed_at: datetime | None = None
    updated_at: datetime | None = None
    aside: str | None = None
    note: str | None = None
