"""Where in a passage the words were said: speech is cut to the sentences that hold them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.model import Cue
from catalog.passages import ends_sentence
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from foundation.timecode import SOUND_RATE, SampleRange
from search_api.services.evidence import Evidence
from search_api.services.explain import MARK, UNMARK, stretches
from search_api.services.fuse import Scored

LONGEST = 30 * SOUND_RATE
"""Samples that the sentences around a match span at most."""
PAUSE = 2 * SOUND_RATE
"""Samples of silence that end a sentence whose captions have no full stops."""

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_MARKS = str.maketrans("", "", MARK + UNMARK)
_MARKED = re.compile(f"{MARK}[^{UNMARK}]*{UNMARK}?")

Key = tuple[AssetId, int]
"""A passage: its asset and its ordinal."""


@dataclass(frozen=True, slots=True)
class Said:
    """One place of a passage that holds the words; ``highlight`` marks them here, in no other such place."""

    sound: SampleRange
    highlight: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Matched words in a row: which of the highlight's tokens, and which cues say them, first and last."""

    tokens: range
    words: tuple[str, ...]
    first: int
    last: int


def evidence_cut_to_sentences(
    evidence: Mapping[AssetId, Sequence[Scored]], reader: CatalogReader
) -> Mapping[AssetId, Sequence[Scored]]:
    """Evidence of several assets; words found in a passage lie in each sentence that says most of them."""
    passages = [key for items in evidence.values() for item in items if (key := _passage(item.evidence))]
    if not passages:
        return evidence
    cues = cues_around(passages, reader)
    return {asset: [cut for item in items for cut in _cut(item, cues)] for asset, items in evidence.items()}


def cues_around(passages: Iterable[Key], reader: CatalogReader) -> dict[Key, Sequence[Cue]]:
    """Cues of each passage, then those of the next one, into which a phrase may run on."""
    wanted = set(passages)
    found = reader.facts.cues_of(wanted | {(asset, ordinal + 1) for asset, ordinal in wanted})
    return {
        (asset, ordinal): (*found.get((asset, ordinal), ()), *found.get((asset, ordinal + 1), ()))
        for asset, ordinal in wanted
    }


def _passage(evidence: Evidence) -> Key | None:
    return None if evidence.passage is None else (evidence.asset, evidence.passage)


def _cut(item: Scored, cues: Mapping[Key, Sequence[Cue]]) -> Iterator[Scored]:
    passage = _passage(item.evidence)
    places = () if passage is None else where_said(item.evidence.highlight, cues[passage])
    for place in places:
        said = replace(item.evidence, sound=place.sound, highlight=place.highlight)
        yield replace(item, evidence=said)
    if not places:
        yield item


def where_said(highlight: str, cues: Sequence[Cue]) -> list[Said]:
    """The sentences that say as many of the matched words as any, in order of time.

    Args:
        highlight: The passage's text with matched words marked; it may run on into the next passage.
        cues: Of the passage, then of the next one. Where they do not hold the text there is no place.
    """
    tokens, spoken = highlight.split(), _same_stream(cues)
    by_sentence = _by_sentence(_stretches(tokens, spoken), spoken)
    worth = {place: _worth(several) for place, several in by_sentence.items()}
    best = max(worth.values(), default=None)
    chosen = {place: by_sentence[place] for place, value in worth.items() if value == best}
    return [
        Said(_sound(spoken, *place), _marked_only(tokens, several, chosen.values()))
        for place, several in chosen.items()
    ]


def where_all_said(highlight: str, cues: Sequence[Cue], together: Sequence[str]) -> list[SampleRange] | None:
    """The cues that say the matched words, whatever else their sentences say; None where they do not tell.

    Args:
        highlight: As of :func:`where_said`.
        cues: Likewise.
        together: Words that one sentence must hold, all of them; any marked word counts where it is empty.
    """
    spoken = _same_stream(cues)
    found = _stretches(highlight.split(), spoken)
    if not found:
        return None
    if not together:
        return [_sound(spoken, item.first, item.last) for item in found]
    return [
        _sound(spoken, several[0].first, several[-1].last)
        for several in _by_sentence(found, spoken).values()
        if _held(together, several) == set(together)
    ]


def _same_stream(cues: Sequence[Cue]) -> list[Cue]:
    """Cues of the passage's own track, kind and language: the next passage may be of another."""
    return [cue for cue in cues if _stream(cue) == _stream(cues[0])]


def _stream(cue: Cue) -> tuple[int | None, str, str | None]:
    return cue.track, cue.kind, cue.language


