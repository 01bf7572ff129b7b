"""What a cosine is worth: how far a match stands out from what an archive gives to any question.

Cosines of different queries and encoders do not compare, so that no fixed threshold tells a match from noise.
Two things do, and can be measured in any archive. The *background* of a query is its mean cosine with a fair
sample of what is stored. The *chance level* of a space is how near the nearest comes to
:data:`UNLIKELY_QUERIES`, which have no answer: it rises with the size of the archive, and the weaker the
encoder is, the less a true match rises above it.
"""

import hashlib
import io
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from catalog.query import AssetFilter
from embeddings.atomic_file import publish
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.vector_index import VectorIndex
from search_api.services.unlikely_queries import UNLIKELY_QUERIES

SAMPLE = 1024
"""Stored vectors that a query is compared with; the error of their mean is a thirtieth of their spread."""
SHARE = 0.5
"""Part of its background that is taken off a score. On 480 stills of Flickr8k and two encoders, none tells
queries with an answer best from those without, all tells right hits best from wrong ones; half does both
(``python -m scripts.bench lifts``)."""
EVEN_LIFT = 1.1
"""Lift at which a match is as likely right as wrong. On the same stills with miniclip the best curve has 0.9,
and of hits with a lift of 1 to 2 two thirds are right, of 3 to 3.5 nine tenths, of more nineteen in twenty
(the same command): trust errs to the low side."""
WEAK_LIFT = 2 / 3
"""By how much less an encoder that is known to be weak rises: its hits are right as often at 4.5 as others
at 3."""
LEAST_SPREAD = 0.02
"""Smallest spread of the chance level: a handful of vectors may all lie equally far from everything."""
NEAREST_LOOKALIKE = 0.92
"""Cosine that chance never counts beyond: in a handful of frames of one scene all are look-alikes."""
ITSELF = EVEN_LIFT + 4
"""Lift of a picture over its own background. On 986 stills of Flickr8k with ViT-B/32 vectors, 0.6 % of them
then have a strong other one and 9 % a possible one (the same command); pictures that are noise have none."""
REGROWN = 1.25
"""Growth of a space after which its chance level is measured anew."""

COUNTED_FOR = 5.0
"""Seconds for which a large space is taken to be as large as it was: counting waits for the engine's turn."""

MIXED = 14
"""Unlikely queries that examples are put together with; each costs as much as the search itself."""

Encode = Callable[[Sequence[str]], Vectors]
Mix = Callable[[Vectors], Vectors | None]
"""The unit vector [dim] of words together with examples, from that of the words; None if they cancel out."""


@dataclass(frozen=True, slots=True)
class Background:
    """One query in one space.

    Attributes:
        mean: Cosine with what is stored, on average.
        chance: Nearest cosine to an unlikely query, less its background; the mean over those queries.
        spread: Standard deviation of the same.
        share: By how much lifts are shortened, 0..1; 1 for encoders not known to be weak.
    """

    mean: float
    chance: float
    spread: float
    share: float = 1.0

    def lift(self, cosine: float) -> float:
        """Spreads by which a match rises above chance."""
        return self.share * (cosine - SHARE * self.mean - self.chance) / self.spread

    def trust(self, cosine: float) -> float:
        """0..1: how likely a match is right."""
        return 1.0 / (1.0 + math.exp(min(EVEN_LIFT - self.lift(cosine), 50.0)))


@dataclass(frozen=True, slots=True)
class _Level:
    """The chance level of a space as it was measured; ``centre`` [dim] is the mean of the sample."""

    points: int
    sample: Vectors
    centre: Vectors | None
    chance: float
    spread: float


