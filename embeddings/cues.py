"""Recognised words to cues of a few seconds, broken where the speaker pauses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from statistics import fmean

from embeddings.encoder import HeardCue
from foundation.timecode import SOUND_RATE, SampleRange

PAUSE = SOUND_RATE // 2
LONGEST = 6 * SOUND_RATE
SHORTEST_SENTENCE = 2 * SOUND_RATE
SENTENCE_ENDS = (".", "!", "?", "…", "\u3002", "\uff01", "\uff1f")


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word.

    Attributes:
        start: First sample on the 48 kHz sound clock.
        end: The sample after its last.
        text: With the space before it, where the language writes one.
        confidence: Between 0 and 1.
    """

    start: int
    end: int
    text: str
    confidence: float


def join_words(words: Iterable[Word], language: str | None) -> Iterator[HeardCue]:
    """Yield the cues of words in order; a cue never overlaps the one before it."""
    line: list[Word] = []
    free_from = 0
    for word, following in _with_next(words):
        line.append(word)
        if following is None or _breaks(line, following):
            cue = _cue(line, free_from, language)
            if cue is not None:
                free_from = cue.sound.end
                yield cue
            line = []


def _with_next(words: Iterable[Word]) -> Iterator[tuple[Word, Word | None]]:
    for word, following in pairwise(chain(words, [None])):
        if word is not None:
            yield word, following


def _breaks(line: list[Word], following: Word) -> bool:
    length = line[-1].end - line[0].start
    pauses = following.start - line[-1].end >= PAUSE
    too_long = following.end - line[0].start > LONGEST
    sentence = line[-1].text.endswith(SENTENCE_ENDS) and length >= SHORTEST_SENTENCE
    return pauses or too_long or sentence


def _cue(line: list[Word], free_from: int, language: str | None) -> HeardCue | None:
    text = "".join(word.text for word in line).strip()
    start = max(line[0].start, free_from)
    if not text:
        return None
    sound = SampleRange(start, max(line[-1].end, start + 1))
    return HeardCue(sound, text, round(fmean(word.confidence for word in line), 4), language)
