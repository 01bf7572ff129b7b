"""What ``name:value`` and plain words like ``in 1987`` ask for. Names are looked up by a function. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from search_api.services.parse.model import Condition
from search_api.services.parse.scan import Kind, Token
from search_api.services.parse.spoken import reading_of
from search_api.services.parse.words import holds_word

Problem = Callable[[Condition], str | None]
"""Says why a filter cannot be used; None where it can."""

SCOPES = ("said", "onscreen")
"""Fields that ask for exact words in one place."""

FIELDS = {
    "person": "person",
    "in": "location",
    "location": "location",
    "class": "class",
    "kind": "kind",
    "year": "year",
    "duration": "duration",
    "has_speech": "has_speech",
    "black_and_white": "black_and_white",
}
"""Filters as typed and the API's parameter of each."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A token whose meaning is settled: text, words asked of one signal (``scope``), or a filter."""

    token: Token
    condition: Condition | None = None
    scope: str = ""

    @property
    def is_searchable(self) -> bool:
        """Say whether there is something to look for, more than a filter."""
        if self.condition is not None:
            return self.condition.name == "person" and not self.token.is_excluded
        return not self.token.is_excluded and holds_word(self.token.source)


@dataclass(slots=True)
class Reader:
    """Settles fields and dates; what cannot be used becomes text, and ``notes`` says so."""

    problem: Problem
    notes: list[str]

    def settled(self, tokens: list[Token]) -> Iterator[Literal]:
        """The same tokens with their meaning."""
        for token in tokens:
            if token.kind is Kind.FIELD:
                yield from self._field(token)
            elif token.kind is Kind.SPOKEN:
                yield from self._spoken(token)
            else:
                yield Literal(token)

    def _field(self, token: Token) -> Iterator[Literal]:
        if token.name in SCOPES and holds_word(token.value):
            yield Literal(token, scope=token.name)
        elif token.name not in FIELDS or not token.value:
            yield from self._unknown(token)
        else:
            condition = Condition(FIELDS[token.name], token.value, token.source)
            reason = self.problem(condition)
            if reason is None:
                yield Literal(token, condition)
            else:
                self.notes.append(f"{token.source} is searched as text: {reason}")
                yield _text(token, token.value if holds_word(token.value) else _spelt(token))

    def _unknown(self, token: Token) -> Iterator[Literal]:
        if not token.value.startswith(("/", "\\")):
            names = ", ".join(f"{name}:" for name in (*SCOPES, *FIELDS))
            self.notes.append(f"{token.source} is searched as text; the filters are {names}.")
        yield _text(token, _spelt(token))

    def _spoken(self, token: Token) -> Iterator[Literal]:
        reading = reading_of(token.source)
        if reading is None:
            yield _text(token, token.source)
            return
        condition = Condition(reading.name, reading.value, token.source, is_spoken=True)
        self.notes.append(
            f"“{token.source}” was read as {condition.shown}; quotation marks around it search for the words."
        )
        yield Literal(token, condition)
        if reading.left:
            yield _text(token, f" {reading.left} ")


def _spelt(token: Token) -> str:
    return token.source.replace(":", " ").replace('"', " ")


def _text(token: Token, source: str) -> Literal:
    return Literal(replace(token, kind=Kind.WORD if holds_word(source) else Kind.GAP, source=source))
