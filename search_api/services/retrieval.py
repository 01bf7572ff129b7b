"""From one step of a query to moments: every signal is asked for each alternative, and the answers joined."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from catalog.model import Asset, AssetKind, AssetState, AssetTimeline
from catalog.query import AssetFilter
from catalog.repository import CatalogReader
from foundation.ids import AssetId, PersonId
from foundation.timecode import PtsTable
from search_api import schemas as s
from search_api.services.appearances import appearances_of
from search_api.services.evidence import ON, Ranking, SignalAnswer
from search_api.services.examples import Steering
from search_api.services.exclusions import Barred, barred_by
from search_api.services.filters import where_of
from search_api.services.fuse import Scored, by_asset
from search_api.services.moments import Moment, moments_of
from search_api.services.near import MOST_VECTORS, Ask
from search_api.services.parse import Clause, ParsedText, Step
from search_api.services.sentences import evidence_cut_to_sentences
from search_api.services.timelines import Timelines
from search_api.services.weights import Tilt, tilt_of

_WORDS = ("speech", "onscreen", "description", "name")
"""Rankings by words."""


Said = Sequence[tuple[SignalAnswer, ...]]
"""What every signal said to each alternative of one step."""


@dataclass(frozen=True, slots=True)
class Found:
    """Moments best first, their assets, and what each signal said; ``is_cut`` when there may be more."""

    moments: Sequence[Moment] = ()
    assets: Mapping[AssetId, Asset] = field(default_factory=dict)
    answers: tuple[SignalAnswer, ...] = ()
    is_cut: bool = False

    def deepened(self, deeper: "Found") -> "Found":
        """What was ranked before, then what a deeper round adds."""
        known = {(moment.asset, moment.span) for moment in self.moments}
        added = [moment for moment in deeper.moments if (moment.asset, moment.span) not in known]
        assets = {**self.assets, **deeper.assets}
        return Found([*self.moments, *added], assets, deeper.answers, deeper.is_cut)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Evidence by asset, the best first, and what each signal said; ``is_full`` when there may be more.

    Attributes:
        persons: Who is to be seen in each moment, any of them.
    """

    evidence: Mapping[AssetId, Sequence[Scored]]
    answers: tuple[SignalAnswer, ...]
    is_full: bool
    persons: tuple[PersonId, ...] = ()


