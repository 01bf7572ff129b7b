"""Rows that catalog tests are built of: every builder gives a valid noun, with what matters as arguments."""

import dataclasses
from fractions import Fraction

from catalog.model import (
    Asset,
    AssetKind,
    Box,
    Cue,
    CueId,
    CueKind,
    DeadLetter,
    FaceTrack,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    Passage,
    Restore,
    RestoreStatus,
    ScreenText,
    Statement,
    StoredObject,
    Technical,
)
