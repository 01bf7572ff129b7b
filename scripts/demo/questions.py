"""What the demo asks, which clip is right, and which signal has to find it."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Question:
    """A search with a known answer."""

    words: str
    clip: str
    by: Literal["visual", "speech"]


QUESTIONS: tuple[Question, ...] = (
    Question("a bike in a workshop", "tape-2201.mov", "visual"),
    Question("how afraid she was before departure", "reel-0101.mov", "speech"),
    Question("a close up of a cat's face", "reel-0102.mp4", "visual"),
    Question("a printed document", "reel-0104.mov", "visual"),
    Question("grandma roasting beans", "reel-0103.mov", "speech"),
    Question("spacecraft taking off", "tape-2203.mov", "visual"),
    Question("a dahlia in bloom", "tape-2202.mp4", "visual"),
    Question("tracks in the dust that no breeze can erase", "tape-2204.mov", "speech"),
)

_FUNCTION_WORDS = frozenset(
    ("a", "an", "and", "for", "from", "her", "in", "of", "off", "on", "s", "that", "the")
)


def content_words(text: str) -> frozenset[str]:
    """Return the words of a text that mean something, in lower case."""
    return frozenset(re.findall(r"[a-z0-9]+", text.lower())) - _FUNCTION_WORDS
