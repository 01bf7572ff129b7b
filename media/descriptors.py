"""What a shot is like: black-and-white, day or night, shot size, camera movement, colours, silence.

Cheap measurements on the small pictures that :func:`media.look.look` hands to ``glance``. How right each
descriptor is on hand-labelled shots is published in docs/reference/descriptors.md; those whose precision or
recall is below 0.8 are off unless asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.descriptors import DESCRIPTORS
from foundation.timecode import FrameRange, PtsTable
from media.colours import NAMES, Daylight, daylight, is_black_and_white, palette, reduced
from media.movement import Motion, motion_between, movement_of
from media.shots import SmallPicture
from media.silence import Levels, is_silent

BLACK_AND_WHITE, TIME_OF_DAY, SHOT_SIZE = "black_and_white", "time_of_day", "shot_size"
CAMERA_MOVEMENT, COLOUR, SILENCE = "camera_movement", "colour", "silence"
ALL = frozenset(DESCRIPTORS)
DEFAULT_ON = frozenset(name for name, on in DESCRIPTORS.items() if on)
"""Those that reach 0.8 in precision and recall."""

REVISION = "1"
"""Changes when shots must be described again."""

_SIZES = (
    (0.45, "extreme close-up"),
    (0.25, "close-up"),
    (0.12, "medium shot"),
    (0.05, "full shot"),
    (0.0, "long shot"),
)
_GLANCES_PER_SECOND = 5
_MOST = 0.8
_FILLS = 0.2


@dataclass(frozen=True, slots=True)
class Description:
    """One thing said of a shot.

    Attributes:
        field: One of :data:`ALL`.
        value: The word; ``true`` or ``false`` for black-and-white and silence.
        confidence: Share of the evidence that says so, 0..1.
    """

    field: str
    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Hearing:
    """The sound of the asset, and how its clock meets the picture's."""

    levels: Levels
    pts: PtsTable


@dataclass(frozen=True, slots=True)
class _Glimpse:
    frame: int
    black_and_white: bool | None
    daylight: Daylight | None
    palette: NDArray[np.float32]


class ShotDescriber:
    """Gathers evidence frame by frame, then describes shots. Holds a few numbers per fifth of a second.

    Args:
        rate: Frames per second.
        on: Which of :data:`ALL` to say.
    """

    def __init__(self, rate: Fraction, on: frozenset[str] = DEFAULT_ON) -> None:
        self._rate, self._on = rate, on
        self._stride = max(1, round(rate / _GLANCES_PER_SECOND))
        self._glimpses: list[_Glimpse] = []
        self._motions: list[Motion] = []
        self._earlier: tuple[int, NDArray[np.uint8]] | None = None

    def glance(self, frame: int, picture: SmallPicture) -> None:
        """Take in a frame; what :func:`media.look.look` calls for every one.

        Args:
            frame: Ordinal, ascending.
            picture: BGR, the same size every time.
        """
        if frame % self._stride:
            return
        self._measure(frame, picture)
        if CAMERA_MOVEMENT in self._on:
            self._follow(frame, picture)

    def _measure(self, frame: int, picture: SmallPicture) -> None:
        small = reduced(picture)
        light = daylight(small) if TIME_OF_DAY in self._on else None
        self._glimpses.append(_Glimpse(frame, is_black_and_white(small), light, palette(small)))

    def _follow(self, frame: int, picture: SmallPicture) -> None:
        later = (frame, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8))
        if self._earlier is not None:
            seconds = float((frame - self._earlier[0]) / self._rate)
            motion = motion_between(self._earlier, later, seconds)
            self._motions += [motion] if motion is not None else []
        self._earlier = later

    def describe(
        self,
        shots: Sequence[FrameRange],
        *,
        faces: Mapping[int, float] | None = None,
        hearing: Hearing | None = None,
    ) -> tuple[tuple[Description, ...], ...]:
        """Say what each shot is like.

        Args:
            shots: The shots that the glances went over.
            faces: Per frame that was searched, the height of its largest face as a share of the picture's
                (0 where there is none); None when nobody looked for faces.
            hearing: The sound; None where there is none.

        Returns:
            Per shot, what can be said of it.
        """
        return tuple(tuple(self._describe(shot, faces or {}, hearing)) for shot in shots)

    def _describe(
        self, shot: FrameRange, faces: Mapping[int, float], hearing: Hearing | None
    ) -> list[Description]:
        seen = [glimpse for glimpse in self._glimpses if glimpse.frame in shot]
        moved = [motion for motion in self._motions if motion.frame in shot and motion.since in shot]
        said = [
            *_black_and_white(seen),
            *_time_of_day(seen),
            *_colours(seen),
            *_movement(moved, len(seen)),
            *_shot_size([share for frame, share in faces.items() if frame in shot]),
            *_silence(shot, hearing),
        ]
        return [description for description in said if description.field in self._on]


def _black_and_white(seen: Sequence[_Glimpse]) -> list[Description]:
    told = [glimpse.black_and_white for glimpse in seen if glimpse.black_and_white is not None]
    if not told:
        return []
    share = sum(told) / len(told)
    grey = share >= _MOST
    return [Description(BLACK_AND_WHITE, "true" if grey else "false", share if grey else 1 - share)]


def _time_of_day(seen: Sequence[_Glimpse]) -> list[Description]:
    words = [glimpse.daylight for glimpse in seen]
    shares = {word: words.count(word) / len(words) for word in ("day", "night") if words}
    return [Description(TIME_OF_DAY, word, share) for word, share in shares.items() if share >= _MOST]


def _colours(seen: Sequence[_Glimpse]) -> list[Description]:
    if not seen:
        return []
    mean = np.mean([glimpse.palette for glimpse in seen], axis=0)
    order = np.argsort(-mean, kind="stable")
    return [Description(COLOUR, NAMES[n], float(mean[n])) for n in order if mean[n] >= _FILLS]


def _movement(moved: Sequence[Motion], glimpses: int) -> list[Description]:
    told = len(moved) / max(1, glimpses - 1)
    word = movement_of(moved) if told >= _MOST else None
    return [] if word is None else [Description(CAMERA_MOVEMENT, word, min(told, 1.0))]


def _shot_size(shares: Sequence[float]) -> list[Description]:
    with_faces = [share for share in shares if share > 0]
    if not with_faces or len(with_faces) * 2 < len(shares):
        return []
    middle = float(np.median(with_faces))
    word = next(name for least, name in _SIZES if middle >= least)
    return [Description(SHOT_SIZE, word, len(with_faces) / len(shares))]


def _silence(shot: FrameRange, hearing: Hearing | None) -> list[Description]:
    silent = None if hearing is None else is_silent(hearing.levels, hearing.pts.samples_of(shot))
    return [] if silent is None else [Description(SILENCE, "true" if silent else "false", 1.0)]
