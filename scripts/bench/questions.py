"""What the search benchmark asks over HTTP: plain, filtered, in temporal order, by example, all at once."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import numpy as np
from numpy.typing import NDArray

from foundation.ids import AssetId
from scripts.bench.search_archive import SHOT_FRAMES

LIMIT = 20
CLIENTS = 20
_SECONDS = 60
_WORDS = 20_000
_FUNCTION_WORDS = 80
"""The most frequent words, as many as a search leaves out of English questions."""


class Vocabulary:
    """Words whose frequencies fall off as in speech (Zipf's law), sentences of them, and questions."""

    def __init__(self, seed: int = 11) -> None:
        self._random = np.random.default_rng(seed)
        letters = self._random.integers(97, 123, (_WORDS, 7)).astype(np.uint8)
        self._words = [row.tobytes().decode()[: 3 + n % 5] for n, row in enumerate(letters)]
        weights = 1 / np.arange(1, _WORDS + 1)
        self._chances = np.cumsum(weights / weights.sum())

    def sentence(self, words: int) -> str:
        """A sentence of so many words."""
        return self._drawn(self._random.random(words))

    def question(self, words: int) -> str:
        """So many words that tell something: none of the most frequent."""
        least = self._chances[_FUNCTION_WORDS - 1]
        return self._drawn(least + (1 - least) * self._random.random(words))

    def _drawn(self, chances: NDArray[np.float64]) -> str:
        rows = np.searchsorted(self._chances, chances)
        return " ".join(self._words[min(row, _WORDS - 1)] for row in rows)


@dataclass(frozen=True, slots=True)
class Question:
    """One request: query parameters, or a body for a search by example."""

    parameters: Mapping[str, str | int]
    body: Mapping[str, object] | None = None

    def ask(self, client: httpx.Client) -> httpx.Response:
        """Send it."""
        if self.body is None:
            return client.get("/v1/search", params=dict(self.parameters))
        return client.post("/v1/search/by-example", json=dict(self.body))


def questions(
    vocabulary: Vocabulary, films: Sequence[AssetId], count: int
) -> Mapping[str, Sequence[Question]]:
    """So many questions of every kind, by the name of the kind."""
    makers: Mapping[str, Callable[[int], Question]] = {
        "plain": lambda _: _words(vocabulary.question(4)),
        "filtered": lambda number: _words(vocabulary.question(4), year=1924 + number % 100),
        "A then B": lambda _: _words(f"{vocabulary.question(3)} then {vocabulary.question(3)}"),
        "by example": lambda number: _like(films[number * 7919 % len(films)], number % 50),
    }
    return {kind: [make(number) for number in range(count)] for kind, make in makers.items()}


def server_times(address: str, asked: Sequence[Question]) -> list[float]:
    """Milliseconds of each question as the server says it took, the client's own work left out."""
    with httpx.Client(base_url=address, timeout=_SECONDS) as client:
        answers = [question.ask(client).raise_for_status() for question in asked]
    return [float(answer.headers["server-timing"].rpartition("=")[2]) for answer in answers]


def failures_at_once(address: str, asked: Sequence[Question]) -> int:
    """How many questions fail when :data:`CLIENTS` clients ask them at the same time."""

    def fails(question: Question) -> bool:
        try:
            return not question.ask(client).is_success
        except httpx.HTTPError:
            return True

    limits = httpx.Limits(max_connections=CLIENTS)
    with (
        httpx.Client(base_url=address, timeout=_SECONDS, limits=limits) as client,
        ThreadPoolExecutor(CLIENTS) as clients,
    ):
        return sum(clients.map(fails, asked))


def _words(text: str, **filters: int) -> Question:
    return Question({"q": text, "limit": LIMIT, **filters})


def _like(film: AssetId, shot: int) -> Question:
    example = {"asset": film, "in_frame": shot * SHOT_FRAMES, "out_frame": (shot + 1) * SHOT_FRAMES}
    return Question({}, {"like": [example], "limit": LIMIT})
