"""A query as tokens that together are the whole of it, so that nothing typed is lost. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from search_api.services.parse.spoken import AMOUNT, STRETCH
from search_api.services.parse.words import holds_word


class Kind(Enum):
    """What a token is."""

    GAP = auto()
    WORD = auto()
    PHRASE = auto()
    FIELD = auto()
    SPOKEN = auto()
    OR = auto()
    AND = auto()
    NOT = auto()
    OPEN = auto()
    CLOSE = auto()
    THEN = auto()
    WITHIN = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the query.

    Attributes:
        source: The stretch, without the minus of an exclusion.
        is_excluded: A minus stands before it.
        name, value: Of a field (``name:value``).
    """

    kind: Kind
    source: str
    is_excluded: bool = False
    name: str = ""
    value: str = ""

    @property
    def counts(self) -> bool:
        """Say whether it is more than punctuation."""
        return self.kind is not Kind.GAP


_MINUS = r"(?<![\w\-\u2212])[-\u2212]"
_WORD = r"\w+(?:[-'\u2019]\w+)*"
_FORMS = (
    (
        "FIELD",
        rf"(?P<m1>{_MINUS})?\b(?P<name>[^\W\d]\w{{0,30}}):(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\"()]+))",
    ),
    ("PHRASE", rf"(?P<m2>{_MINUS})?\"(?P<phrase>[^\"]*)\""),
    ("SPOKEN", rf"\b(?i:{STRETCH})"),
    ("THEN", r"(?:,[ ]?)?\b(?i:(?:and )?then)\b,?"),
    ("WITHIN", rf"\b(?i:within (?:{AMOUNT}))"),
    ("OR", r"\bOR\b"),
    ("AND", r"\bAND\b"),
    ("NOT", r"\bNOT\b"),
    ("OPEN", r"\("),
    ("CLOSE", r"\)"),
    ("WORD", rf"(?P<m3>{_MINUS}(?=\D))?{_WORD}"),
)
_TRAILING = ",;!?"


@cache
def _token_form() -> re.Pattern[str]:
    """Any token; compiled with the first question."""
    return re.compile("|".join(f"(?P<{name}>{form})" for name, form in _FORMS))


def tokens_of(text: str) -> list[Token]:
    """Tokens in order; their sources (and minus signs) joined are the text."""
    found: list[Token] = []
    position = 0
    for match in _token_form().finditer(text):
        found.extend(_gap(text[position : match.start()]))
        token = _token(match)
        found.append(token)
        found.extend(_gap(_rest(match, token)))
        position = match.end()
    found.extend(_gap(text[position:]))
    return found


def _token(match: re.Match[str]) -> Token:
    kind = Kind[match.lastgroup or "WORD"]  # the outermost group closes last
    minus = match["m1"] or match["m2"] or match["m3"] or ""
    source = match[0].removeprefix(minus)
    if kind in (Kind.WORD, Kind.PHRASE) and not holds_word(source):
        return Token(Kind.GAP, match[0])
    if kind is not Kind.FIELD:
        return Token(kind, source, bool(minus))
    bare = match["bare"]
    value = match["quoted"] if bare is None else bare.rstrip(_TRAILING)
    trimmed = source if bare is None else source.rstrip(_TRAILING)
    return Token(kind, trimmed, bool(minus), match["name"].casefold(), " ".join(value.split()))


def _rest(match: re.Match[str], token: Token) -> str:
    """Punctuation that was cut off a field's value."""
    return match[0].removeprefix(match[0][: match[0].find(token.source) + len(token.source)])


def _gap(source: str) -> Iterator[Token]:
    if source:
        yield Token(Kind.GAP, source)