@dataclass
class Backgrounds:
    """Chance levels of the spaces that are searched, measured when first needed and when a space has grown.

    Args:
        kept: Where encoded :data:`UNLIKELY_QUERIES` are kept, given a file name.
        clock: Seconds that only go on.
    """

    kept: Callable[[str], Path]
    clock: Callable[[], float] = time.monotonic
    _counted: dict[str, float] = field(default_factory=dict)
    _levels: dict[str, _Level] = field(default_factory=dict)
    _measuring: threading.Lock = field(default_factory=threading.Lock)

    def of(self, index: VectorIndex, spec: EncoderSpec, vector: Vectors, encode: Encode) -> Background:
        """The background of a query.

        Args:
            index: Holds the space.
            spec: Of the space.
            vector: [dim] of the query.
            encode: Sentences to [n, dim] vectors of this space.

        Raises:
            IndexUnavailable: The index does not answer.
        """
        level = self._level(index, spec, encode)
        mean = 0.0 if level.centre is None else float(level.centre @ vector)
        return Background(mean, level.chance, level.spread, _share(spec))

    def of_example(
        self, index: VectorIndex, spec: EncoderSpec, vector: Vectors, encode: Encode
    ) -> Background:
        """The background of a stored or encoded picture that is looked for without words.

        Pictures lie much nearer to each other than sentences to pictures. Chance is how near the nearest is
        of so many vectors that lie around this one as the sample does: the expected largest of n normal
        deviates is √(2 ln n) of them above the mean. From there the scale runs to the picture itself, a
        cosine of 1.

        Args:
            index: Holds the space.
            spec: Of the space.
            vector: [dim] of the picture.
            encode: Sentences to [n, dim] vectors of this space.

        Raises:
            IndexUnavailable: The index does not answer.
        """
        level = self._level(index, spec, encode)
        cosines = level.sample @ vector if len(level.sample) else np.zeros(1, np.float32)
        mean, deviation = float(cosines.mean()), float(cosines.std())
        nearest = min(mean + deviation * math.sqrt(2 * math.log(max(level.points, 2))), NEAREST_LOOKALIKE)
        return Background(mean, nearest - SHARE * mean, (1 - nearest) / ITSELF)

    def of_mixture(
        self, index: VectorIndex, spec: EncoderSpec, vector: Vectors, encode: Encode, mix: Mix
    ) -> Background:
        """The background of words together with examples.

        Chance is how near the nearest comes when the same examples go with words that have no answer. What
        looks like the examples alone is in it, so that a match rises by what the words add.

        Args:
            index: Holds the space.
            spec: Of the space.
            vector: [dim] of words and examples together.
            encode: Sentences to [n, dim] vectors of this space.
            mix: Puts the examples beside other words.

        Raises:
            IndexUnavailable: The index does not answer.
        """
        level = self._level(index, spec, encode)
        if level.centre is None:
            return self.of(index, spec, vector, encode)
        unlikely = self._unlikely(spec, encode)[:: len(UNLIKELY_QUERIES) // MIXED]
        mixed = [both for words in unlikely if (both := mix(words)) is not None]
        chance, spread = _chance(index, spec, np.array(mixed or unlikely), level.centre)
        return Background(float(level.centre @ vector), chance, spread, _share(spec))

    def _level(self, index: VectorIndex, spec: EncoderSpec, encode: Encode) -> _Level:
        fresh = self._fresh(spec.space)
        if fresh is not None:
            return fresh
        points = next((row.points for row in index.stats() if row.space == spec.space), 0)
        with self._measuring:
            known = self._levels.get(spec.space)
            if known is None or not known.points / REGROWN <= points <= known.points * REGROWN:
                known = _measured(index, spec, points, self._unlikely(spec, encode))
                self._levels[spec.space] = known
            self._counted[spec.space] = self.clock()
            return known

    def _fresh(self, space: str) -> _Level | None:
        """The level of a large space that was counted a moment ago."""
        known, counted = self._levels.get(space), self._counted.get(space)
        if known is None or counted is None or known.points <= SAMPLE:
            return None
        return known if self.clock() < counted + COUNTED_FOR else None

    def _unlikely(self, spec: EncoderSpec, encode: Encode) -> Vectors:
        digest = hashlib.sha256("\n".join((spec.space, *UNLIKELY_QUERIES)).encode()).hexdigest()[:16]
        file = self.kept(f"unlikely-{digest}.npy")
        if not file.is_file():
            written = io.BytesIO()
            np.save(written, encode(UNLIKELY_QUERIES))
            publish(file, written.getvalue())
        vectors: Vectors = np.load(file, allow_pickle=False)
        return vectors


def _measured(index: VectorIndex, spec: EncoderSpec, points: int, unlikely: Vectors) -> _Level:
    sample = index.sample(spec.space, SAMPLE)
    if not len(sample):
        return _Level(points, sample, None, 0.0, 1.0)
    centre = sample.mean(axis=0)
    return _Level(points, sample, centre, *_chance(index, spec, unlikely, centre))


def _chance(index: VectorIndex, spec: EncoderSpec, queries: Vectors, centre: Vectors) -> tuple[float, float]:
    """How near the nearest comes to queries [n, dim] without an answer, less their background; its spread."""
    nearest = [index.search(spec.space, vector, AssetFilter(), 1) for vector in queries]
    best = np.array([found[0].score if found else 0.0 for found in nearest])
    risen = best - SHARE * (queries @ centre)
    return float(risen.mean()), max(float(risen.std()), LEAST_SPREAD)


def _share(spec: EncoderSpec) -> float:
    return WEAK_LIFT if spec.weakness else 1.0
