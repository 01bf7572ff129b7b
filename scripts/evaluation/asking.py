"""Asks judged queries through the API: once with every signal, and once with each of them alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.evaluation.known_items import KnownItem
from scripts.evaluation.measures import DEPTH, gains_of
from search_api.client import Client
from search_api.schemas import SIGNALS, Hit, SearchReply, SearchRequest, SignalName

FUSED = "fused"
"""Name of the answer in which every signal takes part."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One hit, judged.

    Attributes:
        places: Which of the places asked for it lies in.
        is_wrong: It is neither asked for nor an answer all the same.
        confidence: As the reply says.
    """

    places: tuple[int, ...]
    is_wrong: bool
    confidence: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one query got from one channel: a signal, or all of them fused."""

    item: KnownItem
    channel: str
    hits: tuple[Judged, ...]

    @property
    def gains(self) -> list[int]:
        """Gain of each hit, best first."""
        return gains_of([hit.places for hit in self.hits])


def ask(client: Client, items: Sequence[KnownItem], channels: Sequence[SignalName]) -> list[Answer]:
    """Answers of every query, fused and by each of ``channels`` alone."""
    return [answer for item in items for answer in _answers(client, item, channels)]


def ask_alone(
    client: Client, items: Sequence[KnownItem], signal: SignalName, packs: Mapping[str, str]
) -> list[Answer]:
    """Answers of one signal alone to every query that lets it take part.

    Args:
        client: The API.
        items: What is asked.
        signal: The only one that takes part.
        packs: Packs in place of those in use, as fields of the request: ``{"visual_pack": name}``.
    """
    return [
        Answer(
            item, signal, judged(item, client.search(request_of(item, (signal,)).model_copy(update=packs)))
        )
        for item in items
        if signal in (item.signals or SIGNALS)
    ]


def signals_on(client: Client) -> list[SignalName]:
    """Signals that take part in searches of this archive."""
    states = client.search("anything", limit=1).signals
    return [name for name in SIGNALS if states.get(name) == "on"]


def _answers(client: Client, item: KnownItem, channels: Sequence[SignalName]) -> list[Answer]:
    allowed = item.signals or SIGNALS
    single = [_answer(client, item, name, (name,)) for name in channels if name in allowed]
    return [_answer(client, item, FUSED, item.signals), *single]


def _answer(client: Client, item: KnownItem, channel: str, signals: Sequence[SignalName]) -> Answer:
    reply = client.search(request_of(item, signals))
    return Answer(item, channel, judged(item, reply))


def request_of(item: KnownItem, signals: Sequence[SignalName]) -> SearchRequest:
    """The search that asks a judged query."""
    filters = item.filters.model_dump(exclude_unset=True)
    asked = {"q": item.q, "limit": DEPTH, "demand": False}
    return SearchRequest.model_validate({**asked, "signals": list(signals)} | filters)


def judged(item: KnownItem, reply: SearchReply) -> tuple[Judged, ...]:
    """The hits of a reply, each held against what was asked for."""
    return tuple(_judge(item, hit) for hit in reply.hits)


def _judge(item: KnownItem, hit: Hit) -> Judged:
    places = tuple(number for number, place in enumerate(item.relevant) if place.holds(hit))
    is_wrong = not places and not any(place.holds(hit) for place in item.also)
    return Judged(places, is_wrong, hit.confidence)
