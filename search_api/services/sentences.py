"""Where in a passage the words were said: speech is cut to the sentences that hold them."""

import re
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, groupby

from catalog.model import Cue
from catalog.passages import ends_sentence
from catalog.repository import CatalogReader, TextMatch
from foundation.ids import AssetId
from foundation.timecode import SOUND_RATE, SampleRange
from search_api.services.evidence import Evidence
from search_api.services.explain import stretches
from search_api.services.fuse import Scored

LONGEST = 30 * SOUND_RATE
"""Samples that the sentences around a match span at most."""
PAUSE = 2 * SOUND_RATE
"""Samples of silence that end a sentence whose captions have no full stops."""

_WORD = re.compile(r"\w+")

Key = tuple[AssetId, int]
"""A passage: its asset and its ordinal."""


def cut_to_sentences(matches: Sequence[TextMatch], reader: CatalogReader) -> list[TextMatch]:
    """Speech matches with the range of the sentences in which their words were said."""
    cues = _cues(((match.asset_id, match.row) for match in matches), reader)
    return [
        replace(match, sound=where_said(match.highlight, cues[match.asset_id, match.row]) or match.sound)
        for match in matches
    ]


def evidence_cut_to_sentences(
    evidence: Mapping[AssetId, Sequence[Scored]], reader: CatalogReader
) -> Mapping[AssetId, Sequence[Scored]]:
    """Evidence of several assets; what words of a passage give has the range of their sentences."""
    passages = [key for items in evidence.values() for item in items if (key := _passage(item.evidence))]
    if not passages:
        return evidence
    cues = _cues(passages, reader)
    return {asset: [_cut(item, cues) for item in items] for asset, items in evidence.items()}


def _cues(passages: Iterable[Key], reader: CatalogReader) -> dict[Key, Sequence[Cue]]:
    """Cues of each passage and of the next one, into which a phrase may run on."""
    wanted = set(passages)
    found = reader.facts.cues_of(wanted | {(asset, ordinal + 1) for asset, ordinal in wanted})
    return {
        (asset, ordinal): (*found.get((asset, ordinal), ()), *found.get((asset, ordinal + 1), ()))
        for asset, ordinal in wanted
    }


def _passage(evidence: Evidence) -> Key | None:
    return None if evidence.passage is None else (evidence.asset, evidence.passage)


def _cut(item: Scored, cues: Mapping[Key, Sequence[Cue]]) -> Scored:
    passage = _passage(item.evidence)
    said = None if passage is None else where_said(item.evidence.highlight, cues[passage])
    return item if said is None else replace(item, evidence=replace(item.evidence, sound=said))


def where_said(highlight: str, cues: Iterable[Cue]) -> SampleRange | None:
    """The sentences in which the longest matched stretch was said; None where the cues do not hold it."""
    stretch = max(map(_words, stretches(highlight)), key=len, default=[])
    tracks = groupby(
        sorted(cues, key=lambda cue: (cue.track or 0, cue.kind, cue.language or "", cue.sound)),
        key=lambda cue: (cue.track, cue.kind, cue.language),
    )
    found = (_spoken_in(stretch, list(track)) for _, track in tracks) if stretch else ()
    return next((sound for sound in found if sound is not None), None)


def _spoken_in(stretch: Sequence[str], cues: Sequence[Cue]) -> SampleRange | None:
    texts = [cue.text.casefold() for cue in cues]
    found = re.search(r"\b" + r"\W+".join(map(re.escape, stretch)) + r"\b", "\n".join(texts))
    if found is None:
        return None
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
    return _sentences(cues, bisect(starts, found.start()) - 1, bisect(starts, found.end() - 1) - 1)


def _sentences(cues: Sequence[Cue], first: int, last: int) -> SampleRange:
    """From the start of the sentence in cue ``first`` to the end of the one in cue ``last``.

    Where the captions of the passage have no full stops at all, the cues themselves.
    """
    if any(ends_sentence(cue.text) for cue in cues):
        first, last = _widened(cues, first, last)
    return SampleRange(cues[first].sound.start, max(cue.sound.end for cue in cues[first : last + 1]))


def _widened(cues: Sequence[Cue], first: int, last: int) -> tuple[int, int]:
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


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
