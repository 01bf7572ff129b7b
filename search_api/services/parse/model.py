"""How a query was read. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from search_api.services.parse.words import ParsedText

WITHIN = 60.0
"""Seconds between two steps at most, where the query does not say."""

Scope = Literal["any", "said", "onscreen"]
"""Where words must stand: anywhere, in speech, or on screen."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter as typed.

    Attributes:
        name: The API's parameter.
        value: In the API's spelling.
        source: The characters it was read from.
        is_spoken: It was read from plain words (``in 1987``), not from ``name:value``.
    """

    name: str
    value: str
    source: str
    is_spoken: bool = False

    @property
    def shown(self) -> str:
        """``name:value`` as it would be typed."""
        return f'{self.name}:"{self.value}"' if " " in self.value else f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class ExcludedText:
    """Words that a moment must not hold, all of them together; ``text`` may hold phrases."""

    text: ParsedText
    scope: Scope = "any"

    @property
    def shown(self) -> str:
        """As it would be typed after ``NOT``."""
        quoted = f'"{self.text.plain}"' if self.text.phrases else self.text.plain
        return quoted if self.scope == "any" else f"{self.scope}:{quoted}"


@dataclass(frozen=True, slots=True)
class Clause:
    """Conditions that one moment meets, all of them.

    Attributes:
        conditions: Filters it passes.
        refused: Filters it does not pass.
        excluded: Words it does not hold.
    """

    text: ParsedText
    conditions: tuple[Condition, ...] = ()
    refused: tuple[Condition, ...] = ()
    excluded: tuple[ExcludedText, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a sequence: any of the alternatives.

    Attributes:
        within: Most seconds from the end of the step before to the start of this one; None for the first.
    """

    alternatives: tuple[Clause, ...]
    within: float | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A query as read.

    Attributes:
        text: As typed, without what cannot be spoken.
        steps: One, or more where the query says ``then``.
        notes: What the person should know about the reading.
    """

    text: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def clauses(self) -> Iterator[Clause]:
        """Every clause of every step."""
        return (clause for step in self.steps for clause in step.alternatives)
