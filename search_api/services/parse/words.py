"""Free text as words and quoted phrases. Pure."""

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
    """What one clause of a query says.

    Attributes:
        text: As typed, without filters, exclusions and what cannot be spoken.
        plain: The same without quotation marks, for encoders; empty where only filters were typed.
        words: Every word outside phrases, each once.
        telling: Those of ``words`` that say something alone; all where none does.
        phrases: Quoted, exact, all required.
        said: Exact, all required of speech.
        onscreen: Exact, all required of text on screen.
    """

    text: str
    plain: str
    words: tuple[str, ...]
    telling: tuple[str, ...]
    phrases: tuple[str, ...]
    said: tuple[str, ...] = ()
    onscreen: tuple[str, ...] = ()

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every word in order, those in phrases too, without regard to case."""
        return tuple(word.casefold() for word in _WORD.findall(self.plain))

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to search for, only filters or exclusions."""
        return not (self.words or self.is_exact)

    @property
    def is_exact(self) -> bool:
        """Say whether something must stand there exactly."""
        return bool(self.phrases or self.said or self.onscreen)


NO_TEXT = ParsedText("", "", (), (), ())
"""What a search by example alone says."""


def cleaned(query: str) -> str:
    """The query on one line, composed (NFC), without what cannot be spoken.

    Raises:
        BadQuery: Nothing to search for, or more than :data:`LONGEST_QUERY` characters.
    """
    if len(query) > LONGEST_QUERY:
        raise BadQuery(f"The query has {len(query):,} characters; {LONGEST_QUERY:,} are the most.")
    text = " ".join(_UNSPEAKABLE.sub(" ", unicodedata.normalize("NFC", query)).split())
    if not holds_word(text):
        raise BadQuery("The query is empty." if not text else f"The query {text!r} holds no word.")
    return text


def straight(text: str) -> str:
    """The same text with every kind of double quotation mark as ``"``; positions stay."""
    return text.translate(_QUOTES)


def holds_word(text: str) -> bool:
    """Say whether there is a word; underscores alone are none."""
    return _WORD.search(text.replace("_", " ")) is not None


def read_words(text: str, *, said: tuple[str, ...] = (), onscreen: tuple[str, ...] = ()) -> ParsedText:
    """Read words and phrases; ``text`` has straight quotation marks."""
    text = " ".join(text.split()).strip(" ,;")
    phrases = tuple(dict.fromkeys(_spoken_phrases(text)))
    words = tuple(dict.fromkeys(_WORD.findall(_PHRASE.sub(" ", text))))
    plain = " ".join(text.replace('"', " ").split()) if words or phrases else ""
    return ParsedText(text, plain, words, _telling(words), phrases, said, onscreen)


def _spoken_phrases(text: str) -> list[str]:
    found = (" ".join(phrase.split()) for phrase in _PHRASE.findall(text))
    return [phrase for phrase in found if _WORD.search(phrase)]


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word.casefold() not in _FUNCTION_WORDS) or words