def _stretches(tokens: Sequence[str], cues: Sequence[Cue]) -> list[_Stretch]:
    """Runs of marked tokens; none where the tokens are not what the cues say."""
    owners = [(place, word) for place, cue in enumerate(cues) for word in cue.text.split()]
    if not _are_said(tokens, [word for _, word in owners]):
        return []
    return [
        _Stretch(run, _words(tokens[run.start : run.stop]), owners[run.start][0], owners[run.stop - 1][0])
        for run in _marked_runs(tokens)
    ]


def _are_said(tokens: Sequence[str], words: list[str]) -> bool:
    """Say whether the words begin with the tokens, of which the last may lack its punctuation."""
    bare = " ".join(tokens).translate(_MARKS).split(" ")
    last = len(bare) - 1
    return 0 <= last < len(words) and bare[:last] == words[:last] and words[last].startswith(bare[last])


def _marked_runs(tokens: Sequence[str]) -> Iterator[range]:
    """Tokens in a row that are marked, wholly or in part."""
    text, start, stop = " ".join(tokens), 0, 0
    for mark in _MARKED.finditer(text):
        first, after = text.count(" ", 0, mark.start()), text.count(" ", 0, mark.end()) + 1
        if first > stop and stop:
            yield range(start, stop)
        start, stop = (start if stop and first <= stop else first), after
    if stop:
        yield range(start, stop)


def _by_sentence(found: Iterable[_Stretch], cues: Sequence[Cue]) -> dict[tuple[int, int], list[_Stretch]]:
    """Stretches by the first and last cue of the sentences they lie in."""
    places: dict[tuple[int, int], list[_Stretch]] = {}
    # Where the captions of the passage have no full stops at all, the cues are all there is.
    is_parted = any(ends_sentence(cue.text) for cue in cues)
    for item in found:
        place = _widened(cues, item.first, item.last) if is_parted else (item.first, item.last)
        places.setdefault(place, []).append(item)
    return places


def _worth(several: Sequence[_Stretch]) -> tuple[int, int]:
    """How many different words, and how many of them in a row."""
    return len({word for item in several for word in item.words}), max(
        len(set(item.words)) for item in several
    )


def _held(together: Sequence[str], several: Sequence[_Stretch]) -> set[str]:
    """Which of the words were said; their endings may differ."""
    return {_meant_by(word, together) for item in several for word in item.words}


def _meant_by(heard: str, words: Sequence[str]) -> str:
    """The word that a matched one shares the longest beginning with."""
    return max(words, key=lambda word: _shared(word.casefold(), heard))


def _shared(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((count for count, (a, b) in pairs if a != b), min(len(one), len(other)))


def _marked_only(
    tokens: Sequence[str], own: Sequence[_Stretch], all_places: Iterable[Sequence[_Stretch]]
) -> str:
    others = {number for several in all_places for item in several for number in item.tokens}
    others -= {number for item in own for number in item.tokens}
    return " ".join(token.translate(_MARKS) if n in others else token for n, token in enumerate(tokens))


def _sound(cues: Sequence[Cue], first: int, last: int) -> SampleRange:
    return SampleRange(cues[first].sound.start, max(cue.sound.end for cue in cues[first : last + 1]))


def _widened(cues: Sequence[Cue], first: int, last: int) -> tuple[int, int]:
    """From the first cue of the sentence in cue ``first`` to the last of the one in cue ``last``."""
    while last + 1 < len(cues) and _runs_on(cues, last) and _fits(cues, first, last + 1):
        last += 1
    while first > 0 and _runs_on(cues, first - 1) and _fits(cues, first - 1, last):
        first -= 1
    return first, last


def _runs_on(cues: Sequence[Cue], place: int) -> bool:
    pause = cues[place + 1].sound.start - cues[place].sound.end
    ends = ends_sentence(cues[place].text) or _opens_sentence(cues[place + 1].text)
    return not ends and pause <= PAUSE


def _opens_sentence(text: str) -> bool:
    """Say whether a cue begins with a capital, as after a full stop left out; *I* has one anywhere."""
    first = _WORD.search(text)
    return first is not None and first[0][0].isupper() and first[0] != "I"


def _fits(cues: Sequence[Cue], first: int, last: int) -> bool:
    return cues[last].sound.end - cues[first].sound.start <= LONGEST


def _words(tokens: Iterable[str]) -> tuple[str, ...]:
    """Matched words of a stretch, without regard to case."""
    marked = " ".join(stretches(" ".join(tokens)))
    return tuple(word.casefold() for word in _WORD.findall(marked))
