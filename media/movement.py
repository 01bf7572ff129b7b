"""How the camera moves: global motion between frames a fifth of a second apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_CORNERS = 120
_FEWEST = 12
_AGREE = 0.5
_STILL = 0.012
_MOVING = 0.03
_CONSISTENT = 0.8


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion of the picture between two frames, per second.

    Attributes:
        frame: Ordinal of the later frame.
        since: Ordinal of the earlier frame.
        right: Widths that the content moves to the right.
        down: Heights that the content moves down.
        growth: Natural logarithm of how much the content grows.
    """

    frame: int
    since: int
    right: float
    down: float
    growth: float


def motion_between(earlier: tuple[int, Grey], later: tuple[int, Grey], seconds: float) -> Motion | None:
    """Estimate the motion that most of the picture shares; None where no such motion is found.

    Args:
        earlier: Ordinal and grey picture.
        later: Ordinal and grey picture of the same size.
        seconds: Time between them.
    """
    corners = cv2.goodFeaturesToTrack(earlier[1], _CORNERS, 0.01, 6)
    if corners is None or len(corners) < _FEWEST:
        return None
    tracked, found, _ = cv2.calcOpticalFlowPyrLK(
        earlier[1], later[1], corners, None, winSize=(15, 15), maxLevel=3
    )
    kept = found.reshape(-1) == 1
    if int(kept.sum()) < _FEWEST:
        return None
    matrix, inliers = cv2.estimateAffinePartial2D(corners[kept], tracked[kept], ransacReprojThreshold=1.5)
    if matrix is None or float(inliers.mean()) < _AGREE:
        return None
    return _motion(matrix, earlier, later, seconds)


def _motion(
    matrix: NDArray[np.float64], earlier: tuple[int, Grey], later: tuple[int, Grey], seconds: float
) -> Motion:
    height, width = earlier[1].shape
    centre = np.array([width / 2, height / 2])
    shift = matrix[:, :2] @ centre + matrix[:, 2] - centre
    growth = float(np.log(max(np.hypot(matrix[0, 0], matrix[1, 0]), 1e-3)))
    return Motion(
        later[0],
        earlier[0],
        float(shift[0]) / width / seconds,
        float(shift[1]) / height / seconds,
        growth / seconds,
    )


def movement_of(motions: Sequence[Motion]) -> str | None:
    """Name the camera movement of a shot; None where it is none of those, or nothing could be told.

    Args:
        motions: Motions inside the shot, in order.

    Returns:
        ``static``, ``pan left|right``, ``tilt up|down``, ``zoom in|out``, or None.
    """
    if not motions:
        return None
    rates = np.array([(m.right, m.down, m.growth / 2) for m in motions])
    middle = np.median(rates, axis=0)
    if float(np.percentile(np.abs(rates), 80, axis=0).max()) < _STILL:
        return "static"
    axis = int(np.argmax(np.abs(middle)))
    others = np.delete(np.abs(middle), axis)
    same_way = float((np.sign(rates[:, axis]) == np.sign(middle[axis])).mean())
    if abs(middle[axis]) < _MOVING or same_way < _CONSISTENT or float(others.max()) > abs(middle[axis]) / 2:
        return None
    return _name(axis, forward=bool(middle[axis] > 0))


def _name(axis: int, *, forward: bool) -> str:
    """The camera goes the other way than the content."""
    names = (("pan left", "pan right"), ("tilt up", "tilt down"), ("zoom in", "zoom out"))
    return names[axis][0 if forward else 1]
