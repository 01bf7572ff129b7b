"""Lifecycle rules: which masters go where, and what keeps them. The first rule that matches decides.

A condition holds where all that it names holds; a list names alternatives. A rule matches a copy where its
condition (``when``) holds and none of its exceptions (``unless``), nor of the file's own, does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from archive_tiering.rules.values import Comparison


@dataclass(frozen=True, slots=True)
class Named:
    """A name in the rules' file, and the line it stands on (from 1)."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class ProjectCondition:
    """Which projects: by name, by state, by how long it has been so (seconds)."""

    names: tuple[Named, ...] = ()
    states: tuple[str, ...] = ()
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a copy; empty fields ask for nothing. Spans are in seconds, sizes in bytes.

    Attributes:
        age: Since the newest of its objects was written.
        last_use: Since the last restore or lease of the asset; without any, since it was written.
        rights: ``active``, ``expired`` or ``none``.
    """

    project: ProjectCondition | None = None
    locations: tuple[Named, ...] = ()
    paths: tuple[re.Pattern[str], ...] = ()
    labels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    age: tuple[Comparison, ...] = ()
    last_use: tuple[Comparison, ...] = ()
    size: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, with the line of the file it begins at.

    Attributes:
        location: Where masters go; None for the location they are in.
        storage_class: The class they go to; None where the location has only one (a folder, a vault).
        pays_back_within: Months within which a move must have paid back its one-off cost.
        allow_early: Move although a minimum stay is not over; the fee is part of the plan.
    """

    name: str
    line: int
    when: Condition
    unless: tuple[Condition, ...] = ()
    location: Named | None = None
    storage_class: Named | None = None
    pays_back_within: Decimal = Decimal(12)
    allow_early: bool = False

    def as_json(self) -> Mapping[str, object]:
        """What a plan keeps of it."""
        return {
            "name": self.name,
            "line": self.line,
            "location": self.location and self.location.name,
            "storage_class": self.storage_class and self.storage_class.name,
        }


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A whole file of rules.

    Attributes:
        source: The file, as messages name it.
        sha256: Digest of its bytes.
        exceptions: Conditions under which no rule applies.
    """

    source: str
    sha256: str
    rules: tuple[Rule, ...]
    exceptions: tuple[Condition, ...] = ()


def conditions_of(rules: RuleSet) -> list[Condition]:
    """Return every condition of a file."""
    found = list(rules.exceptions)
    for rule in rules.rules:
        found += [rule.when, *rule.unless]
    return found
