"""Where shots begin: the detector port and its adapter."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detector import FlashFilter
from scenedetect.detectors import ContentDetector

from foundation.timecode import FrameRange

SmallPicture = NDArray[np.uint8]
"""BGR, height × width × 3, 0..255, about 256 pixels wide."""

_SHORTEST_SECONDS = Fraction(1, 2)


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

    Args:
        rate: Frames per second.
        threshold: Mean change that makes a cut, 0..255.
    """

    def __init__(self, rate: Fraction, threshold: float = 27.0) -> None:
        self._rate = rate
        shortest = max(1, round(rate * _SHORTEST_SECONDS))
        self._detector = ContentDetector(
            threshold=threshold, min_scene_len=shortest, filter_mode=FlashFilter.Mode.SUPPRESS
        )

    def begins(self, frame: int, picture: SmallPicture) -> bool:
        """See :meth:`ShotDetector.begins`."""
        cuts = self._detector.process_frame(FrameTimecode(frame, self._rate), picture)
        return any(cut.frame_num == frame for cut in cuts)


class KnownShots:
    """Says again what was found before, so that a later look at the same proxy sees the same shots.

    Args:
        shots: Contiguous ranges from frame 0.
    """

    def __init__(self, shots: Sequence[FrameRange]) -> None:
        self._starts = {shot.in_frame for shot in shots}

    def begins(self, frame: int, picture: SmallPicture) -> bool:
        """See :meth:`ShotDetector.begins`."""
        return frame in self._starts
