"""Which frame stands for a stretch of picture, and writing it."""

import os
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB, height × width × 3, 0..255."""

_JPEG_QUALITY = 88
_ANALYSIS_WIDTH = 320


def worth(picture: Picture) -> float:
    """How well a picture stands for its surroundings: sharp, neither black nor white nor flat. 0 is worst.

    Args:
        picture: RGB, any size.

    Returns:
        Standard deviation of the Laplacian, weighted down towards black, white and flat pictures.
    """
    width = min(_ANALYSIS_WIDTH, picture.shape[1])
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    grey = cv2.cvtColor(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
    )
    mean, spread = float(grey.mean()), float(grey.std())
    exposed = min(mean, 255.0 - mean) / 127.5
    sharpness = float(np.std(cv2.Laplacian(grey, cv2.CV_32F)))
    return sharpness * min(exposed * 3, 1.0) * min(spread / 30, 1.0)


def write_jpeg(path: Path, picture: Picture) -> None:
    """Write a picture as JPEG, aside first."""
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    )
    write_aside(path, data.tobytes())


def write_aside(path: Path, data: bytes) -> None:
    """Write a file so that its name never shows a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
