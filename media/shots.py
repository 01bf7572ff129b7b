"""Where shots begin: the detector port and its adapter."""

from collections import deque
from fractions import Fraction
from statistics import median
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import ContentDetector

SmallPicture = NDArray[np.uint8]
"""BGR, height × width × 3, 0..255, about 256 pixels wide."""

REVISION = "1"
"""Changes when shots must be found again."""

_SHORTEST_SECONDS = Fraction(1, 2)
_NEIGHBOURS = 8
_PEAK = 2.5


class ShotDetector(Protocol):
    """Told every frame once, in order; says at once where a shot begins."""

    def begins(self, frame: int, picture: SmallPicture) -> bool:
        """Say whether ``frame`` is the first of a new shot. Frame 0 always is; its answer does not count.

        Args:
            frame: Ordinal, ascending by one.
            picture: The frame, small; the same size every time.
        """
        ...


class ContentShotDetector:
    """Cuts by change of colour and brightness between neighbours (PySceneDetect's ContentDetector).

    A change counts only where it stands out from the changes just before it: whip pans, flicker and fast
    backgrounds change as much as a cut, but frame after frame.

    Args:
        rate: Frames per second.
        threshold: Mean change that makes a cut, 0..255.
    """

    def __init__(self, rate: Fraction, threshold: float = 27.0) -> None:
        self._changes = _Changes(rate, threshold)
        self._threshold = threshold
        self._shortest = max(1, round(rate * _SHORTEST_SECONDS))
        self._recent: deque[float] = deque(maxlen=_NEIGHBOURS)
        self._last = 0

    def begins(self, frame: int, picture: SmallPicture) -> bool:
        """See :meth:`ShotDetector.begins`."""
        change = self._changes.of(picture)
        usual = median(self._recent) if self._recent else 0.0
        cut = change >= max(self._threshold, _PEAK * usual) and frame - self._last >= self._shortest
        if frame:
            self._recent.append(change)
        if cut:
            self._last = frame
        return cut


class _Changes(ContentDetector):  # type: ignore[misc]  # scenedetect is untyped
    """ContentDetector that gives its score instead of its verdict.

    The score is PySceneDetect's: the mean distance of hue, saturation and brightness, of one weight each.
    OpenCV computes it in one call, and no timecode is made for frames that are numbered anyway: both
    together took most of the time.
    """

    def __init__(self, rate: Fraction, threshold: float) -> None:
        super().__init__(threshold=threshold, min_scene_len=0)
        self._any_time = FrameTimecode(0, rate)
        self._before: SmallPicture | None = None

    def of(self, picture: SmallPicture) -> float:
        """Mean change of hue, saturation and brightness since the frame before, 0..255."""
        self.process_frame(self._any_time, picture)
        return float(self._frame_score or 0.0)

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: SmallPicture) -> float:
        hsv = np.asarray(cv2.cvtColor(frame_img, cv2.COLOR_BGR2HSV), dtype=np.uint8)
        before, self._before = self._before, hsv
        return 0.0 if before is None else cv2.norm(hsv, before, cv2.NORM_L1) / hsv.size
