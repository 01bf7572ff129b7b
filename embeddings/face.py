"""What the face adapters share: boxes as fractions, sharpness, order."""

from collections.abc import Iterable

import numpy as np

from catalog.model import Box
from embeddings.encoder import DetectedFace, Picture


def box_of(left: float, top: float, right: float, bottom: float, picture: Picture) -> Box:
    """Turn corners in pixels into a box in fractions, cut off at the picture's edges."""
    height, width = picture.shape[:2]
    x, y = _clamped(left / width), _clamped(top / height)
    return Box(x, y, _clamped(right / width) - x, _clamped(bottom / height) - y)


def sharpness_of(chip: Picture) -> float:
    """How sharp a face is: 0 for none, about 1 for crisp detail; of uint8 RGB aligned to one size."""
    grey = chip.astype(np.float32).mean(axis=2)
    laplacian = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    spread = float(laplacian.std())
    return spread / (spread + 10.0)


def from_large_to_small(faces: Iterable[DetectedFace]) -> list[DetectedFace]:
    """Order faces by area and leave out boxes without any."""
    seen = [face for face in faces if face.box.width > 0 and face.box.height > 0]
    return sorted(seen, key=lambda face: -face.box.width * face.box.height)


def _clamped(fraction: float) -> float:
    return min(max(float(fraction), 0.0), 1.0)
