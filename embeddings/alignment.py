"""Where two fingerprints show the same pictures at the same pace. Pure.

That two pictures look alike is no proof: two takes in one studio, a test card, the same background. What
identifies footage is how it moves: the changes from picture to picture of a copy follow those of its source,
those of another take do not. Where nothing moves, its grain does: the noise of the sensor is another one at
every moment. A stretch counts only where enough of it moves and moves alike, or has grain that is alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors

LIKE = 0.9
"""Cosine from which two pictures may be the same one."""

LIKE_STILL = 0.985
"""The same for stills, which have no motion to tell them apart by."""

ALIKE_MOTION = 0.86
"""Correlation of changes from which two stretches move alike: poor copies of footage that hardly moves reach
.87, two people who walk through the same room .84."""

ALIKE_GRAIN = 0.18
"""Mean cosine of grain from which two stretches without motion are one. It lies between copies and other
moments of one fixed camera in ``python -m scripts.bench.duplicates``; copies without grain stay below."""

BESIDE = 0.8
"""Cosine down to which pictures beside a proven stretch still belong to it: lettering on a bright sky."""

SHORTEST = 10
"""Rows of the shortest stretch (two seconds)."""

_MOVING_ROWS = 5
_MOTION = 0.04
_NOISY_ROWS, _NOISY_SHARE = 8, 0.5
_FEWEST_ROWS = 3
_LEAST_NOISE, _MOST_NOISE = 0.03, 4.0
_GAP = 2
_WINDOW = 5
_STEP = 5
_MOST_LAGS = 32
_FRACTIONS = (0.0, -0.3, 0.3, -0.6, 0.6, -1.0, 1.0)
_BLOCK = 2048


Free = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""Rows of both fingerprints that no stretch has taken."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """The same pictures in rows [start, start + rows) of a fingerprint, and ``lag`` rows later in another.

    Attributes:
        score: Mean cosine of the pictures.
        motion: Correlation of their changes over the rows that tell; where nothing moves, likeness of grain.
    """

    start: int
    rows: int
    lag: int
    score: float
    motion: float = 1.0

    @property
    def weight(self) -> float:
        """How much speaks for it: long, alike, moving alike."""
        return self.rows * (self.score - LIKE) * self.motion

    @property
    def end(self) -> int:
        """Row after the last one, in the first fingerprint."""
        return self.start + self.rows


@dataclass(frozen=True, slots=True)
class Track:
    """What alignment goes by.

    Attributes:
        look: [rows, dim], unit norm or zero, at a constant pace.
        noise: [rows, dim], grain of the rows that do not move, unit norm; zero elsewhere.
    """

    look: Vectors
    noise: Vectors

    @classmethod
    def of(cls, look: Vectors, grain: Vectors | None = None) -> "Track":
        """Make one.

        Args:
            look: [rows, dim], unit norm or zero.
            grain: [rows, dim], change of fine detail since the row before; None where nobody looked.
        """
        return cls(look, np.zeros((len(look), 1), np.float32) if grain is None else _noise(look, grain))

    def __len__(self) -> int:
        """Rows."""
        return len(self.look)

    @property
    def is_noisy(self) -> bool:
        """Whether there is grain enough to tell anything."""
        return bool(np.count_nonzero(self.noise.any(axis=1)) >= _NOISY_ROWS)


def align(first: Track, second: Track) -> list[Stretch]:
    """Stretches of the first fingerprint that the second shows too, in order; no row is in two of them."""
    if min(len(first), len(second)) < SHORTEST:
        return []
    free = np.ones(len(first), bool), np.ones(len(second), bool)
    found: list[Stretch] = []
    for lag in _best_first(first, second, free):
        for stretch in _stretches(first, second, lag, free):
            free[0][stretch.start : stretch.end] = False
            free[1][stretch.start + lag : stretch.end + lag] = False
            found.append(stretch)
    return sorted(found)


def _best_first(first: Track, second: Track, free: Free) -> list[int]:
    """Shifts at which there is something to find, the one with the weightiest stretch first."""
    weights = {
        lag: max((item.weight for item in _stretches(first, second, lag, free)), default=0.0)
        for lag in candidate_lags(first, second)
    }
    return sorted((lag for lag, weight in weights.items() if weight), key=lambda lag: -weights[lag])


def candidate_lags(first: Track, second: Track) -> list[int]:
    """Shifts that many pictures, or motion or grain as a whole, speak for; the strongest first.

    Every second one picture votes for the shifts at which it finds its like (offset voting, as in Douze et
    al., "Compact video description for copy detection with precise temporal alignment", 2010). Footage that
    hardly moves votes for all shifts alike, so the cross-correlation of its motion is asked, too, and that of
    its grain.
    """
    lags = _peaks(_votes(first.look, second.look), _MOST_LAGS)
    lags += _peaks(_cross_correlation(changes(first.look), changes(second.look)), 4)
    if first.is_noisy and second.is_noisy:
        lags += _peaks(_cross_correlation(first.noise, second.noise), 4)
    return [peak - (len(first) - 1) for peak in dict.fromkeys(lags)]


def _noise(look: Vectors, grain: Vectors) -> Vectors:
    """Grain from the row before each row to the one after it, where nothing moves and an encoder left any."""
    found = np.zeros_like(grain)
    found[1:-1] = grain[1:-1] + grain[2:]
    is_still = np.linalg.norm(changes(look), axis=1) < _MOTION
    tells = is_still & (np.sqrt((found**2).mean(axis=1)) >= _LEAST_NOISE) & _seen(look)
    # Noise is everywhere; what stands out in a few cells is light or somebody at the edge of the picture.
    most = _MOST_NOISE * np.median(np.abs(found), axis=1, keepdims=True)
    found = np.clip(found, -most, most) * tells[:, None]
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6), np.float32)


def changes(vectors: Vectors) -> Vectors:
    """Change from the picture before each row to the one after it; zero at the ends and beside blank ones."""
    found = np.zeros_like(vectors)
    if len(vectors) > 2:
        found[1:-1] = vectors[2:] - vectors[:-2]
        seen = _seen(vectors)
        found[1:-1][~(seen[2:] & seen[:-2])] = 0.0
    return found


def _seen(vectors: Vectors) -> NDArray[np.bool_]:
    """Rows of pictures that have contrast."""
    return np.asarray(np.abs(vectors).sum(axis=1) > 0, dtype=np.bool_)


def _votes(first: Vectors, second: Vectors) -> NDArray[np.float64]:
    """Votes by lag + len(first) - 1, smoothed over three rows."""
    votes = np.zeros(len(first) + len(second) - 1)
    rows = np.arange(0, len(first), _STEP)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        alike = first[block] @ second.T
        who, where = np.nonzero(alike >= LIKE)
        weights = (alike[who, where] - LIKE) / (1 - LIKE)
        votes += np.bincount(where - block[who] + len(first) - 1, weights, len(votes))
    return np.convolve(votes, (0.5, 1.0, 0.5), "same")


def _cross_correlation(first: Vectors, second: Vectors) -> NDArray[np.float64]:
    """Sum over rows of first[i]·second[i + lag], by lag + len(first) - 1."""
    length = len(first) + len(second) - 1
    size = 1 << (length - 1).bit_length()
    total = np.zeros(size // 2 + 1, np.complex128)
    for axis in range(first.shape[1]):
        total += np.conj(np.fft.rfft(first[:, axis], size)) * np.fft.rfft(second[:, axis], size)
    return np.roll(np.fft.irfft(total, size), len(first) - 1)[:length]


def _peaks(values: NDArray[np.float64], most: int) -> list[int]:
    """Places of the largest positive values, at least three apart."""
    left = values.copy()
    found: list[int] = []
    while len(found) < most and len(left):
        place = int(left.argmax())
        if left[place] <= 0:
            break
        found.append(place)
        left[max(0, place - 2) : place + 3] = 0
    return found


def _stretches(one: Track, other: Track, lag: int, free: Free) -> Iterator[Stretch]:
    low, high = max(0, -lag), min(len(one), len(other) - lag)
    if high - low < SHORTEST:
        return
    rows, there = slice(low, high), slice(low + lag, high + lag)
    mine, beside = one.look[rows], _nearest(one.look[rows], other.look, low + lag)
    score = np.einsum("ij,ij->i", mine, beside)
    grain = _grain_alike(one.noise[rows], other.noise[there])
    blank = ~_seen(mine) & ~_seen(beside)
    open_to = free[0][rows] & free[1][there]
    fits, may_fit = (((score >= bar) | blank) & open_to for bar in (LIKE, BESIDE))
    for start, end in _runs(fits):
        # Changes within the stretch only: a cut at its edge is none of its motion.
        motion = _motion_alike(changes(mine[start:end]), changes(beside[start:end]))
        alike = max(motion if motion >= ALIKE_MOTION else 0.0, _grain_of_all(grain[start:end]))
        if (~blank[start:end]).sum() >= SHORTEST and alike > 0:
            start, end = _widened(may_fit, grain, start, end)
            seen = ~blank[start:end]
            yield Stretch(low + start, end - start, lag, float(score[start:end][seen].mean()), alike)


def _grain_alike(mine: Vectors, other: Vectors) -> NDArray[np.float32]:
    """Cosine of the grain of each row; NaN where one of the two has none that tells."""
    tells = mine.any(axis=1) & other.any(axis=1)
    return np.where(tells, np.einsum("ij,ij->i", mine, other), np.nan)


def _grain_of_all(alike: NDArray[np.float32]) -> float:
    """Mean cosine of the grain of a stretch, 0 where it is not alike or too few rows have any.

    Most rows must have some: an encoder that renews its picture once a second does so alike at all times.
    """
    told = alike[~np.isnan(alike)]
    if len(told) < max(_NOISY_ROWS, _NOISY_SHARE * len(alike)):
        return 0.0
    mean = float(told.mean())
    return mean if mean >= ALIKE_GRAIN else 0.0


def _widened(may_fit: NDArray[np.bool_], grain: NDArray[np.float32], start: int, end: int) -> tuple[int, int]:
    """The run with the rows on both sides of it that may fit, too (hysteresis: Canny 1986).

    Where their grain tells that they are other moments, they are left out: behind a cut to another take of
    the same camera everything looks as if it went on.
    """
    before, after = np.flatnonzero(~may_fit[:start]), np.flatnonzero(~may_fit[end:])
    low = int(before[-1]) + 1 if len(before) else 0
    high = end + (int(after[0]) if len(after) else len(may_fit) - end)
    return (
        start if _is_another(grain[low:start]) else low,
        end if _is_another(grain[end:high]) else high,
    )


def _is_another(alike: NDArray[np.float32]) -> bool:
    """Say whether grain tells two stretches apart; few rows tell nothing."""
    told = alike[~np.isnan(alike)]
    return len(told) >= _FEWEST_ROWS and float(told.mean()) < ALIKE_GRAIN


def _nearest(mine: Vectors, second: Vectors, start: int) -> Vectors:
    """What the second fingerprint shows beside each row of the first, within half a row or so.

    Copies at another frame rate hold pictures a little longer or shorter, each by another part of a row.
    """
    moved = np.stack([_moved(second, start, len(mine), part) for part in _FRACTIONS])
    fit = np.einsum("ij,kij->ki", mine, moved)
    return np.asarray(moved[fit.argmax(axis=0), np.arange(len(mine))], np.float32)


def _moved(vectors: Vectors, start: int, count: int, part: float) -> Vectors:
    places = np.arange(start, start + count)
    beside = np.clip(places + (1 if part > 0 else -1), 0, len(vectors) - 1)
    mixed = (1 - abs(part)) * vectors[places] + abs(part) * vectors[beside]
    norms = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(np.where(norms > 1e-6, mixed / np.maximum(norms, 1e-6), 0.0), np.float32)


def _motion_alike(mine: Vectors, other: Vectors) -> float:
    """Correlation of changes over the rows that move enough to tell, by how much they move; 0 for too few."""
    energy = [np.einsum("ij,ij->i", item, item) for item in (mine, other)]
    around = [np.convolve(item, np.ones(_WINDOW) / _WINDOW, "same")[: len(mine)] for item in energy]
    tells = np.sqrt(np.sqrt(around[0] * around[1])) >= _MOTION
    if tells.sum() < _MOVING_ROWS:
        return 0.0
    both = float(np.einsum("ij,ij->i", mine, other)[tells].sum())
    total = float(np.sqrt(energy[0][tells].sum() * energy[1][tells].sum()))
    return both / total if total > 0 else 0.0


def _runs(fits: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """[start, end) of rows that fit, across gaps of at most two rows."""
    start: int | None = None
    last = -1
    for row in np.flatnonzero(fits).tolist():
        if start is not None and row - last > _GAP + 1:
            yield start, last + 1
            start = None
        start = row if start is None else start
        last = row
    if start is not None:
        yield start, last + 1
