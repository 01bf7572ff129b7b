"""Sound for recognisers: any file with sound to 16 kHz mono samples, piece by piece."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from foundation.errors import CorruptMedia, NoEssence
from media.whitelist import FORMATS

SPEECH_RATE = 16_000
"""Samples per second that recognisers want."""

Samples = NDArray[np.int16]


def speech_samples(path: Path) -> Iterator[Samples]:
    """Yield the first audio track as int16 mono at :data:`SPEECH_RATE`, a fraction of a second at a time.

    For files of our own making; a master is only read by the sandboxed tools.

    Raises:
        CorruptMedia: The file does not open or decode.
        NoEssence: It has no sound.
    """
    try:
        with av.open(
            str(path), options={"protocol_whitelist": "file", "format_whitelist": FORMATS}
        ) as container:
            if not container.streams.audio:
                raise NoEssence(f"{path.name} has no sound.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SPEECH_RATE)
            for frame in container.decode(audio=0):
                yield from (piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame))
            yield from (piece.to_ndarray().reshape(-1) for piece in resampler.resample(None))
    except (FFmpegError, OSError) as error:
        raise CorruptMedia(f"The sound of {path.name} cannot be read: {error}.") from error
