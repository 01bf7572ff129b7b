"""Faces with dlib: frontal detector, five landmarks, ResNet descriptor of 128 numbers."""

import math
from pathlib import Path

import dlib
import numpy as np
from PIL import Image

from embeddings.encoder import DetectedFace, Picture, Vectors
from embeddings.face import box_of, from_large_to_small, sharpness_of
from embeddings.packs import Pack
from foundation.errors import PackInvalid

LANDMARKS = "shape_predictor_5_face_landmarks.dat"
RECOGNISER = "dlib_face_recognition_resnet_model_v1.dat"
# The detector's window is 80 pixels: at this size it finds faces from one sixteenth of the long side on.
DETECTION_SIDE = 1280
MOST_ENLARGED = 2.0
LEAST_SCORE = 0.1
CHIP_SIDE = 150


class DlibFaceEncoder:
    """Faces seen from the front.

    Args:
        pack: With ``same_person`` among its options.

    Raises:
        PackInvalid: Its files cannot be read.
    """

    def __init__(self, pack: Pack) -> None:
        self.spec = pack.spec
        self.same_person = float(pack.options["same_person"])
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = _opened(dlib.shape_predictor, pack.file(LANDMARKS))
        self._recogniser = _opened(dlib.face_recognition_model_v1, pack.file(RECOGNISER))

    def detect(self, picture: Picture) -> list[DetectedFace]:
        """Faces from large to small; scores in 0..1."""
        scaled, factor = _scaled(picture)
        boxes, scores, _ = self._detector.run(scaled, 0, LEAST_SCORE)
        pixels = np.ascontiguousarray(picture)
        found = [self._describe(pixels, box, factor, score) for box, score in zip(boxes, scores, strict=True)]
        return from_large_to_small(found)

    def _describe(self, picture: Picture, box: "dlib.rectangle", factor: float, score: float) -> DetectedFace:
        left, top, right, bottom = (
            edge / factor for edge in (box.left(), box.top(), box.right() + 1, box.bottom() + 1)
        )
        # Landmarks and descriptor read the full picture, however small the detector saw it.
        place = dlib.rectangle(round(left), round(top), round(right), round(bottom))
        chip = dlib.get_face_chip(picture, self._landmarks(picture, place), size=CHIP_SIDE)
        return DetectedFace(
            box=box_of(left, top, right, bottom, picture),
            score=1 - math.exp(-max(score, 0.0)),
            vector=_unit(self._recogniser.compute_face_descriptor(chip)),
            sharpness=sharpness_of(chip),
        )


def _opened(kind: type, path: Path) -> "dlib.shape_predictor":
    try:
        return kind(str(path))
    except RuntimeError as error:
        raise PackInvalid(f"{path.name} cannot be read: {error}.") from error


def _scaled(picture: Picture) -> tuple[Picture, float]:
    height, width = picture.shape[:2]
    factor = min(DETECTION_SIDE / max(height, width), MOST_ENLARGED)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    image = Image.fromarray(picture, "RGB").resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image), factor


def _unit(descriptor: "dlib.vector") -> Vectors:
    vector = np.asarray(descriptor, dtype=np.float32)
    scaled: Vectors = vector / np.linalg.norm(vector)
    return scaled
