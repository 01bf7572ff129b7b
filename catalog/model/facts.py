"""What was seen and heard, and who says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from catalog.model.assets import CueKind
from foundation.ids import (
    LOCAL_PRINCIPAL,
    AssetId,
    ClusterId,
    CueId,
    FaceTrackId,
    PassageId,
    PersonId,
    PrincipalId,
    ShotId,
    StatementId,
)
from foundation.timecode import FrameRange, SampleRange


class RenditionRole(StrEnum):
    """What a rendition is for."""

    MASTER = "master"
    PROXY = "proxy"
    AUDIO = "audio"
    THUMBNAILS = "thumbnails"
    POSTER = "poster"
    STILL = "still"


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


PLAYABLE = (RenditionRole.PROXY, RenditionRole.STILL)
"""What is played or looked at; an asset has one of them: a still has no proxy."""


def playable_of(renditions: Mapping[RenditionRole, Rendition]) -> Rendition | None:
    """What is played or looked at; None while an asset has nothing to show."""
    return next((renditions[role] for role in PLAYABLE if role in renditions), None)


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

    def overlap(self, other: "Box") -> float:
        """Intersection over union of two boxes, 0..1."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        both = width * height
        return both / (self.width * self.height + other.width * other.height - both)


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
    """One face followed through a shot; its vector's ordinal in the face file is ``ordinal``.

    ``person_id`` and ``cluster_id`` are worked out from decisions and likeness; see ``catalog.model.people``.
    """

    id: FaceTrackId
    asset_id: AssetId
    shot_id: ShotId
    ordinal: int
    frames: FrameRange
    best_frame: int
    box: Box
    quality: float
    person_id: PersonId | None = None
    cluster_id: ClusterId | None = None


DRAFT = "+draft"
"""End of a source that is too often wrong to be quoted without saying so."""


def is_draft(source: str) -> bool:
    """Say whether what this source states has to be shown as a draft."""
    return source.endswith(DRAFT)


HUMAN = "person:"
"""What sources of people begin with."""

TITLE, RECORDED, LABEL = "title", "recorded", "label"
"""Fields of statements that have a meaning of their own: ``recorded`` is an EDTF date, labels are what
lifecycle rules ask for."""

SINGLE = (TITLE, RECORDED)
"""Fields of which the latest statement of a person about the whole asset stands for all others."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What is known of an asset or a range of it, and who says so.

    ``source`` is ``person:<principal>`` or ``stage:<name>@<version>``; human statements outlive machine ones.
    Those of a stage that is often wrong end in :data:`DRAFT`.
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

    @property
    def is_whole(self) -> bool:
        """Say whether it is about the whole asset, not a range of it."""
        return self.frames is None and self.sound is None

    @property
    def is_human(self) -> bool:
        """Say whether a person made it."""
        return self.source.startswith(HUMAN)


@dataclass(frozen=True, slots=True)
class StageRun:
    """Proof that a stage is done for these inputs."""

    asset_id: AssetId
    stage: str
    version: str
    input_digest: str
    finished_at: datetime | None = None


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
