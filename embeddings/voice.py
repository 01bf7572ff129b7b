"""Where somebody speaks: Silero's voice detector, which comes with faster-whisper."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from foundation.timecode import SOUND_RATE, SampleRange
from media.sound import SPEECH_RATE, Samples, speech_samples

_WINDOW = 300 * SPEECH_RATE
_OPTIONS = VadOptions(threshold=0.5, min_speech_duration_ms=250, min_silence_duration_ms=500)
_TICKS = SOUND_RATE // SPEECH_RATE


def voiced_ranges(audio: Path) -> list[SampleRange]:
    """Find speech in a file with sound, five minutes at a time.

    Args:
        audio: A file of our own making.

    Returns:
        Ranges on the 48 kHz clock, in order; music, noise and silence give none.

    Raises:
        CorruptMedia: The file does not decode.
        NoEssence: It has no sound.
    """
    found: list[SampleRange] = []
    for start, window in _windows(speech_samples(audio)):
        sound: NDArray[np.float32] = np.asarray(window, np.float32) / np.float32(32768)
        found += [
            SampleRange((start + part["start"]) * _TICKS, (start + part["end"]) * _TICKS)
            for part in get_speech_timestamps(sound, _OPTIONS)
        ]
    return found


def _windows(pieces: Iterator[Samples]) -> Iterator[tuple[int, Samples]]:
    start, waiting, length = 0, list[Samples](), 0
    for piece in chain(pieces, [None]):
        if piece is not None:
            waiting.append(piece)
            length += len(piece)
        if length and (piece is None or length >= _WINDOW):
            yield start, np.concatenate(waiting)
            start, waiting, length = start + length, [], 0
