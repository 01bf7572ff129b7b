"""A detector that takes coloured squares for faces, so that walks are tested without a face model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from catalog.model import Box
from embeddings.encoder import DetectedFace, EncoderSpec, Picture, Vectors

COLOURS = {"ada": (220, 40, 40), "bob": (40, 200, 60), "cleo": (50, 80, 220)}
"""Who has which colour."""

CELLS = (0.05, 0.38, 0.71)
"""Left edges at which somebody may stand."""

_TOP, _WIDTH, _HEIGHT = 0.3, 0.22, 0.4
_SIZE = (640, 360)


def portrait(path: Path, *who: str, shade: int = 0) -> None:
    """A still of up to three people side by side; another ``shade`` is another photograph of them."""
    pixels = np.full((_SIZE[1], _SIZE[0], 3), 20, np.uint8)
    for left, name in zip(CELLS, who, strict=False):
        rows, columns = _pixels(left)
        pixels[rows, columns] = np.clip(np.array(COLOURS[name]) - shade, 0, 255)
    Image.fromarray(pixels).save(path)


def vector_of(name: str, shade: int = 0, dim: int = 128) -> Vectors:
    """A person's face: shades of a colour are alike, colours are not."""
    chance = np.random.default_rng(sorted(COLOURS).index(name))
    base, noise = chance.standard_normal(dim), np.random.default_rng(shade).standard_normal(dim)
    vector = (base + noise / 8).astype(np.float32)
    return vector / np.linalg.norm(vector)


class ToyFaceEncoder:
    """Finds the squares of :func:`portrait`.

    Attributes:
        on_compare: Called whenever somebody wants to compare faces.
        shift: How far to the right it draws its boxes, as another detector would.
    """

    def __init__(self, spec: EncoderSpec, same_person: float) -> None:
        self.spec = spec
        self.shift = 0.0
        self.on_compare: Callable[[], None] = lambda: None
        self._same_person = same_person

    @property
    def same_person(self) -> float:
        """Asked for whenever faces are about to be compared: what happens meanwhile is the test's."""
        self.on_compare()
        return self._same_person

    def detect(self, picture: Picture) -> list[DetectedFace]:
        found = []
        for left in CELLS:
            rows, columns = _pixels(left, picture.shape[1], picture.shape[0])
            colour = picture[rows, columns].reshape(-1, 3).mean(axis=0)
            name = min(COLOURS, key=lambda one: float(np.abs(colour - COLOURS[one]).sum()))
            shade = round(float((np.array(COLOURS[name]) - colour).mean()))
            if abs(shade) < 30 and colour.max() > 100:
                box = Box(left + self.shift, _TOP, _WIDTH, _HEIGHT)
                found.append(DetectedFace(box, 0.9, vector_of(name, abs(shade), self.spec.dim), 0.9))
        return found


def _pixels(left: float, width: int = _SIZE[0], height: int = _SIZE[1]) -> tuple[slice, slice]:
    rows = slice(round(_TOP * height), round((_TOP + _HEIGHT) * height))
    return rows, slice(round(left * width), round((left + _WIDTH) * width))
