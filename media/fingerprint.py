"""Fingerprints of moving pictures: vectors that stay alike through re-encoding, scaling, bars and grading.

Five times a second the picture, without the bars around it, becomes the low frequencies of its luminance: an
8 × 8 corner of a 32 × 32 discrete cosine transform without its constant (the measurements behind the
perceptual hash of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, kept as
numbers instead of bits). Coefficients are multiplied by their frequency, because natural pictures have
amplitudes that fall as 1/f (Field, J. Opt. Soc. Am. A 4, 1987) and the lowest would drown the rest. The
vector has unit norm, so that brightness and contrast do not matter; a picture without contrast gives zeros.

Footage in which nothing moves looks the same at all times, and yet no two seconds of it are the same: the
noise of the sensor survives an encoder that is not too coarse (what stays of it identifies cameras, Lukáš et
al., "Digital Camera Identification from Sensor Pattern Noise", 2006; what changes identifies the moment). The
grain of a row is the change of fine detail since the row before, in 16 × 16 cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.timecode import PtsTable
from media.colours import is_black_and_white, reduced
from media.shots import SmallPicture

PER_SECOND = 5
"""Rows of a fingerprint per second of picture."""

LENGTH = 63
"""Numbers that say how a picture looks; those of its grain follow them in a row."""

GRAIN = 256
"""Numbers that say what changed in its fine detail."""

_CELLS, _AROUND = 16, 3
_MOST_GRAIN = 127.0
_GRID, _INNER, _KEPT = 64, 32, 8
_BLOCK = 10 * PER_SECOND
_DARK, _MOST_BAR = 32, 24
_LEAST_CONTRAST = 4.0
_COLOURED = 0.1

_FREQUENCY = np.hypot(*np.mgrid[0:_KEPT, 0:_KEPT]).astype(np.float32)

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Printed:
    """The fingerprint of one asset.

    Attributes:
        frames: Ordinal of the frame behind each row, ascending; a slow film has some twice.
        vectors: [rows, 63], unit norm, or zero where the picture has no contrast.
        grain: [rows, 256], in levels of luminance (of 255); zero in the first row.
        filled: Share of the frame that is picture and not bars, 0..1, the middle one of all stretches.
        has_colour: None where it was always too dark to tell.
    """

    frames: tuple[int, ...]
    vectors: NDArray[np.float32]
    grain: NDArray[np.float32]
    filled: float
    has_colour: bool | None


def wanted_frames(pts: PtsTable) -> list[int]:
    """Frames on screen every fifth of a second, from the first to the end."""
    count = max(1, int(pts.seconds * PER_SECOND))
    return [pts.frame_at(Fraction(row, PER_SECOND)) for row in range(count)]


@dataclass(slots=True)
class Fingerprinter:
    """Takes fingerprints while frames pass by; holds ten seconds of tiny pictures.

    Attributes:
        frames: Frames to take, ascending.
    """

    frames: Sequence[int]
    _at: int = 0
    _block: list[Grey] = field(default_factory=list)
    _vectors: list[NDArray[np.float32]] = field(default_factory=list)
    _grain: list[NDArray[np.float32]] = field(default_factory=list)
    _before: NDArray[np.float32] | None = None
    _filled: list[float] = field(default_factory=list)
    _colourless: list[bool] = field(default_factory=list)

    def glance(self, frame: int, picture: SmallPicture) -> None:
        """Take in a frame: BGR, the same size every time; those that are not wanted cost nothing."""
        if self._at >= len(self.frames) or self.frames[self._at] != frame:
            return
        grey = tiny(picture)
        told = is_black_and_white(reduced(picture))
        self._colourless += [] if told is None else [told]
        while self._at < len(self.frames) and self.frames[self._at] == frame:
            self._block.append(grey)
            self._at += 1
        if len(self._block) >= _BLOCK:
            self._end_block()

    def close(self) -> Printed:
        """The fingerprint of everything that passed by."""
        if self._block:
            self._end_block()
        vectors = _joined(self._vectors, LENGTH)
        told = self._colourless
        return Printed(
            tuple(self.frames[: len(vectors)]),
            vectors,
            _joined(self._grain, GRAIN),
            float(np.median(self._filled)) if self._filled else 1.0,
            None if not told else told.count(False) / len(told) >= _COLOURED,
        )

    def _end_block(self) -> None:
        """Bars are looked for in ten seconds at once: one dark picture is no letterbox."""
        pictures = np.stack(self._block)
        inside = without_bars(pictures)
        self._filled.append(inside[0].size / pictures[0].size)
        self._vectors.append(np.stack([_vector(picture) for picture in inside]))
        self._grain.append(self._grain_of(np.stack([_detail(picture) for picture in inside])))
        self._block.clear()

    def _grain_of(self, details: NDArray[np.float32]) -> NDArray[np.float32]:
        before = details[:1] if self._before is None else self._before
        self._before = details[-1:]
        changes = np.diff(np.concatenate([before, details]), axis=0)
        return np.clip(changes, -_MOST_GRAIN, _MOST_GRAIN)


def tiny(picture: SmallPicture) -> Grey:
    """The luminance of a BGR picture, 64 × 64 whatever its shape; not rounded, for the sake of its grain."""
    grey = cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA), dtype=np.float32)


def without_bars(pictures: Grey) -> Grey:
    """Cut black bars off pictures [n, 64, 64]: as much on either side, and on all of them alike."""
    brightest = np.percentile(pictures, 99, axis=0)
    rows, columns = _bar(brightest.max(axis=1)), _bar(brightest.max(axis=0))
    return pictures[:, rows : _GRID - rows, columns : _GRID - columns]


def _bar(brightest: NDArray[np.float64]) -> int:
    """Width of the dark bar that both ends of a line have, with the soft edge beside it; 0 for none."""
    bright = np.flatnonzero(brightest > _DARK)
    if len(bright) == 0:
        return 0
    width = min(int(bright[0]), _GRID - 1 - int(bright[-1]))
    return min(width + 1, _MOST_BAR) if width else 0


def _vector(picture: Grey) -> NDArray[np.float32]:
    small = cv2.resize(picture, (_INNER, _INNER), interpolation=cv2.INTER_AREA)
    if float(small.std()) < _LEAST_CONTRAST:
        return np.zeros(LENGTH, np.float32)
    low = (cv2.dct(small)[:_KEPT, :_KEPT] * _FREQUENCY).reshape(-1)[1:]
    return np.asarray(low / max(float(np.linalg.norm(low)), 1e-6), dtype=np.float32)


def _detail(picture: Grey) -> NDArray[np.float32]:
    """What each cell has beyond its surroundings: light that changes softly over the picture is left out."""
    cells = cv2.resize(picture, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    return np.asarray(cells - cv2.blur(cells, (_AROUND, _AROUND)), np.float32).reshape(-1)


def _joined(blocks: Sequence[NDArray[np.float32]], length: int) -> NDArray[np.float32]:
    return np.concatenate(blocks) if blocks else np.empty((0, length), np.float32)
