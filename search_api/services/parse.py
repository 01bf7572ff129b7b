"""What a person typed, as words and phrases. Pure."""

import re
import unicodedata
from dataclasses import dataclass

from foundation.errors import BadQuery

LONGEST_QUERY = 2_000
"""Characters a query may have."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»〝〞\uff02", '"'))
_PHRASE = re.compile(r'"([^"]*)"')
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")
_FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "a about above across after again all along also an and any are around as at be because been "
        "before behind below beside between both but by can could did do does down during each every "
        "for from had has have he her here him his how i if in inside into is it its just me more "
        "most my near next no not now of off on once only or other our out outside over own same she "
        "so some such than that the their them then there these they this those through to too "
        "towards under until up upon very was we were what when where which while who whom whose why "
        "will with within without would you your"
    )
)


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A query as read.

    Attributes:
        text: As typed, without what cannot be spoken.
        plain: The same without quotation marks, for encoders.
        words: Every word outside phrases, each once.
        telling: Those of ``words`` that say something alone; all where none does.
        phrases: Quoted, exact, all required.
    """

    text: str
    plain: str
    words: tuple[str, ...]
    telling: tuple[str, ...]
    phrases: tuple[str, ...]

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every word in order, those in phrases too, without regard to case."""
        return tuple(word.casefold() for word in _WORD.findall(self.plain))


NO_TEXT = ParsedText("", "", (), (), ())
"""What a search by example alone says."""


def parse_text(query: str) -> ParsedText:
    """Read a query.

    Raises:
        BadQuery: Nothing to search for, or more than :data:`LONGEST_QUERY` characters.
    """
    if len(query) > LONGEST_QUERY:
        raise BadQuery(f"The query has {len(query):,} characters; {LONGEST_QUERY:,} are the most.")
    text = " ".join(_UNSPEAKABLE.sub(" ", unicodedata.normalize("NFC", query)).split())
    if _WORD.search(text.replace("_", " ")) is None:
        raise BadQuery("The query is empty." if not text else f"The query {text!r} holds no word.")
    marked = text.translate(_QUOTES)
    phrases = tuple(dict.fromkeys(_spoken_phrases(marked)))
    words = tuple(dict.fromkeys(_WORD.findall(_PHRASE.sub(" ", marked))))
    plain = " ".join(marked.replace('"', " ").split())
    return ParsedText(text, plain, words, _telling(words), phrases)


def _spoken_phrases(text: str) -> list[str]:
    found = (" ".join(phrase.split()) for phrase in _PHRASE.findall(text))
    return [phrase for phrase in found if _WORD.search(phrase)]


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word.casefold() not in _FUNCTION_WORDS) or words
