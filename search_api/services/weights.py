"""How much each ranking counts, and which ones a query leans to by how it is put. Pure."""

import re
from collections.abc import Mapping

from search_api.services.parse import ParsedText

VISUAL, SPEECH, MEANING, ONSCREEN, NAME, DESCRIPTION, FACE = 0.7, 1.2, 1.0, 1.2, 2.4, 0.5, 1.5
"""Weights of rankings against each other. ``python -m scripts.evaluation.tune`` over
``tests/eval/clips.toml`` found .7 of a former 1.0 for pictures and twice a former 1.2 for names, and no gain
in changing the others; descriptions have half of a former 1.0, or they cost captioned stills more than they
give (``docs/explanation/evaluation.md``)."""
CALLED = 15.0
"""Weight of a query that is a file's name: more than all other rankings together, however tilted."""

Tilt = Mapping[str, float]
"""Factor on the weight of a ranking, by its name; 1 where it is not named."""

EVEN: Tilt = {}
"""All as they are."""
TO_SPEECH: Tilt = {"visual": 0.5, "speech": 1.5, "meaning": 1.5}
TO_PICTURE: Tilt = {"meaning": 0.7}

_WORD = re.compile(r"[\w']+")
_OF_SPEECH = frozenset(
    _WORD.findall("i you we me us my your our he's it's that's i'm you're we're don't can't")
)
_QUESTIONS = frozenset(_WORD.findall("who what why how is are was do does did tell can will would should"))
_ARTICLES = frozenset(_WORD.findall("a an the one two three four several some many people"))


def tilt_of(text: ParsedText) -> Tilt:
    """Quotations, questions and talk among people lean to speech, descriptions of things to pictures."""
    words = text.spoken
    if text.phrases or not words:
        return TO_SPEECH if text.phrases else EVEN
    if words[0] in _QUESTIONS or _OF_SPEECH & set(words):
        return TO_SPEECH
    return TO_PICTURE if words[0] in _ARTICLES else EVEN
