"""What lies near a query in the vector index: asked ahead, in other threads, while words are looked up."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from catalog.query import AssetFilter
from embeddings.encoder import EncoderSpec, TextEncoder, Vectors, VisualEncoder
from embeddings.vector_index import VectorIndex, VectorMatch
from foundation.errors import IndexUnavailable, ModelError
from search_api.schemas import SignalName
from search_api.services.encoders import Encoders, Slot
from search_api.services.evidence import SignalAnswer
from search_api.services.examples import Steering
from search_api.services.feedback import Shift, moved
from search_api.services.parse import ParsedText

MOST_VECTORS = 5_000
"""Vectors that are fetched at most."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What every signal is asked.

    Attributes:
        depth: Assets that should be found where there are so many.
        steering: What examples of the search do to it.
        excluded: What pictures should not look like, in words.
        most: Vectors that are fetched at most, however few assets they lie in.
        known: What is settled by the same question, asked in more assets.
    """

    text: ParsedText
    where: AssetFilter
    depth: int
    steering: Steering | None = None
    excluded: tuple[str, ...] = ()
    most: int = MOST_VECTORS
    known: tuple[SignalAnswer, ...] = ()

    @property
    def is_listing(self) -> bool:
        """Say whether nothing is looked for: whatever passes the filters will do."""
        return self.text.is_empty and self.steering is None

    def settled(self, signal: SignalName, rankings: Collection[str]) -> SignalAnswer | None:
        """What these rankings of a signal say, where that is known."""
        answer = next((answer for answer in self.known if answer.signal == signal), None)
        return None if answer is None else answer.part(rankings)


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest neighbours of a query, best first.

    Attributes:
        spec: The encoder of their space.
        vector: [dim] of the query; None where there is nothing to look for.
        is_full: There may be more.
    """

    spec: EncoderSpec
    vector: Vectors | None
    matches: Sequence[VectorMatch] = ()
    is_full: bool = False


NearHere = Callable[[], Near]
"""Waits for the neighbours; raises ModelError leaves, IndexUnavailable."""


@dataclass(frozen=True, slots=True)
class Nearby:
    """Neighbours of one query in the spaces of pictures and of passages."""

    pictures: NearHere
    passages: NearHere


def asked_ahead(
    pool: Executor | None,
    ask: Ask,
    encoders: Encoders,
    index: VectorIndex | None,
    wanted: Collection[SignalName],
) -> Nearby:
    """Begin to look for the neighbours that the wanted signals will ask for; without a pool, once they do."""

    def begun(
        near: Callable[[Ask, Encoders, VectorIndex | None], Near], signal: SignalName, ranking: str
    ) -> NearHere:
        if pool is not None and signal in wanted and ask.settled(signal, (ranking,)) is None:
            return pool.submit(near, ask, encoders, index).result
        return partial(near, ask, encoders, index)

    return Nearby(begun(near_pictures, "visual", "visual"), begun(near_passages, "speech", "meaning"))


def near_pictures(ask: Ask, encoders: Encoders, index: VectorIndex | None) -> Near:
    """Pictures near the words and examples, in many assets.

    Raises:
        ModelError, IndexUnavailable: They cannot be looked for.
    """
    shift = None if ask.steering is None else ask.steering.picture
    spec, vector = _query(ask.text.plain, shift, encoders.visual, encoders.picture_query)
    if vector is None:
        return Near(spec, None)
    return Near(spec, vector, *_of_many_assets(index, spec, vector, ask))


def near_passages(ask: Ask, encoders: Encoders, index: VectorIndex | None) -> Near:
    """Passages near the words and examples.

    Raises:
        ModelError, IndexUnavailable: They cannot be looked for.
    """
    shift = None if ask.steering is None else ask.steering.meaning
    spec, vector = _query(ask.text.plain, shift, encoders.text, encoders.meaning_query)
    if vector is None:
        return Near(spec, None)
    matches = opened(index).search(spec.space, vector, ask.where, ask.depth)
    return Near(spec, vector, matches, len(matches) >= ask.depth)


def opened(index: VectorIndex | None) -> VectorIndex:
    """The index; raises IndexUnavailable where it could not be opened."""
    if index is None:
        raise IndexUnavailable("The vector index cannot be opened.")
    return index


def _query(
    words: str,
    shift: Shift | ModelError | None,
    slot: Slot[VisualEncoder] | Slot[TextEncoder],
    encode: Callable[[str], tuple[EncoderSpec, Vectors]],
) -> tuple[EncoderSpec, Vectors | None]:
    """The vector to look for: words, examples, or both; None without any."""
    if isinstance(shift, ModelError):
        raise shift
    spec, vector = encode(words) if words else (slot.get().spec, None)
    return spec, vector if shift is None else moved(vector, shift)


def _of_many_assets(
    index: VectorIndex | None, spec: EncoderSpec, vector: Vectors, ask: Ask
) -> tuple[list[VectorMatch], bool]:
    """Nearest pictures, further away where a few long films fill them; and whether there may be more."""
    # Shots of a film look alike: a third of the assets is mostly reached at once. A match costs more than the
    # search for it, so what is not enough is doubled. Where assets are named, most lies in a few of them.
    limit = min(ask.depth * (6 if ask.where.assets else 4), ask.most)
    while True:
        matches = opened(index).search(spec.space, vector, ask.where, limit)
        is_full = len(matches) >= limit
        enough = len({match.place.asset for match in matches}) * 3 >= ask.depth
        if not is_full or enough or limit >= ask.most:
            return matches, is_full
        limit = min(limit * 2, ask.most)
