"""Every signal asks its own index. A signal that cannot says so in a sentence; it never fails the search."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from catalog.model import FaceTrack, Passage, Person
from catalog.query import AssetFilter
from catalog.repository import CatalogReader, TextMatch, TextQuery
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.vector_index import VectorIndex, VectorMatch
from foundation.errors import IndexUnavailable, ModelError
from foundation.ids import AssetId
from foundation.settings import SignalSettings
from foundation.timecode import FrameRange
from search_api.schemas import SignalName
from search_api.services import weights
from search_api.services.background import Background, Backgrounds, Encode
from search_api.services.encoders import Encoders
from search_api.services.evidence import LISTED, MEANING, ON, Evidence, Ranking, SignalAnswer, off
from search_api.services.feedback import Shift, moved
from search_api.services.likeness import Excluded, Likeness, likeness_of
from search_api.services.near import Ask, Nearby, opened
from search_api.services.word_trust import has_phrases, trust_in_words

WINDOW = 500
"""A shot longer than this many frames counts once per so many; its evidence is cut to them."""
LEAD = 125
"""Frames shown before the best one of a long shot."""
MEANING_FLOOR = 0.25
"""Cosine below which a passage has nothing to do with a query."""
_NO_PICTURE = "nothing says what it looks like. Add words outside filters, `said:` and `onscreen:`."


@dataclass(frozen=True, slots=True)
class Sources:
    """Where signals look.

    Attributes:
        index: None while the vector index cannot be opened.
        nearby: What lies near the query.
    """

    reader: CatalogReader
    index: VectorIndex | None
    encoders: Encoders
    settings: SignalSettings
    backgrounds: Backgrounds
    nearby: Nearby


def visual(ask: Ask, sources: Sources) -> SignalAnswer:
    """Pictures that look like the words."""
    try:
        near = sources.nearby.pictures()
        if near.vector is None:
            return SignalAnswer("visual", off(_NO_PICTURE))
        spec, matches = near.spec, near.matches
        background = _looked_for(ask, sources, spec, near.vector)
        likeness = _likeness(ask, sources, background, matches)
    except (ModelError, IndexUnavailable) as error:
        return SignalAnswer("visual", off(f"{error.message} {error.remedy}"))
    if not matches and not _holds(sources.index, spec):
        sentence = f"no picture was encoded with {spec.name} yet. Run `rekindle index`."
        return SignalAnswer("visual", off(sentence))
    found = [likeness.applied(item) for item in _best_per_shot(matches, spec, background.trust)]
    ranking = Ranking("visual", weights.VISUAL, found, near.is_full)
    notes = (spec.weakness,) if spec.weakness else ()
    return SignalAnswer("visual", ON, (ranking,), (*notes, *likeness.notes))


def speech_words(ask: Ask, sources: Sources) -> SignalAnswer:
    """Words that were said or captioned."""
    scoped = ask.text.said
    found = sources.reader.words.speech(_text_query(ask, scoped), ask.where, ask.depth * 2)
    return SignalAnswer("speech", ON, (_lexical("speech", weights.SPEECH, found, ask, scoped),))


def speech_meaning(ask: Ask, sources: Sources) -> SignalAnswer:
    """Passages that mean the same."""
    try:
        return SignalAnswer("speech", ON, (_meaning(ask, sources),))
    except (ModelError, IndexUnavailable) as error:
        note = f"Speech is matched by its words, not by meaning: {error.message} {error.remedy}"
        return SignalAnswer("speech", ON, (), (note,))


def onscreen(ask: Ask, sources: Sources) -> SignalAnswer:
    """Text read off the picture."""
    scoped = ask.text.onscreen
    found = sources.reader.words.onscreen(_text_query(ask, scoped), ask.where, ask.depth * 2)
    if not found and not sources.settings.onscreen:
        sentence = "text on screen is not read. Set REKINDLE_SIGNALS__ONSCREEN=true and run `rekindle index`."
        return SignalAnswer("onscreen", off(sentence))
    return SignalAnswer("onscreen", ON, (_lexical("onscreen", weights.ONSCREEN, found, ask, scoped),))


def name(ask: Ask, sources: Sources) -> SignalAnswer:
    """Names, titles and file metadata; where only filters were typed, whatever passes them."""
    if ask.is_listing:
        return SignalAnswer("name", ON, (_listed(ask, sources),))
    found = sources.reader.words.names(_text_query(ask), ask.where, ask.depth * 2)
    ranking = _lexical("name", weights.NAME, found, ask)
    called = [item for item, match in zip(ranking.evidence, found, strict=True) if _is_called(match, ask)]
    return SignalAnswer("name", ON, (ranking, Ranking("called", weights.CALLED, called)))


def description(ask: Ask, sources: Sources) -> SignalAnswer:
    """What people and descriptors say of an asset or a part of it."""
    found = sources.reader.words.descriptions(_text_query(ask), ask.where, ask.depth * 2)
    return SignalAnswer("description", ON, (_lexical("description", weights.DESCRIPTION, found, ask),))


def face(ask: Ask, sources: Sources) -> SignalAnswer:
    """People whose name is in the words or in the filter."""
    people = sources.reader.people.names()
    if not people:
        return SignalAnswer("face", off(_faces_off(sources.settings)))
    most = ask.depth * 2
    wanted = [(person, trust) for person in people if (trust := _named(person, ask)) > 0]
    tracks = [sources.reader.people.tracks(person.id, ask.where, most) for person, _ in wanted]
    found = [
        _shown(track, person, trust)
        for (person, trust), theirs in zip(wanted, tracks, strict=True)
        for track in theirs
    ]
    ordered = sorted(found, key=lambda item: (-item.trust, -item.score))
    is_full = any(len(theirs) >= most for theirs in tracks)
    return SignalAnswer("face", ON, (Ranking("face", weights.FACE, ordered, is_full),))


Look = Callable[[Ask, Sources], SignalAnswer]
SIGNAL_SEARCHES: Sequence[tuple[SignalName, Look, tuple[str, ...]]] = (
    ("speech", speech_words, ("speech",)),
    ("onscreen", onscreen, ("onscreen",)),
    ("face", face, ("face",)),
    ("description", description, ("description",)),
    ("name", name, ("name", "called")),
    ("visual", visual, ("visual",)),
    ("speech", speech_meaning, ("meaning",)),
)
"""Who is asked in turn, and the names of the rankings that come of it; those last that need neighbours, which
are looked for meanwhile. The answers of one signal are joined."""


def _text_query(ask: Ask, scoped: Sequence[str] = ()) -> TextQuery:
    """Free words with the phrases that this signal alone must hold, else with those that any may hold."""
    return TextQuery(ask.text.words, tuple(scoped) or ask.text.phrases)


def _listed(ask: Ask, sources: Sources) -> Ranking:
    assets = sources.reader.assets.page(ask.where, after=None, limit=ask.depth)
    evidence = [Evidence("name", asset.id, 1.0, source=LISTED) for asset in assets]
    return Ranking("listed", 1.0, evidence, len(assets) >= ask.depth)


def _likeness(ask: Ask, sources: Sources, background: Background, matches: Sequence[VectorMatch]) -> Likeness:
    if not ask.excluded or not matches:
        return Likeness()
    return likeness_of(matches, background, [_excluded(text, sources, matches) for text in ask.excluded])


def _excluded(text: str, sources: Sources, matches: Sequence[VectorMatch]) -> Excluded:
    """What in the same assets looks like the excluded words."""
    spec, vector = sources.encoders.picture_query(text)
    background = _background(sources, spec, vector, sources.encoders.encode_for_pictures)
    where = AssetFilter(assets=tuple({match.place.asset for match in matches}))
    near = opened(sources.index).search(spec.space, vector, where, 2 * len(matches))
    return Excluded(text, background, near)


def _holds(index: VectorIndex | None, spec: EncoderSpec) -> bool:
    """Say whether anything was encoded with this pack at all."""
    return index is not None and any(row.space == spec.space and row.points for row in index.stats())


def _background(sources: Sources, spec: EncoderSpec, vector: Vectors, encode: Encode) -> Background:
    """What a cosine of this query is worth."""
    return sources.backgrounds.of(opened(sources.index), spec, vector, encode)


def _looked_for(ask: Ask, sources: Sources, spec: EncoderSpec, vector: Vectors) -> Background:
    """What a cosine with the picture that is looked for is worth: in words, by examples, or by both."""
    index, encode = opened(sources.index), sources.encoders.encode_for_pictures
    shift = None if ask.steering is None else ask.steering.picture
    if not isinstance(shift, Shift):
        return sources.backgrounds.of(index, spec, vector, encode)
    if not ask.text.plain:
        return sources.backgrounds.of_example(index, spec, vector, encode)
    return sources.backgrounds.of_mixture(index, spec, vector, encode, lambda words: moved(words, shift))


def _best_per_shot(
    matches: Iterable[VectorMatch], spec: EncoderSpec, trust: Callable[[float], float]
) -> list[Evidence]:
    """One piece of evidence for each shot, or window of a long one; matches come best first."""
    found: dict[tuple[AssetId, int | None, int], Evidence] = {}
    for match in matches:
        payload = match.place
        start = payload.in_frame
        window = 0 if start is None else (payload.position - start) // WINDOW
        key = (payload.asset, start, window)
        if key in found:
            continue
        frames = _window(payload.position, start, payload.out_frame)
        position = None if start is None else payload.position
        found[key] = Evidence(
            "visual", payload.asset, match.score, trust(match.score), frames, None, position,
            source=_label(spec), encoder=spec.name,
        )  # fmt: skip
    return list(found.values())


def _window(position: int, in_frame: int | None, out_frame: int | None) -> FrameRange | None:
    if in_frame is None or out_frame is None:
        return None
    if out_frame - in_frame <= WINDOW:
        return FrameRange(in_frame, out_frame)
    start = max(in_frame, position - LEAD)
    return FrameRange(start, min(out_frame, start + WINDOW))


def _label(spec: EncoderSpec) -> str:
    return f"{spec.name}, weak" if spec.weakness else spec.name


def _meaning(ask: Ask, sources: Sources) -> Ranking:
    near = sources.nearby.passages()
    if near.vector is None:
        return Ranking("meaning", weights.MEANING, ())
    trust = _background(sources, near.spec, near.vector, sources.encoders.encode_for_passages).trust
    matches = [match for match in near.matches if match.score >= MEANING_FLOOR]
    passages = sources.reader.facts.passages_at([(m.place.asset, m.place.ordinal) for m in matches])
    evidence = [
        _meant(match, passage, near.spec, trust(match.score))
        for match in matches
        if (passage := passages.get((match.place.asset, match.place.ordinal))) is not None
    ]
    return Ranking("meaning", weights.MEANING, evidence, len(matches) >= ask.depth)


def _meant(match: VectorMatch, passage: Passage, spec: EncoderSpec, trust: float) -> Evidence:
    return Evidence(
        "speech",
        match.place.asset,
        match.score,
        trust,
        sound=passage.sound,
        highlight=passage.text,
        source=MEANING,
        encoder=spec.name,
    )


def _lexical(
    signal: SignalName, weight: float, found: Sequence[TextMatch], ask: Ask, scoped: Sequence[str] = ()
) -> Ranking:
    evidence = [
        Evidence(
            signal,
            match.asset_id,
            match.score,
            trust_in_words(match, ask.text, scoped),
            frames=match.frames,
            sound=match.sound,
            highlight=match.highlight,
            source=match.source,
            has_phrases=has_phrases(match, ask.text, scoped),
            has_scoped=bool(scoped),
            passage=match.row if signal == "speech" else None,
        )
        for match in found
    ]
    return Ranking(signal, weight, evidence, len(found) >= ask.depth * 2)


def _is_called(match: TextMatch, ask: Ask) -> bool:
    """Say whether the query is the name of the file, with or without folders and extension."""
    path = PurePosixPath(match.text.casefold())
    return ask.text.plain.casefold() in (str(path), path.name, path.stem)


def _named(person: Person, ask: Ask) -> float:
    """How surely the query means this person: the share of a name that it says; all for the filter."""
    if person.id in ask.where.persons:
        return 1.0
    said = set(ask.text.spoken)
    names = [name.casefold().split() for name in (person.name, *person.also)]
    return max(sum(part in said for part in parts) / len(parts) if parts else 0.0 for parts in names)


def _shown(track: FaceTrack, person: Person, trust: float) -> Evidence:
    return Evidence(
        "face",
        track.asset_id,
        track.quality,
        trust,
        track.frames,
        position=track.best_frame,
        source=person.name,
    )


def _faces_off(settings: SignalSettings) -> str:
    if settings.faces:
        return "no person has a name yet. Name faces with `rekindle people`."
    return "faces are off (biometric law). Set REKINDLE_SIGNALS__FACES=true and run `rekindle index`."
