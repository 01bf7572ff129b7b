"""Reads our own still renditions: posters, keyframes, still proxies."""

from pathlib import Path

import cv2
import numpy as np

from foundation.errors import RenditionNotFound, StorageError
from media.keyframes import Picture


def read_picture(path: Path) -> Picture:
    """Read a JPEG that Rekindle wrote, as RGB.

    Raises:
        RenditionNotFound: It is not there.
        StorageError: It was damaged after it was made.
    """
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except FileNotFoundError as error:
        raise RenditionNotFound(f"There is no {path.name} in {path.parent}.") from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None:
        raise StorageError(f"{path} is damaged.", remedy="Delete it and index the asset again.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
