"""Works and their copies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from foundation.ids import (
    DEFAULT_COLLECTION,
    AssetId,
    CollectionId,
    InstanceId,
    LocationId,
)
from foundation.timecode import PtsTable


class AssetKind(StrEnum):
    """What the essence is."""

    VIDEO = "video"
    STILL = "still"
    SOUND = "sound"


class AssetState(StrEnum):
    """Lifecycle of what we know; see :mod:`catalog.lifecycle`."""

    PRESENT = "present"
    UNAVAILABLE = "unavailable"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class LocationKind(StrEnum):
    """What a location's root is."""

    FOLDER = "folder"
    VAULT = "vault"
    S3 = "s3"


class RestoreState(StrEnum):
    """Whether a master can be read now."""

    NONE = "none"
    NEEDED = "needed"
    IN_PROGRESS = "in progress"
    RESTORED = "restored"

    @property
    def is_asleep(self) -> bool:
        """Say whether reading it now would need a restore, or one to end first."""
        return self in ASLEEP


ASLEEP = (RestoreState.NEEDED, RestoreState.IN_PROGRESS)
"""States in which an object cannot be read."""


class ObjectRole(StrEnum):
    """What an object is within its instance."""

    ESSENCE = "essence"
    CAPTIONS = "captions"
    SIDECAR = "sidecar"
    CARD_PART = "card part"
    FRAME = "frame"


class InstanceKind(StrEnum):
    """How an instance is laid out."""

    FILE = "file"
    SEQUENCE = "sequence"
    CARD = "card"


class CueKind(StrEnum):
    """Where the words of a cue come from."""

    CAPTION = "caption"
    SDH = "sdh"
    FORCED = "forced"
    TRANSLATION = "translation"
    RECOGNISED = "recognised"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Location:
    """A root that holds masters."""

    id: LocationId
    name: str
    uri: str
    kind: LocationKind
    collection: CollectionId = DEFAULT_COLLECTION
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of an instance, as its location listed it.

    Attributes:
        archive_tier: Archive tier of Intelligent-Tiering in which it sleeps, as S3 names it
            (``ARCHIVE_ACCESS``, ``DEEP_ARCHIVE_ACCESS``); None where it does not, or nobody was told.
    """

    role: ObjectRole
    uri: str
    key: str
    size: int
    etag: str = ""
    mtime_ns: int = 0
    version: str = ""
    storage_class: str = "STANDARD"
    restore: RestoreState = RestoreState.NONE
    sha256: str | None = None
    language: str | None = None
    caption_kind: CueKind | None = None
    archive_tier: str | None = None

    @property
    def identity(self) -> str:
        """Provisional identity before the bytes were hashed."""
        return f"{self.uri}|{self.version}|{self.etag}|{self.size}|{self.mtime_ns}"


@dataclass(frozen=True, slots=True)
class Instance:
    """One copy of an asset's essence in a location. ``name`` is the path within the location."""

    id: InstanceId
    asset_id: AssetId
    location_id: LocationId
    name: str
    kind: InstanceKind
    objects: tuple[StoredObject, ...]
    available: bool = True

    @property
    def essence(self) -> StoredObject:
        """The object that is read first."""
        return next(o for o in self.objects if o.role in (ObjectRole.ESSENCE, ObjectRole.FRAME))

    @property
    def size(self) -> int:
        """Bytes of all objects that carry essence."""
        return sum(o.size for o in self.objects if o.role not in (ObjectRole.CAPTIONS, ObjectRole.SIDECAR))


@dataclass(frozen=True, slots=True)
class Technical:
    """Technical facts of an asset's picture and sound; None where there is none, or nobody looked yet."""

    rate: Fraction | None = None
    frames: int | None = None
    samples: int | None = None
    width: int | None = None
    height: int | None = None
    rotation: int = 0
    field_order: str | None = None
    colour: Mapping[str, str] = field(default_factory=dict)
    codec: str | None = None
    container: str | None = None
    start_timecode: str | None = None
    drop_frame: bool = False
    variable_rate: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """One elementary stream of the master."""

    index: int
    kind: str
    codec: str
    language: str | None = None
    role: str | None = None
    channels: int | None = None
    sample_rate: int | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """The work. ``name`` is the path of its first instance within that location."""

    id: AssetId
    kind: AssetKind
    name: str
    location_id: LocationId
    collection: CollectionId = DEFAULT_COLLECTION
    state: AssetState = AssetState.PRESENT
    version: int = 1
    sha256: str | None = None
    technical: Technical = Technical()
    duration_ms: int | None = None
    year: int | None = None
    year_source: str | None = None
    has_speech: bool | None = None
    storage_class: str = "STANDARD"
    indexed_at: datetime | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssetTimeline:
    """What is needed to turn positions into seconds and labels."""

    asset_id: AssetId
    pts: PtsTable | None
    technical: Technical
