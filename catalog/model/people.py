"""Who is seen: persons, clusters of faces, and what people decided about them.

Decisions are kept for good and anchored to asset, range and box. Which person a face track shows is worked
out from them, from the track's cluster and from the log of merges, and changes when any of these does.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from catalog.model.facts import Box, FaceTrack
from foundation.ids import (
    LOCAL_PRINCIPAL,
    AssetId,
    ClusterId,
    MergeId,
    PersonId,
    PrincipalId,
    ProhibitionId,
)
from foundation.timecode import FrameRange


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name.

    Attributes:
        faces: How many face tracks show them, where that was asked.
        also: Names of those who were merged into them.
    """

    id: PersonId
    name: str
    faces: int = 0
    also: tuple[str, ...] = ()


SAME_FACE = 0.5
"""Overlap of two boxes above which they hold the same face, where their ranges overlap too."""


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Where a face is seen, in words that outlive its detection: asset, range and box."""

    asset_id: AssetId
    frames: FrameRange
    box: Box

    def likeness(self, frames: FrameRange, box: Box) -> float:
        """How well a face seen elsewhere in the asset fits this place, 0..1; 0 where ranges are apart."""
        return self.box.overlap(box) if self.frames.overlaps(frames) else 0.0

    def holds(self, frames: FrameRange, box: Box) -> bool:
        """Say whether a face seen there is the face of this place."""
        return self.likeness(frames, box) > SAME_FACE


@dataclass(frozen=True, slots=True)
class FaceCluster:
    """Face tracks that are alike; ``best`` is the clearest of them that may be shown."""

    id: ClusterId
    space: str
    faces: int
    assets: int
    person_id: PersonId | None
    best: FaceTrack


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """What new faces are compared with.

    Attributes:
        mean: Mean of the members' unit vectors, not normalised: its product with a unit vector is the mean
            cosine to the members. Little-endian float32. Biometric data.
        size: How many members it is the mean of.
        person_id: Who the cluster shows, merges followed.
        fixed: A person had a hand in it (named or merged it); it is never absorbed by another one.
        rejected: Whom some member is said not to show, merges followed.
    """

    id: ClusterId
    space: str
    mean: bytes
    size: int
    person_id: PersonId | None = None
    fixed: bool = False
    rejected: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class LooseFace:
    """A face track that belongs to no cluster yet.

    Attributes:
        person_id: Whom a person says it shows, merges followed.
        rejected: Whom a person says it does not show, merges followed.
    """

    track: FaceTrack
    person_id: PersonId | None
    rejected: frozenset[PersonId]


@dataclass(frozen=True, slots=True)
class Merge:
    """An entry of the log of merges: a person or cluster counts as another one until it is undone."""

    id: MergeId
    gone: str
    kept: str
    at: datetime
    undone_at: datetime | None = None
    principal: PrincipalId = LOCAL_PRINCIPAL


class ProhibitionReason(StrEnum):
    """Why faces must not come back."""

    SUPPRESSED = "suppressed"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Prohibition:
    """An entry of the do-not-identify list.

    Attributes:
        places: How many appearances it names by asset, range and box.
        templates: Face spaces in which it recognises the face elsewhere; empty where no biometric data is
            kept.
        purged_at: When vectors were last removed from all files; None while that is still to be done.
    """

    id: ProhibitionId
    reason: ProhibitionReason
    places: int
    templates: tuple[str, ...]
    created_at: datetime
    purged_at: datetime | None = None
    principal: PrincipalId = LOCAL_PRINCIPAL


@dataclass(frozen=True, slots=True)
class Removal:
    """An entry of the do-not-identify list as it is known outside the catalog: no name, nothing biometric.

    Attributes:
        subjects: Ids of the persons and clusters that were removed.
        places: Where their faces were seen.
        is_allowed: It was taken off the list again.
    """

    id: ProhibitionId
    reason: ProhibitionReason
    at: datetime
    principal: PrincipalId = LOCAL_PRINCIPAL
    subjects: tuple[str, ...] = ()
    places: tuple[FacePlace, ...] = ()
    is_allowed: bool = False

    def joined(self, later: "Removal") -> "Removal":
        """The entry with what was noted of it later."""
        return replace(
            self,
            subjects=tuple(dict.fromkeys(self.subjects + later.subjects)),
            places=tuple(dict.fromkeys(self.places + later.places)),
            is_allowed=self.is_allowed or later.is_allowed,
        )
