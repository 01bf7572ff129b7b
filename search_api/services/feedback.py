"""Relevance feedback: a query vector moved towards what is wanted and away from what is not. Pure.

Rocchio's rule (J. J. Rocchio, "Relevance feedback in information retrieval", The SMART Retrieval System,
1971; Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, 9.1.1): the query, plus the
centre of the wanted, minus a part of the centre of the unwanted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.encoder import EncoderSpec, Vectors

AWAY = 0.5
"""Weight of the unwanted against the wanted. Chosen once for the precision of what comes next on ViT-B/32
vectors of Flickr8k, with two wanted and two rejected look-alikes; nothing here repeats that."""

PICTURE_SPREAD = 0.25
"""Weight of a picture beside a sentence. Cosines of a sentence with pictures spread a quarter as far as those
of a picture with pictures (ViT-B/32; ``python -m scripts.bench lifts``): so both count alike."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What examples add to a query in one space.

    Attributes:
        spec: Of the space.
        vector: [dim], in the scale of a unit query vector.
        is_wanted: Something wanted is in it, so that it can be looked for without words.
    """

    spec: EncoderSpec
    vector: Vectors
    is_wanted: bool


def shift_of(
    spec: EncoderSpec,
    wanted: Sequence[Vectors],
    unwanted: Sequence[Vectors],
    unwanted_words: Sequence[Vectors],
    *,
    spread: float,
) -> Shift | None:
    """Combine examples of one space; None without any.

    Args:
        spec: Of the space.
        wanted: Unit vectors [dim].
        unwanted: Likewise.
        unwanted_words: Unit vectors [dim] of sentences in this space.
        spread: Weight of an example beside a sentence: :data:`PICTURE_SPREAD` among pictures, 1 in passages.
    """
    if not (len(wanted) or len(unwanted) or len(unwanted_words)):
        return None
    towards = spread * (_centre(wanted, spec.dim) - AWAY * _centre(unwanted, spec.dim))
    vector: Vectors = towards - AWAY * _centre(unwanted_words, spec.dim)
    return Shift(spec, vector.astype(np.float32), is_wanted=len(wanted) > 0)


def moved(words: Vectors | None, shift: Shift) -> Vectors | None:
    """The unit vector [dim] to look for: words with the shift, or the shift alone.

    None where nothing is wanted, or where what is wanted is just what is not.
    """
    if words is None and not shift.is_wanted:
        return None
    vector = shift.vector if words is None else words + shift.vector
    norm = float(np.linalg.norm(vector))
    unit: Vectors = (vector / max(norm, 1e-6)).astype(np.float32)
    return None if norm < 1e-6 else unit


def centre(vectors: Vectors) -> Vectors:
    """Unit vector [dim] in the middle of unit vectors [n, dim], n > 0; zero where they cancel each other."""
    middle = vectors.mean(axis=0)
    unit: Vectors = (middle / max(float(np.linalg.norm(middle)), 1e-6)).astype(np.float32)
    return unit


def _centre(vectors: Sequence[Vectors], dim: int) -> Vectors:
    return centre(np.stack(vectors)) if len(vectors) else np.zeros(dim, np.float32)
