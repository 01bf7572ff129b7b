"""Asks judged queries through the API: once with every signal, and once with each of them alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from foundation.errors import BadKnownItems
from scripts.evaluation.known_items import KnownItem, Shown, first_problem
from scripts.evaluation.measures import DEPTH, gains_of
from search_api.client import Client
from search_api.schemas import SIGNALS, Hit, SearchReply, SearchRequest, SignalName
from search_api.schemas_examples import Example, ExampleRequest

FUSED = "fused"
"""Name of the answer in which every signal takes part."""

_OWN_HITS = 3
"""Hits of an example's own asset that a page may hold at most, asked for on top."""

_PAGE = 200


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


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks an archive whose assets have these ids by name."""

    client: Client
    ids: Mapping[str, str]

    def answer(
        self,
        item: KnownItem,
        channel: str,
        signals: Sequence[SignalName],
        packs: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask one query of one channel."""
        request = request_of(item, signals, self.ids).model_copy(update=packs or {})
        if isinstance(request, ExampleRequest):
            reply = self.client.search_by_example(request)
        else:
            reply = self.client.search(request)
        return Answer(item, channel, judged(item, reply))


def ask(client: Client, items: Sequence[KnownItem], channels: Sequence[SignalName]) -> list[Answer]:
    """Answers of every query, fused and by each of ``channels`` alone.

    Raises:
        BadKnownItems: An example is no asset of the archive.
    """
    asker = _Asker(client, _ids(client, items))
    return [answer for item in items for answer in _answers(asker, item, channels)]


def ask_alone(
    client: Client, items: Sequence[KnownItem], signal: SignalName, packs: Mapping[str, str]
) -> list[Answer]:
    """Answers of one signal alone to every query that lets it take part.

    Args:
        client: The API.
        items: What is asked.
        signal: The only one that takes part.
        packs: Packs in place of those in use, as fields of the request: ``{"visual_pack": name}``.

    Raises:
        BadKnownItems: An example is no asset of the archive.
    """
    asker = _Asker(client, _ids(client, items))
    allowed = [item for item in items if signal in (item.signals or SIGNALS)]
    return [asker.answer(item, signal, (signal,), packs) for item in allowed]


def signals_on(client: Client) -> list[SignalName]:
    """Signals that take part in searches of this archive."""
    states = client.search("anything", limit=1).signals
    return [name for name in SIGNALS if states.get(name) == "on"]


def _answers(asker: _Asker, item: KnownItem, channels: Sequence[SignalName]) -> list[Answer]:
    allowed = item.signals or SIGNALS
    single = [asker.answer(item, name, (name,)) for name in channels if name in allowed]
    return [asker.answer(item, FUSED, item.signals), *single]


def _ids(client: Client, items: Sequence[KnownItem]) -> dict[str, str]:
    """Ids of the archive's assets by name; nothing is asked where no query shows an example."""
    if not any(item.by_example for item in items):
        return {}
    page = client.assets(limit=_PAGE)
    ids = {asset.name: asset.id for asset in page.assets}
    while page.next_cursor is not None:
        page = client.assets(cursor=page.next_cursor, limit=_PAGE)
        ids |= {asset.name: asset.id for asset in page.assets}
    return ids


def request_of(
    item: KnownItem, signals: Sequence[SignalName], ids: Mapping[str, str]
) -> SearchRequest | ExampleRequest:
    """The search that asks a judged query.

    Args:
        item: The query.
        signals: Those that may take part; all when empty.
        ids: Ids by name of the assets that are shown as examples.

    Raises:
        BadKnownItems: An example is none of them, or no search can be like that.
    """
    try:
        return _request_of(item, signals, ids)
    except ValidationError as error:
        raise BadKnownItems(f"{item.told[:80]!r} cannot be asked: {first_problem(error)}.") from error


def _request_of(
    item: KnownItem, signals: Sequence[SignalName], ids: Mapping[str, str]
) -> SearchRequest | ExampleRequest:
    filters = item.filters.model_dump(exclude_unset=True)
    limit = DEPTH + _OWN_HITS * len(item.like)
    asked = {"q": item.q, "limit": limit, "demand": False, "signals": list(signals)} | filters
    if not item.by_example:
        return SearchRequest.model_validate(asked)
    like, unlike = ([_example(place, ids) for place in side] for side in (item.like, item.unlike))
    shown = {"like": like, "unlike": unlike, "unlike_text": list(item.unlike_text)}
    return ExampleRequest.model_validate(asked | shown)


def _example(place: Shown, ids: Mapping[str, str]) -> Example:
    if place.asset not in ids:
        raise BadKnownItems(f"{place.asset!r}, which is shown as an example, is no asset of this archive.")
    return Example(asset=ids[place.asset], start=place.start, end=place.end)


def judged(item: KnownItem, reply: SearchReply) -> tuple[Judged, ...]:
    """The hits of a reply, each held against what was asked for; those on its examples are left out."""
    found = [hit for hit in reply.hits if not any(place.holds(hit) for place in item.like)]
    return tuple(_judge(item, hit) for hit in found[:DEPTH])


def _judge(item: KnownItem, hit: Hit) -> Judged:
    places = tuple(number for number, place in enumerate(item.relevant) if place.holds(hit))
    is_wrong = not places and not any(place.holds(hit) for place in item.also)
    return Judged(places, is_wrong, hit.confidence)
