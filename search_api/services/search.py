"""A search from question to hits: parse, ask every signal, fuse, group into moments, show a page."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader
from embeddings.vector_index import VectorIndex
from foundation.ids import AssetId
from foundation.settings import SignalSettings
from search_api import schemas as s
from search_api.schemas_examples import ExampleRequest
from search_api.services.background import Backgrounds
from search_api.services.confidence import NOTHING_GOOD, confidence_of
from search_api.services.cursor import DEEPEST, issue, offset_of
from search_api.services.duplicates import best_first, shown_once
from search_api.services.encoders import Encoders
from search_api.services.evidence import SignalAnswer, off
from search_api.services.examples import Examples, Steering
from search_api.services.filters import filters_of, problem_with, signals_of
from search_api.services.fuse import in_turns
from search_api.services.hits import hits_of, read_page
from search_api.services.moments import Moment, capped
from search_api.services.near import Ask, asked_ahead
from search_api.services.parse import NO_TEXT, Clause, ParsedText, Query, Step, parse_query
from search_api.services.ports import RestoreDesk
from search_api.services.readings import understood_of
from search_api.services.retrieval import Found, Retrieval
from search_api.services.signals import SIGNAL_SEARCHES, Look, Sources
from search_api.services.temporal import sequences_found
from search_api.services.timelines import Timelines
from search_api.services.weights import Tilt, tilt_of

DEPTHS = (25, 100, 400, DEEPEST)
"""Assets that are ranked; a page that reaches further ranks more, without reordering what came before."""


@dataclass(frozen=True, slots=True)
class Search:
    """Everything a search needs.

    Attributes:
        pool: Where words are encoded and neighbours asked for while signals look that need neither; without
            one everything is done in turn.
        observe: Told each signal's name and seconds.
        among: Only these assets answer; all when empty.
        tilt: Which signals a query leans to.
    """

    catalog: Catalog
    index: VectorIndex | None
    encoders: Encoders
    restorer: RestoreDesk
    settings: SignalSettings
    timelines: Timelines
    examples: Examples
    pool: Executor | None
    backgrounds: Backgrounds
    observe: Callable[[str, float], None]
    among: tuple[AssetId, ...] = ()
    tilt: Callable[[ParsedText], Tilt] = tilt_of

    def run(self, request: s.SearchRequest) -> s.SearchReply:
        """Answer one page.

        Raises:
            BadQuery, BadFilter, BadCursor, BadExample: It cannot be asked like this.
            AssetNotFound, MediaError, ToolError: An example cannot be read.
            LocationNotFound, PersonNotFound: A filter names what nobody knows.
        """
        with self.catalog.read() as reader:
            query = _query_of(request, reader)
            identity = canonical(request, query)
            offset = 0 if request.cursor is None else offset_of(request.cursor, identity)
            filters = filters_of(request, reader)
            where = replace(filters.where, assets=self.among) if self.among else filters.where
            found = self._found(reader, request, query, where, offset)
            page = best_first(reader, found.moments[offset : offset + request.limit], found.assets)
            shown = read_page(reader, page, found.assets, self.timelines)
        following = offset + len(page)
        has_more = len(found.moments) > following and following < DEEPEST
        return s.SearchReply(
            query=query.text,
            signals={answer.signal: answer.state for answer in found.answers},
            hits=hits_of(page, shown, self.restorer),
            next_cursor=issue(following, identity) if has_more else None,
            understood=understood_of(query, filters.typed),
            notes=[*query.notes, *_notes(found.answers), *_verdict(found.moments)],
        )

    def _steering(self, reader: CatalogReader, request: s.SearchRequest) -> Steering | None:
        return self.examples.steering(reader, request) if isinstance(request, ExampleRequest) else None

    def _found(
        self, reader: CatalogReader, request: s.SearchRequest, query: Query, where: AssetFilter, offset: int
    ) -> Found:
        wanted = signals_of(request)
        retrieval = Retrieval(
            reader,
            self.timelines,
            lambda ask: self._asked(ask, wanted, reader),
            self._steering(reader, request),
            self.tilt,
        )
        if len(query.steps) > 1:
            return _shared_out(_in_turns(sequences_found(retrieval, query.steps, where)), retrieval, request)
        return _ranked(retrieval, query.steps[0], where, request, offset)

    def _asked(
        self, ask: Ask, wanted: frozenset[s.SignalName], reader: CatalogReader
    ) -> Callable[[], tuple[SignalAnswer, ...]]:
        """Begin to ask every signal; what is returned asks the rest and waits."""
        nearby = asked_ahead(self.pool, ask, self.encoders, self.index, wanted)
        sources = Sources(reader, self.index, self.encoders, self.settings, self.backgrounds, nearby)
        return lambda: self._answers(ask, wanted, sources)

    def _answers(
        self, ask: Ask, wanted: frozenset[s.SignalName], sources: Sources
    ) -> tuple[SignalAnswer, ...]:
        """What every signal says, in one order; those that were not asked say so."""
        unasked = off("this search does not ask for it. Name it in `signals`.")
        found = {name: SignalAnswer(name, unasked) for name in s.SIGNALS if name not in wanted}
        for name, look, rankings in SIGNAL_SEARCHES:
            if name in wanted:
                answer = ask.settled(name, rankings) or self._answer(name, look, ask, sources)
                found[name] = found[name].joined(answer) if name in found else answer
        return tuple(found[name] for name in s.SIGNALS)

    def _answer(self, name: s.SignalName, look: Look, ask: Ask, sources: Sources) -> SignalAnswer:
        began = time.perf_counter()
        answer = look(ask, sources)
        self.observe(name, time.perf_counter() - began)
        return answer


def _query_of(request: s.SearchRequest, reader: CatalogReader) -> Query:
    """The words of a search; one by example may do without."""
    if isinstance(request, ExampleRequest) and not request.q.strip():
        return Query("", (Step((Clause(NO_TEXT),)),))
    return parse_query(request.q, problem_with(reader))


def canonical(request: s.SearchRequest, query: Query) -> str:
    """What a cursor is bound to: the query and its filters, not the page."""
    return query.text + request.model_dump_json(exclude={"q", "cursor", "limit"})


def _ranked(
    retrieval: Retrieval, step: Step, where: AssetFilter, request: s.SearchRequest, offset: int
) -> Found:
    """Moments down to the page; deeper rounds add to what the round before has ranked."""
    found = Found(is_cut=True)
    first = next(depth for depth in DEPTHS if depth > request.limit)
    for depth in (depth for depth in DEPTHS if depth >= first):
        (deeper,) = retrieval.steps([step], where, depth)
        found = found.deepened(_in_turns(deeper))
        found = _shared_out(found, retrieval, request)
        if len(found.moments) > offset + request.limit or not found.is_cut:
            break
    return found


def _in_turns(found: Found) -> Found:
    """Assets take turns."""
    return replace(found, moments=in_turns(found.moments, [moment.asset for moment in found.moments]))


def _shared_out(found: Found, retrieval: Retrieval, request: s.SearchRequest) -> Found:
    """No asset shows more than its share, and the same pictures are shown once unless asked otherwise."""
    moments = capped(found.moments, request.per_asset)
    if request.collapse:
        moments = shown_once(retrieval.reader, moments)
    return replace(found, moments=moments)


def _verdict(moments: Sequence[Moment]) -> list[str]:
    """Say so where no hit is even possible."""
    is_good = any(confidence_of(moment.sureness) != "weak" for moment in moments)
    return [NOTHING_GOOD] if moments and not is_good else []


def _notes(answers: Sequence[SignalAnswer]) -> list[str]:
    notes = [note for answer in answers for note in answer.notes]
    if not any(answer.state == "on" for answer in answers):
        notes.append("No signal is on, so nothing can be found.")
    return list(dict.fromkeys(notes))