@dataclass(frozen=True, slots=True)
class Nearest:
    """The best assets for one step, of its alternatives in turns, and what was said to each of them."""

    assets: tuple[AssetId, ...]
    said: Said

    @property
    def answers(self) -> tuple[SignalAnswer, ...]:
        """What each signal said to any of the alternatives."""
        return merged(self.said)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Asks the signals and groups what they say.

    Attributes:
        ask: Begins to ask every signal; what it returns waits for the answers.
        steering: What examples do to the signals.
        tilt: Which signals a query leans to.
    """

    reader: CatalogReader
    timelines: Timelines
    ask: Callable[[Ask], Callable[[], tuple[SignalAnswer, ...]]]
    steering: Steering | None = None
    tilt: Callable[[ParsedText], Tilt] = tilt_of

    def steps(
        self,
        steps: Sequence[Step],
        base: AssetFilter,
        depth: int,
        most: int = MOST_VECTORS,
        said: Sequence[Said] = (),
    ) -> list[Found]:
        """For each step moments that match any of its alternatives, from about ``depth`` assets for each.

        Args:
            steps: What to look for.
            base: Where, beside the filters of each alternative.
            depth: Assets that should be found where there are so many.
            most: Vectors that are fetched at most for that.
            said: What was said to each step when it was asked in more assets; what that settled is not
                asked again.
        """
        return [
            united([self._found(clause, ranked(), depth) for clause, ranked in begun])
            for begun in self._begun(steps, base, depth, most, said)
        ]

    def nearest(self, steps: Sequence[Step], base: AssetFilter, depth: int, most: int) -> list[Nearest]:
        """For each step the best assets; its moments are not looked for."""
        return [
            _nearest([ranked() for _, ranked in begun], depth)
            for begun in self._begun(steps, base, depth, most, ())
        ]

    def _begun(
        self, steps: Sequence[Step], base: AssetFilter, depth: int, most: int, said: Sequence[Said]
    ) -> list[list[tuple[Clause, Callable[[], Ranked]]]]:
        """Ask for all alternatives of all steps before anything is waited for."""
        return [
            [
                (clause, self._ranked(clause, base, depth, most, known))
                for clause, known in zip(step.alternatives, before, strict=True)
            ]
            for step, before in zip(steps, said or _unsaid(steps), strict=True)
        ]

    def _ranked(
        self, clause: Clause, base: AssetFilter, depth: int, most: int, said: tuple[SignalAnswer, ...]
    ) -> Callable[[], Ranked]:
        where = where_of(clause, base, self.reader)
        if where is None:
            return nothing_ranked
        excluded = tuple(item.text.plain for item in clause.excluded if item.scope == "any")
        known = tuple(answer.settled(frozenset(where.assets)) for answer in said)
        answers = self.ask(Ask(clause.text, where, depth, self.steering, excluded, most, known))
        return lambda: _ranked(clause, where.persons, answers(), self.tilt(clause.text))

    def _found(self, clause: Clause, ranked: Ranked, depth: int) -> Found:
        best = dict(list(ranked.evidence.items())[:depth])
        nearest = evidence_cut_to_sentences(best, self.reader)
        assets = _visible(self.reader.assets.many(nearest))
        barred = barred_by(clause, assets, self.reader, self.timelines)
        seen = appearances_of(ranked.persons, assets, self.reader)
        moments = [
            moment
            for moment in self._grouped(nearest, assets, barred)
            if moment.answers(clause.text) and barred.allows(moment) and (seen is None or seen.show(moment))
        ]
        is_cut = len(ranked.evidence) > depth or ranked.is_full
        return Found(sorted(moments, key=lambda moment: -moment.score), assets, ranked.answers, is_cut)

    def _grouped(
        self, nearest: Mapping[AssetId, Sequence[Scored]], assets: Mapping[AssetId, Asset], barred: Barred
    ) -> Iterable[Moment]:
        timelines = self.timelines.of(self.reader, _heard(nearest, assets))
        for asset, evidence in nearest.items():
            if asset in assets:
                pts = _pts(timelines.get(asset))
                yield from moments_of(asset, barred.kept(asset, evidence, pts), pts)


def _unsaid(steps: Sequence[Step]) -> list[Said]:
    """Where nothing was asked before."""
    return [[() for _ in step.alternatives] for step in steps]


def _ranked(
    clause: Clause, persons: tuple[PersonId, ...], answers: tuple[SignalAnswer, ...], tilt: Tilt
) -> Ranked:
    rankings = [ranking for answer in answers for ranking in answer.rankings]
    evidence = _answering(by_asset(rankings, tilt), clause.text)
    return Ranked(evidence, answers, _is_full(rankings, clause.text), persons)


def nothing_ranked() -> Ranked:
    """What there is where filters exclude each other: every signal was willing."""
    return Ranked({}, tuple(SignalAnswer(name, ON) for name in s.SIGNALS), is_full=False)


def nothing_passes() -> Found:
    """The same, as moments."""
    return Found(answers=nothing_ranked().answers)


def _nearest(alternatives: Sequence[Ranked], depth: int) -> Nearest:
    assets = in_turn([list(ranked.evidence)[:depth] for ranked in alternatives])
    return Nearest(tuple(assets), [ranked.answers for ranked in alternatives])


def in_turn(several: Sequence[Sequence[AssetId]]) -> list[AssetId]:
    """The first of each, then the second of each and so on, everything once."""
    turns = (item for turn in zip_longest(*several) for item in turn if item is not None)
    return list(dict.fromkeys(turns))


def united(several: Sequence[Found]) -> Found:
    """The union: moments that overlap are one, with the best of each signal."""
    if len(several) == 1:
        return several[0]
    by_asset_id: dict[AssetId, list[Moment]] = {}
    for moment in sorted((m for found in several for m in found.moments), key=lambda m: -m.score):
        _join(by_asset_id.setdefault(moment.asset, []), moment)
    moments = [moment for joined in by_asset_id.values() for moment in joined]
    assets = {asset: value for found in several for asset, value in found.assets.items()}
    return Found(
        sorted(moments, key=lambda moment: -moment.score),
        assets,
        merged([found.answers for found in several]),
        any(found.is_cut for found in several),
    )


def merged(several: Iterable[Sequence[SignalAnswer]]) -> tuple[SignalAnswer, ...]:
    """One answer of each signal; it took part if it took part anywhere."""
    found: dict[s.SignalName, SignalAnswer] = {}
    for answer in (answer for answers in several for answer in answers):
        known = found.get(answer.signal, answer)
        best = answer if known.state != ON else known
        notes = tuple(dict.fromkeys((*known.notes, *answer.notes)))
        found[answer.signal] = replace(best, notes=notes)
    return tuple(found.values())


def _join(known: list[Moment], new: Moment) -> None:
    for place, moment in enumerate(known):
        if moment.meets(new):
            known[place] = replace(moment, evidence=(*moment.evidence, *new.evidence))
            return
    known.append(new)


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


def _answering(
    ranked: Mapping[AssetId, Sequence[Scored]], text: ParsedText
) -> dict[AssetId, Sequence[Scored]]:
    """Assets that hold what must be there exactly: no other gives a moment, however deep one looks."""
    if not text.is_exact:
        return dict(ranked)
    return {
        asset: items for asset, items in ranked.items() if Moment(asset, None, tuple(items)).answers(text)
    }


def _is_full(rankings: Sequence[Ranking], text: ParsedText) -> bool:
    """Say whether asking for more could give more; looks and meaning alone never hold exact words."""
    return any(ranking.is_full for ranking in rankings if not text.is_exact or ranking.name in _WORDS)
