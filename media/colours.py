"""What colour alone tells of a picture: black-and-white, day or night, the colours that fill it."""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from media.shots import SmallPicture

Daylight = Literal["day", "night"]

NAMES = (
    *("black", "grey", "white", "red", "orange", "brown"),
    *("yellow", "green", "cyan", "blue", "purple", "pink"),
)
"""The colour words in use, in the order of :func:`palette`."""

_SIZE = (64, 36)
_HUES = (
    (7, "red"),
    (22, "orange"),
    (34, "yellow"),
    (80, "green"),
    (98, "cyan"),
    (130, "blue"),
    (150, "purple"),
    (168, "pink"),
)
"""Where each word ends on OpenCV's circle of 180 hues; red goes on beyond the last."""

_DARK, _DIM, _BRIGHT = 46, 80, 200
_PALE, _DULL = 38, 64
_NEUTRAL_CHROMA = 9.0
_TOO_DARK_TO_TELL = 32

Rule = tuple[NDArray[np.bool_], str]


def reduced(picture: SmallPicture) -> SmallPicture:
    """Shrink a BGR picture to what colour statistics need: 64 × 36."""
    return np.asarray(cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def is_black_and_white(picture: SmallPicture) -> bool | None:
    """Say whether a BGR picture has no colour; None where it is too dark to tell."""
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB).astype(np.float32)
    if _share(lab[:, :, 0] < _TOO_DARK_TO_TELL) >= 0.95:
        return None
    chroma = np.hypot(lab[:, :, 1] - 128, lab[:, :, 2] - 128)
    return _share(chroma < _NEUTRAL_CHROMA) >= 0.97


def _share(where: NDArray[np.bool_]) -> float:
    return float(where.mean())


def palette(picture: SmallPicture) -> NDArray[np.float32]:
    """Share of each of :data:`NAMES` in a BGR picture; sums to 1."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.int16)
    hue, saturation, value = hsv[:, :, 0], hsv[:, :, 1], hsv[:, :, 2]
    rules = [*_neutral(saturation, value), *_chromatic(hue, saturation, value)]
    words = [NAMES.index(name) for _, name in rules]
    found = np.select([where for where, _ in rules], words, NAMES.index("red"))
    return (np.bincount(found.reshape(-1), minlength=len(NAMES)) / found.size).astype(np.float32)


def _neutral(saturation: NDArray[np.int16], value: NDArray[np.int16]) -> list[Rule]:
    return [
        (value < _DARK, "black"),
        ((saturation < _PALE) & (value > _BRIGHT), "white"),
        ((saturation < _PALE) | ((saturation < _DULL) & (value < _DIM)), "grey"),
    ]


def _chromatic(hue: NDArray[np.int16], saturation: NDArray[np.int16], value: NDArray[np.int16]) -> list[Rule]:
    """Brown is dark orange, pink is pale red; the rest goes by hue."""
    dark_orange = (hue > 2) & (hue <= 22) & (value < 150)
    pale_red = ((hue > 165) | (hue <= 7)) & (saturation < 110) & (value > 170)
    return [(dark_orange, "brown"), (pale_red, "pink"), *((hue <= end, name) for end, name in _HUES)]


def daylight(picture: SmallPicture) -> Daylight | None:
    """Say whether a BGR picture looks like day or night out of doors; None for in between.

    Day is bright, brightest above; night is mostly dark, lit in places.
    """
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    above = float(luma[: luma.shape[0] // 3].mean())
    if float((luma < 50).mean()) > 0.6 and float(luma.mean()) < 60:
        return "night"
    return "day" if above > 120 and above > float(luma.mean()) * 1.05 else None
