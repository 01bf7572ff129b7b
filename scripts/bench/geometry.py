"""Vectors for benchmarks that lie as real ones do: anisotropic, shots of one film near each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors

_WITHIN = 0.45
"""Spread of the shots of one film, as a share of the spread of all pictures."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """Mean and principal axes of real vectors, from which any number can be drawn.

    Attributes:
        mean: [dim].
        axes: [k, dim], each as long as one standard deviation.
        queries: [q, dim], unit norm; real text vectors where there are some.
    """

    mean: Vectors
    axes: Vectors
    queries: Vectors

    def films(self, count: int, shots: int, seed: int) -> Iterator[Vectors]:
        """Unit vectors [shots, dim] of each of so many films."""
        random = np.random.default_rng(seed)
        rank = len(self.axes)
        for _ in range(count):
            centre = random.standard_normal(rank) @ self.axes
            spread = _WITHIN * random.standard_normal((shots, rank)) @ self.axes
            yield unit(self.mean + centre + spread)

    def squeezed(self, dim: int, seed: int = 0) -> "Geometry":
        """The same geometry in fewer dimensions, by a random orthonormal projection."""
        square = np.random.default_rng(seed).standard_normal((len(self.mean), dim))
        basis = np.linalg.qr(square)[0].astype(np.float32)
        return Geometry(self.mean @ basis, self.axes @ basis, unit(self.queries @ basis))


def real_geometry(folder: Path) -> Geometry:
    """Geometry of CLIP image vectors, asked with CLIP text vectors.

    Args:
        folder: Holds ``flickr8k_clip_vitb32_image.npy`` [n, 512] and ``lvis_v1_clip_a+cname.npy``.
    """
    pictures = unit(np.load(folder / "flickr8k_clip_vitb32_image.npy").astype(np.float32))
    words = np.load(folder / "lvis_v1_clip_a+cname.npy").astype(np.float32)
    if words.shape[1] != pictures.shape[1]:
        words = words.T
    return _fitted(pictures, unit(words))


def synthetic_geometry(dim: int = 512, seed: int = 3) -> Geometry:
    """A stand-in where no real vectors are at hand: a strong mean, variances that fall off like 1/n."""
    random = np.random.default_rng(seed)
    scales = 1 / np.sqrt(np.arange(1, dim + 1))
    mean = random.standard_normal(dim) * 2
    pictures = mean + random.standard_normal((2000, dim)) * scales * 4
    words = mean * 0.3 + random.standard_normal((1000, dim)) * scales * 4
    return _fitted(unit(pictures), unit(words))


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """The same directions at length one, float32."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / lengths, dtype=np.float32)


def _fitted(pictures: Vectors, words: Vectors) -> Geometry:
    mean = pictures.mean(axis=0)
    _, lengths, directions = np.linalg.svd(pictures - mean, full_matrices=False)
    axes = directions * (lengths / np.sqrt(len(pictures)))[:, None]
    return Geometry(mean.astype(np.float32), axes.astype(np.float32), words)
