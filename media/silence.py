"""Where nothing is heard."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.timecode import SOUND_RATE, SampleRange
from media.sound import SPEECH_RATE, Samples, speech_samples

WINDOW_SECONDS = 0.05
SHORTEST_SECONDS = 0.5
THRESHOLD_DBFS = -50.0
"""Quieter than this (RMS over a window), nothing is heard beside speech at its usual level (EBU R 128)."""

Levels = NDArray[np.float32]
"""Level of each window of the sound in dBFS, -120 at the quietest."""

_MOSTLY = 0.95
_LEAST_POWER = 1e-12
_AT_ONCE = 200


def levels(audio: Path) -> Levels:
    """Measure the analysis sound, window by window.

    Raises:
        CorruptMedia: The file does not decode.
    """
    return levels_of(speech_samples(audio))


def levels_of(pieces: Iterable[Samples]) -> Levels:
    """Measure sound that comes in pieces of any length, at the recognisers' rate."""
    found = [_levels(windows) for windows in _windows(pieces)]
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def _levels(windows: Samples) -> Levels:
    power = np.mean(np.square(windows.astype(np.float32) / 32768.0), axis=1)
    found = 10.0 * np.log10(np.maximum(power.astype(np.float64), _LEAST_POWER))
    return np.asarray(found, dtype=np.float32)


def _windows(pieces: Iterable[Samples]) -> Iterator[Samples]:
    """Whole windows [n, samples], many at a time; less than one is left at the end and not measured."""
    size = round(SPEECH_RATE * WINDOW_SECONDS)
    waiting: list[Samples] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= size * _AT_ONCE:
            yield from _cut(waiting, size)
            length = len(waiting[0])
    yield from _cut(waiting, size)


def _cut(waiting: list[Samples], size: int) -> Iterator[Samples]:
    samples = np.concatenate([np.zeros(0, np.int16), *waiting])
    whole = len(samples) // size * size
    waiting[:] = [samples[whole:]]
    if whole:
        yield samples[:whole].reshape(-1, size)


def silences(found: Levels, threshold: float = THRESHOLD_DBFS) -> list[SampleRange]:
    """Ranges of half a second and more in which every window is quieter than ``threshold``, in order."""
    quiet = np.concatenate([[False], found < threshold, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(quiet)).reshape(-1, 2)
    step, least = round(WINDOW_SECONDS * SOUND_RATE), SHORTEST_SECONDS / WINDOW_SECONDS
    return [SampleRange(int(a) * step, int(b) * step) for a, b in edges if b - a >= least]


def is_silent(found: Levels, sound: SampleRange, threshold: float = THRESHOLD_DBFS) -> bool | None:
    """Say whether nothing is heard during a range; None where there is no sound to judge."""
    step = round(WINDOW_SECONDS * SOUND_RATE)
    inside = found[sound.start // step : max(sound.end // step, sound.start // step + 1)]
    return bool(float((inside < threshold).mean()) >= _MOSTLY) if len(inside) else None
