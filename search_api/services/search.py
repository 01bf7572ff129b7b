"""A search from question to hits: parse, ask every signal, fuse, group into moments, show a page."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from catalog.model import Asset, AssetKind, AssetState, AssetTimeline
from catalog.repository import Catalog, CatalogReader
from embeddings.vector_index import VectorIndex
from foundation.ids import AssetId
from foundation.settings import SignalSettings
from foundation.timecode import PtsTable
from search_api import schemas as s
from search_api.schemas_examples import ExampleRequest
from search_api.services.background import Backgrounds
from search_api.services.confidence import NOTHING_GOOD, confidence_of
from search_api.services.cursor import DEEPEST, issue, offset_of
from search_api.services.duplicates import best_first, shown_once
from search_api.services.encoders import Encoders
from search_api.services.evidence import SignalAnswer, off
from search_api.services.examples import Examples, Steering
from search_api.services.filters import filters_of, signals_of
from search_api.services.fuse import Scored, by_asset, in_turns
from search_api.services.hits import hits_of, read_page
from search_api.services.moments import Moment, moments_of
from search_api.services.parse import NO_TEXT, ParsedText, parse_text
from search_api.services.ports import RestoreDesk
from search_api.services.signals import SIGNAL_SEARCHES, Ask, Look, Sources
from search_api.services.timelines import Timelines

DEPTHS = (25, 100, 400, DEEPEST)
"""Assets that are ranked; a page that reaches further ranks more, without reordering what came before."""


@dataclass(frozen=True, slots=True)
class Search:
    """Everything a search needs.

    Attributes:
        pool: Where signals look side by side; a signal never submits to it.
        observe: Told each signal's name and seconds.
    """

    catalog: Catalog
    index: VectorIndex | None
    encoders: Encoders
    restorer: RestoreDesk
    settings: SignalSettings
    timelines: Timelines
    examples: Examples
    pool: Executor
    backgrounds: Backgrounds
    observe: Callable[[str, float], None]

    def run(self, request: s.SearchRequest) -> s.SearchReply:
        """Answer one page.

        Raises:
            BadQuery, BadFilter, BadCursor, BadExample: It cannot be asked like this.
            AssetNotFound, MediaError, ToolError: An example cannot be read.
            LocationNotFound, PersonNotFound: A filter names what nobody knows.
        """
        text = _text_of(request)
        identity = canonical(request, text)
        offset = 0 if request.cursor is None else offset_of(request.cursor, identity)
        with self.catalog.read() as reader:
            filters = filters_of(request, reader)
            ask = Ask(text, filters.where, 0, self._steering(reader, request))
            found = self._ranked(reader, request, ask, offset)
            page = best_first(reader, found.moments[offset : offset + request.limit], found.assets)
            shown = read_page(reader, page, found.assets, self.timelines)
        following = offset + len(page)
        has_more = len(found.moments) > following and following < DEEPEST
        return s.SearchReply(
            query=text.text,
            signals={answer.signal: answer.state for answer in found.answers},
            hits=_judged(hits_of(page, shown, self.restorer), request),
            next_cursor=issue(following, identity) if has_more else None,
            understood=s.Understood(
                words=list(text.telling), phrases=list(text.phrases), filters=filters.typed
            ),
            notes=[*_notes(found.answers), *_verdict(found.moments, request)],
        )

    def _steering(self, reader: CatalogReader, request: s.SearchRequest) -> Steering | None:
        return self.examples.steering(reader, request) if isinstance(request, ExampleRequest) else None

    def _ranked(self, reader: CatalogReader, request: s.SearchRequest, ask: Ask, offset: int) -> "Found":
        """Moments down to the page; deeper rounds add to what the round before has ranked."""
        found = Found((), {}, (), is_cut=True)
        wanted = signals_of(request)
        first = next(depth for depth in DEPTHS if depth > request.limit)
        for depth in (depth for depth in DEPTHS if depth >= first):
            found = found.deepened(self._round(reader, replace(ask, depth=depth), wanted))
            if request.collapse:
                found = replace(found, moments=shown_once(reader, found.moments))
            if len(found.moments) > offset + request.limit or not found.is_cut:
                break
        return found

    def _round(self, reader: CatalogReader, ask: Ask, wanted: frozenset[s.SignalName]) -> "Found":
        answers = self._answers(ask, wanted)
        ranked = by_asset([ranking for answer in answers for ranking in answer.rankings])
        nearest = dict(list(ranked.items())[: ask.depth])
        assets = _visible(reader.assets.many(nearest))
        timelines = self.timelines.of(reader, _heard(nearest, assets))
        moments = [
            moment
            for asset, evidence in nearest.items()
            if asset in assets
            for moment in moments_of(asset, evidence, _pts(timelines.get(asset)))
            if moment.has_phrases or not ask.text.phrases
        ]
        ordered = sorted(moments, key=lambda moment: -moment.score)
        is_cut = len(ranked) > ask.depth or _is_full(answers)
        return Found(in_turns(ordered, [moment.asset for moment in ordered]), assets, answers, is_cut)

    def _answers(self, ask: Ask, wanted: frozenset[s.SignalName]) -> tuple[SignalAnswer, ...]:
        """What every signal says; they look side by side, each group in a snapshot of its own."""
        groups = [[look for look in group if look[0] in wanted] for group in SIGNAL_SEARCHES]
        asked = [self.pool.submit(self._ask, group, ask) for group in groups if group]
        unasked = off("this search does not ask for it. Name it in `signals`.")
        found = {name: SignalAnswer(name, unasked) for name in s.SIGNALS if name not in wanted}
        for answer in (answer for answering in asked for answer in answering.result()):
            known = found.get(answer.signal)
            found[answer.signal] = answer if known is None else known.joined(answer)
        return tuple(found[name] for name in s.SIGNALS)

    def _ask(self, group: Sequence[tuple[s.SignalName, Look]], ask: Ask) -> list[SignalAnswer]:
        with self.catalog.read() as reader:
            sources = Sources(reader, self.index, self.encoders, self.settings, self.backgrounds)
            return [self._answer(name, look, ask, sources) for name, look in group]

    def _answer(self, name: s.SignalName, look: Look, ask: Ask, sources: Sources) -> SignalAnswer:
        began = time.perf_counter()
        answer = look(ask, sources)
        self.observe(name, time.perf_counter() - began)
        return answer


@dataclass(frozen=True, slots=True)
class Found:
    """Ranked moments, their assets, and what each signal said; ``is_cut`` when there may be more."""

    moments: Sequence[Moment]
    assets: Mapping[AssetId, Asset]
    answers: tuple[SignalAnswer, ...]
    is_cut: bool

    def deepened(self, deeper: "Found") -> "Found":
        """What was ranked before, then what a deeper round adds."""
        known = {(moment.asset, moment.span) for moment in self.moments}
        added = [moment for moment in deeper.moments if (moment.asset, moment.span) not in known]
        assets = {**self.assets, **deeper.assets}
        return Found([*self.moments, *added], assets, deeper.answers, deeper.is_cut)


def _text_of(request: s.SearchRequest) -> ParsedText:
    """The words of a search; one by example may do without."""
    if isinstance(request, ExampleRequest) and not request.q.strip():
        return NO_TEXT
    return parse_text(request.q)


def canonical(request: s.SearchRequest, text: ParsedText) -> str:
    """What a cursor is bound to: the query and its filters, not the page."""
    return text.text + request.model_dump_json(exclude={"q", "cursor", "limit"})


def _visible(assets: Mapping[AssetId, Asset]) -> dict[AssetId, Asset]:
    shown = (AssetState.PRESENT, AssetState.UNAVAILABLE)
    return {asset_id: asset for asset_id, asset in assets.items() if asset.state in shown}


def _heard(evidence: Mapping[AssetId, Sequence[Scored]], assets: Mapping[AssetId, Asset]) -> list[Asset]:
    """Videos that matched in sound: only they need a timeline to be grouped."""
    return [
        assets[asset]
        for asset, items in evidence.items()
        if asset in assets
        and assets[asset].kind is AssetKind.VIDEO
        and any(item.evidence.sound is not None for item in items)
    ]


def _pts(timeline: AssetTimeline | None) -> PtsTable | None:
    return None if timeline is None else timeline.pts


def _is_full(answers: Sequence[SignalAnswer]) -> bool:
    return any(ranking.is_full for answer in answers for ranking in answer.rankings)


def _judged(hits: list[s.Hit], request: s.SearchRequest) -> list[s.Hit]:
    """Confidence is calibrated for words: a hit by example has none."""
    if not isinstance(request, ExampleRequest):
        return hits
    return [hit.model_copy(update={"confidence": None}) for hit in hits]


def _verdict(moments: Sequence[Moment], request: s.SearchRequest) -> list[str]:
    """Say so where no hit is even possible."""
    is_good = any(confidence_of(moment.sureness) != "weak" for moment in moments)
    return [] if is_good or not moments or isinstance(request, ExampleRequest) else [NOTHING_GOOD]


def _notes(answers: Sequence[SignalAnswer]) -> list[str]:
    notes = [note for answer in answers for note in answer.notes]
    if not any(answer.state == "on" for answer in answers):
        notes.append("No signal is on, so nothing can be found.")
    return list(dict.fromkeys(notes))
