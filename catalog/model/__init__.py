"""The catalog's nouns, as frozen dataclasses. Words follow docs/GLOSSARY.md.

Every row that a person or a job writes carries principal and collection in the tables; the dataclasses show
them where callers decide on them.
"""

from catalog.model.assets import (
    Asset,
    AssetKind,
    AssetState,
    AssetTimeline,
    CueKind,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    RestoreState,
    StoredObject,
    Technical,
    Track,
)
from catalog.model.facts import (
    Box,
    Cue,
    FaceTrack,
    Keyframe,
    Passage,
    Person,
    Rendition,
    RenditionRole,
    ScreenText,
    Shot,
    StageRun,
    Statement,
    VectorFile,
)
from catalog.model.money import AuditEntry, Quote, Restore, RestoreStatus
from catalog.model.work import Change, ChangeKind, DeadLetter, IndexRun, Job, JobState

__all__ = [
    "Asset",
    "AssetKind",
    "AssetState",
    "AssetTimeline",
    "AuditEntry",
    "Box",
    "Change",
    "ChangeKind",
    "Cue",
    "CueKind",
    "DeadLetter",
    "FaceTrack",
    "IndexRun",
    "Instance",
    "InstanceKind",
    "Job",
    "JobState",
    "Keyframe",
    "Location",
    "LocationKind",
    "ObjectRole",
    "Passage",
    "Person",
    "Quote",
    "Rendition",
    "RenditionRole",
    "Restore",
    "RestoreState",
    "RestoreStatus",
    "ScreenText",
    "Shot",
    "StageRun",
    "Statement",
    "StoredObject",
    "Technical",
    "Track",
    "VectorFile",
]
