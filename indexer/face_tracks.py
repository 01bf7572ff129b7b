"""Follows faces from sample to sample within a shot. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from catalog.model import Box
from embeddings.encoder import DetectedFace, Vectors
from foundation.timecode import FrameRange

LEAST_OVERLAP = 0.3
"""Intersection over union from which two boxes in neighbouring samples are one face."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face in one sampled frame."""

    frame: int
    face: DetectedFace

    @property
    def quality(self) -> float:
        """How well it can be recognised, 0..1: sure, large and sharp."""
        box, face = self.face.box, self.face
        size = min((box.width * box.height) ** 0.5 * 4, 1.0)
        sharp = 1.0 if face.sharpness <= 0 else min(face.sharpness / 100, 1.0)
        return float(max(0.0, min(face.score, 1.0)) * size * (0.5 + 0.5 * sharp))


@dataclass(frozen=True, slots=True)
class FollowedFace:
    """One face through a shot; ``vector`` is that of the best view."""

    shot: int
    frames: FrameRange
    best_frame: int
    box: Box
    quality: float
    vector: Vectors


def follow(seen: Iterable[SeenFace], shots: Sequence[FrameRange], same_person: float) -> list[FollowedFace]:
    """Join what was seen into tracks.

    Args:
        seen: Faces in frame order.
        shots: The asset's shots; a track never crosses a cut.
        same_person: Cosine above which two faces are probably one person.

    Returns:
        Tracks by shot, then by first frame.
    """
    found: list[FollowedFace] = []
    ordered = list(seen)
    for ordinal, shot in enumerate(shots):
        tracks: list[list[SeenFace]] = []
        for item in (s for s in ordered if s.frame in shot):
            _continue(tracks, item, same_person)
        found += [_followed(ordinal, track) for track in tracks]
    return found


def _continue(tracks: list[list[SeenFace]], item: SeenFace, same_person: float) -> None:
    likely = [(t, score) for t in tracks if (score := _likeness(t[-1], item, same_person)) > 0]
    if likely:
        max(likely, key=lambda pair: pair[1])[0].append(item)
    else:
        tracks.append([item])


def _likeness(last: SeenFace, item: SeenFace, same_person: float) -> float:
    """Above 0 where ``item`` may continue a track; two faces in one frame are never one."""
    if last.frame == item.frame:
        return 0.0
    cosine = float(np.dot(last.face.vector.ravel(), item.face.vector.ravel()))
    overlap = intersection_over_union(last.face.box, item.face.box)
    near = overlap >= LEAST_OVERLAP and cosine > same_person / 2
    return overlap + cosine if near or cosine >= same_person else 0.0


def intersection_over_union(a: Box, b: Box) -> float:
    """Shared part of two boxes, 0..1."""
    width = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    height = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)


def _followed(shot: int, track: Sequence[SeenFace]) -> FollowedFace:
    best = max(track, key=lambda item: item.quality)
    return FollowedFace(
        shot=shot,
        frames=FrameRange(track[0].frame, track[-1].frame + 1),
        best_frame=best.frame,
        box=best.face.box,
        quality=best.quality,
        vector=best.face.vector,
    )
