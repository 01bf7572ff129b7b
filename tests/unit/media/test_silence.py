"""Levels of sound."""

import numpy as np
import pytest

from media.silence import levels_of

WINDOW = 800
CHANCE = np.random.default_rng(11)


def window_by_window(sound: np.ndarray) -> list[np.float32]:
    """The definition: RMS over each window in dBFS, no quieter than -120."""
    found = []
    for start in range(0, len(sound) - WINDOW + 1, WINDOW):
        power = float(np.mean(np.square(sound[start : start + WINDOW].astype(np.float32) / 32768.0)))
        found.append(np.float32(max(10.0 * float(np.log10(power)), -120.0) if power > 0 else -120.0))
    return found


def sound(samples: int, loudest: int) -> np.ndarray:
    return CHANCE.integers(-loudest - 1, loudest + 1, samples, dtype=np.int64).astype(np.int16)


@pytest.mark.parametrize("samples", [0, 1, WINDOW - 1, WINDOW, WINDOW + 1, 500 * WINDOW, 1_000_003])
@pytest.mark.parametrize("loudest", [0, 1, 300, 32_767])
@pytest.mark.parametrize("pieces", [1, 7, 400])
def test_levels_are_those_of_each_window_whatever_the_pieces(samples: int, loudest: int, pieces: int) -> None:
    whole = sound(samples, loudest)
    whole[: samples // 3] = 0
    places = np.sort(CHANCE.integers(0, samples + 1, pieces - 1))
    found = levels_of(np.split(whole, places))
    assert found.dtype == np.float32
    assert list(found) == window_by_window(whole)


def test_no_sound_has_no_levels() -> None:
    assert len(levels_of([])) == 0
