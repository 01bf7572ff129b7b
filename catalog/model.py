"""The catalog's nouns, as frozen dataclasses. Words follow docs/GLOSSARY.md.

Every row that a person or a job writes carries principal and collection in the tables; the dataclasses show
them where callers decide on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from foundation.ids import (
    DEFAULT_COLLECTION,
    LOCAL_PRINCIPAL,
    AssetId,
    CollectionId,
    CueId,
    FaceTrackId,
    InstanceId,
    JobId,
    LocationId,
    PassageId,
    PersonId,
    PrincipalId,
    QuoteId,
    RestoreId,
    RunId,
    ShotId,
    StatementId,
)
from foundation.timecode import FrameRange, PtsTable, SampleRange


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


class RenditionRole(StrEnum):
    """What a rendition is for."""

    MASTER = "master"
    PROXY = "proxy"
    AUDIO = "audio"
    POSTER = "poster"
    STILL = "still"


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
    """One object of an instance, as its location listed it."""

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
class Rendition:
    """One encoding of an asset, in the derived store. ``path`` is relative to the asset's folder."""

    role: RenditionRole
    path: str
    size: int
    sha256: str
    media_type: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """Cut to cut."""

    id: ShotId
    asset_id: AssetId
    ordinal: int
    frames: FrameRange


@dataclass(frozen=True, slots=True)
class Keyframe:
    """A representative still of a shot. ``path`` is relative to the asset's folder."""

    asset_id: AssetId
    shot_id: ShotId
    frame: int
    path: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Words heard (or captioned) during a range of sound."""

    id: CueId
    asset_id: AssetId
    ordinal: int
    sound: SampleRange
    text: str
    kind: CueKind
    language: str | None = None
    speaker: str | None = None
    track: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring cues joined for meaning and for phrases that cross cues."""

    id: PassageId
    asset_id: AssetId
    ordinal: int
    sound: SampleRange
    text: str
    kind: CueKind
    language: str | None = None
    cue_ids: tuple[CueId, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A region of the picture; fractions of width and height in 0..1."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class ScreenText:
    """Text read off the picture."""

    asset_id: AssetId
    ordinal: int
    frames: FrameRange
    box: Box
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face followed through a shot; its vector's ordinal in the face file is ``ordinal``."""

    id: FaceTrackId
    asset_id: AssetId
    shot_id: ShotId
    ordinal: int
    frames: FrameRange
    best_frame: int
    box: Box
    quality: float
    person_id: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name."""

    id: PersonId
    name: str
    faces: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """What is known of an asset or a range of it, and who says so.

    ``source`` is ``person:<principal>`` or ``stage:<name>@<version>``; human statements outlive machine ones.
    """

    id: StatementId
    asset_id: AssetId
    field: str
    value: str
    source: str
    confidence: float | None = None
    language: str | None = None
    frames: FrameRange | None = None
    sound: SampleRange | None = None
    box: Box | None = None
    supersedes: StatementId | None = None
    principal: PrincipalId = LOCAL_PRINCIPAL
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageRun:
    """Proof that a stage is done for these inputs."""

    asset_id: AssetId
    stage: str
    version: str
    input_digest: str
    finished_at: datetime | None = None


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of work in the ledger; ``key`` makes enqueuing idempotent while it waits or runs."""

    id: JobId
    kind: str
    key: str
    run_id: RunId | None
    asset_id: AssetId | None
    state: JobState
    attempts: int
    payload: Mapping[str, object]
    lease_owner: str | None = None
    lease_until: datetime | None = None
    progress: float = 0.0
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that could not be indexed, and what to do about it."""

    uri: str
    stage: str
    code: str
    message: str
    remedy: str
    retryable: bool
    at: datetime
    asset_id: AssetId | None = None
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class IndexRun:
    """One `rekindle index`."""

    id: RunId
    state: str
    started_at: datetime
    finished_at: datetime | None
    discovered: int
    unchanged: int
    total: int
    done: int
    failed: int
    cold: int
    stage: str | None = None


class ChangeKind(StrEnum):
    """What a change asks of whoever follows the feed."""

    VECTORS = "vectors"
    PAYLOAD = "payload"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the change feed; ``seq`` follows commit order."""

    seq: int
    asset_id: AssetId
    kind: ChangeKind
    space: str | None = None


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A Parquet file of one asset's vectors in one space. ``path`` is relative to the asset's folder."""

    asset_id: AssetId
    space: str
    kind: str
    encoder: str
    revision: str
    dim: int
    rows: int
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What bringing masters back costs and how long it takes, agreed before anything is spent."""

    id: QuoteId
    asset_ids: tuple[AssetId, ...]
    retrieval_tier: str
    days: int
    size: int
    objects: int
    eta_seconds: int
    cost: Decimal
    currency: str
    lines: tuple[Mapping[str, object], ...]
    created_at: datetime
    expires_at: datetime


class RestoreStatus(StrEnum):
    """States of a restore."""

    REQUESTED = "requested"
    REQUESTING = "requesting"
    IN_PROGRESS = "in progress"
    RESTORED = "restored"
    VERIFIED = "verified"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Restore:
    """One object version being brought back; ``key`` allows one active restore per object version."""

    id: RestoreId
    quote_id: QuoteId
    asset_id: AssetId
    instance_id: InstanceId
    uri: str
    version: str
    retrieval_tier: str
    days: int
    size: int
    cost: Decimal
    currency: str
    status: RestoreStatus
    requested_at: datetime
    principal: PrincipalId = LOCAL_PRINCIPAL
    eta: datetime | None = None
    restored_at: datetime | None = None
    expires_at: datetime | None = None
    sha256: str | None = None
    verified: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what; append-only, hash-chained."""

    seq: int
    at: datetime
    principal: PrincipalId
    action: str
    subject: str
    detail: Mapping[str, object]
    digest: str


@dataclass(frozen=True, slots=True)
class AssetTimeline:
    """What is needed to turn positions into seconds and labels."""

    asset_id: AssetId
    pts: PtsTable | None
    technical: Technical
