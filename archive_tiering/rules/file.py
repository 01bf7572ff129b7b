"""Reads lifecycle rules from YAML, and names file and line of everything that is wrong with them.

Nodes are read instead of plain values, because they know their lines; only plain scalars, lists and mappings
are used, and nothing in a file can name a Python object.
"""

import difflib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import yaml

from archive_tiering.prices.storage_class import FACTS
from archive_tiering.rules.rule_set import Condition, Named, ProjectCondition, Rule, RuleSet
from archive_tiering.rules.values import Comparison, bytes_of, compared, path_pattern, seconds_of
from catalog.model import AssetKind, ProjectState
from foundation.errors import BadRules

T = TypeVar("T")
Fields = Mapping[str, tuple[yaml.Node, yaml.Node]]

FILE = ("version", "rules", "exceptions")
RULE = ("name", "when", "unless", "to", "pays_back_within", "allow_early_deletion")
CONDITION = (
    "project", "location", "path", "label", "kind", "class", "rights", "age", "last_use", "size",
)  # fmt: skip
PROJECT = ("name", "state", "for")
TARGET = ("location", "class")
RIGHTS = ("active", "expired", "none")
_BOOLEANS: Mapping[str, bool] = MappingProxyType({"true": True, "false": False})
_MONTH = Decimal(30 * 86400)


class _Fault(Exception):
    """One thing that is wrong; caught in this module."""

    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.line = node.start_mark.line + 1


def load_rules(path: Path) -> RuleSet:
    """Read a file of rules.

    Raises:
        BadRules: It is not there or cannot be read, or does not say what rules must; every fault is named.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadRules(
            f"{path}: {error.strerror}.",
            remedy=f"Write your lifecycle rules into {path}, or point REKINDLE_TIERING__RULES at them; "
            "docs/how-to/tiering-rules.md starts with an example.",
        ) from error
    return read_rules(data, str(path))


def read_rules(data: bytes, source: str) -> RuleSet:
    """Read rules from bytes; ``source`` is what messages call them. Raises BadRules."""
    try:
        root = yaml.compose(data, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 1
        raise BadRules(f"{source}:{line}: this is not YAML: {error.problem}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadRules(f"{source}:1: this is not YAML: {error}.") from error
    reader = _Reader(source)
    rules = reader.file(root, hashlib.sha256(data).hexdigest())
    reader.complain()
    return rules


class _Reader:
    """Turns nodes into rules and gathers faults, so that one run shows them all."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._faults: list[tuple[int, str]] = []

    def complain(self) -> None:
        """Raise BadRules where anything was wrong."""
        if self._faults:
            faults = sorted(set(self._faults))
            lines = [f"{self._source}:{line}: {text}." for line, text in faults]
            detail = {"faults": [{"line": line, "message": text} for line, text in faults]}
            raise BadRules("\n".join(lines), detail=detail)

    def file(self, root: yaml.Node | None, sha256: str) -> RuleSet:
        """The whole file."""
        if root is None:
            self._faults.append((1, "the file is empty; it needs `version: 1` and `rules:`"))
            return RuleSet(self._source, sha256, ())
        nothing: Fields = {}
        none: list[yaml.Node] = []
        fields = self._safely(lambda: _fields(root, FILE, "a file of rules"), nothing)
        if fields or not self._faults:
            self._safely(lambda: _version(root, fields), None)
        rules = [self._rule(node) for node in self._safely(lambda: _rules(root, fields), none)]
        known = [rule for rule in rules if rule is not None]
        self._unique(known)
        return RuleSet(self._source, sha256, tuple(known), self._conditions(fields, "exceptions"))

    def _rule(self, node: yaml.Node) -> Rule | None:
        fields = self._safely(lambda: _fields(node, RULE, "a rule"), None)
        if fields is None:
            return None
        when = self._safely(lambda: _condition(_needed(node, fields, "when", "a rule")), Condition())
        nowhere: tuple[Named | None, Named | None] = (None, None)
        target = self._safely(lambda: _target(_needed(node, fields, "to", "a rule")), nowhere)
        return Rule(
            name=self._safely(lambda: _text(_needed(node, fields, "name", "a rule")), ""),
            line=node.start_mark.line + 1,
            when=when,
            unless=self._conditions(fields, "unless"),
            location=target[0],
            storage_class=target[1],
            pays_back_within=self._safely(lambda: _months(fields), Decimal(12)),
            allow_early=self._safely(lambda: _flag(fields, "allow_early_deletion"), False),
        )

    def _conditions(self, fields: Fields, name: str) -> tuple[Condition, ...]:
        if name not in fields:
            return ()
        found = [self._condition(node) for node in _listed(fields[name][1])]
        return tuple(item for item in found if item is not None)

    def _condition(self, node: yaml.Node) -> Condition | None:
        return self._safely(lambda: _condition(node), None)

    def _unique(self, rules: list[Rule]) -> None:
        first: dict[str, int] = {}
        for rule in rules:
            if rule.name and first.setdefault(rule.name, rule.line) != rule.line:
                line = first[rule.name]
                self._faults.append((rule.line, f"the rule of line {line} is named {rule.name!r} already"))

    def _safely(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except _Fault as fault:
            self._faults.append((fault.line, str(fault)))
            return otherwise


def _version(root: yaml.Node, fields: Fields) -> None:
    node = _needed(root, fields, "version", "a file of rules")
    if _text(node) != "1":
        raise _Fault(node, f"version {_text(node)!r} is not known; this Rekindle reads version 1")


def _rules(root: yaml.Node, fields: Fields) -> list[yaml.Node]:
    node = _needed(root, fields, "rules", "a file of rules")
    if not isinstance(node, yaml.SequenceNode):
        raise _Fault(node, "`rules` must be a list; begin each rule with `- name: …`")
    return list(node.value)


def _condition(node: yaml.Node) -> Condition:
    fields = _fields(node, CONDITION, "a condition")
    if not fields:
        raise _Fault(node, "the condition asks for nothing and would match everything; name what must hold")
    return Condition(
        project=_project(fields["project"][1]) if "project" in fields else None,
        locations=tuple(_names(fields, "location")),
        paths=tuple(path_pattern(item.name) for item in _names(fields, "path")),
        labels=_plain(fields, "label"),
        kinds=_one_of(fields, "kind", [kind.value for kind in AssetKind]),
        classes=_plain(fields, "class"),
        rights=_one_of(fields, "rights", RIGHTS),
        age=_comparisons(fields, "age", seconds_of),
        last_use=_comparisons(fields, "last_use", seconds_of),
        size=_comparisons(fields, "size", bytes_of),
    )


def _project(node: yaml.Node) -> ProjectCondition:
    if not isinstance(node, yaml.MappingNode):
        return ProjectCondition(names=tuple(Named(_text(n), _line(n)) for n in _listed(node)))
    fields = _fields(node, PROJECT, "a project's condition")
    span = fields["for"][1] if "for" in fields else None
    if span is not None and "state" not in fields:
        raise _Fault(span, "`for` says how long a project has been in a state: name the `state` too")
    return ProjectCondition(
        names=tuple(_names(fields, "name")),
        states=_one_of(fields, "state", [state.value for state in ProjectState]),
        at_least=0 if span is None else _value(span, seconds_of),
    )


def _target(node: yaml.Node) -> tuple[Named | None, Named | None]:
    fields = _fields(node, TARGET, "`to`")
    if not fields:
        raise _Fault(node, "`to` must name a `class`, a `location`, or both")
    location = fields["location"][1] if "location" in fields else None
    storage_class = fields["class"][1] if "class" in fields else None
    if storage_class is not None and _text(storage_class) not in FACTS:
        raise _Fault(
            storage_class, f"{_text(storage_class)!r} is no storage class{_near(storage_class, FACTS)}"
        )
    return _named(location), _named(storage_class)


def _months(fields: Fields) -> Decimal:
    if "pays_back_within" not in fields:
        return Decimal(12)
    seconds = _value(fields["pays_back_within"][1], seconds_of)
    return max(Decimal(seconds), Decimal(1)) / _MONTH


def _flag(fields: Fields, name: str) -> bool:
    if name not in fields:
        return False
    node = fields[name][1]
    found = _BOOLEANS.get(_text(node).lower())
    if found is None:
        raise _Fault(node, f"`{name}` is true or false, not {_text(node)!r}")
    return found


def _comparisons(fields: Fields, name: str, read: Callable[[str], int]) -> tuple[Comparison, ...]:
    nodes = _listed(fields[name][1]) if name in fields else ()
    return tuple(_value(node, lambda text: compared(text, read)) for node in nodes)


def _value(node: yaml.Node, read: Callable[[str], T]) -> T:
    try:
        return read(_text(node))
    except ValueError as error:
        raise _Fault(node, str(error)) from error


def _one_of(fields: Fields, name: str, allowed: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    nodes = list(_listed(fields[name][1])) if name in fields else []
    for node in nodes:
        if _text(node) not in allowed:
            choices = ", ".join(allowed)
            raise _Fault(node, f"`{name}` is one of {choices}, not {_text(node)!r}")
    return tuple(_text(node) for node in nodes)


def _plain(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(item.name for item in _names(fields, name))


def _names(fields: Fields, name: str) -> Iterator[Named]:
    if name in fields:
        for node in _listed(fields[name][1]):
            yield Named(_text(node), _line(node))


def _named(node: yaml.Node | None) -> Named | None:
    return None if node is None else Named(_text(node), _line(node))


def _needed(node: yaml.Node, fields: Fields, name: str, what: str) -> yaml.Node:
    if name not in fields:
        raise _Fault(node, f"{what} needs `{name}`")
    return fields[name][1]


def _fields(node: yaml.Node, allowed: "tuple[str, ...]", what: str) -> Fields:
    if not isinstance(node, yaml.MappingNode):
        raise _Fault(node, f"{what} is written as `key: value` lines; here stands something else")
    found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key, value in node.value:
        name = _text(key)
        if name not in allowed:
            raise _Fault(key, f"{what} has no `{name}`{_near(key, allowed)}")
        if name in found:
            raise _Fault(key, f"`{name}` stands twice; line {_line(found[name][0])} has it already")
        found[name] = (key, value)
    return found


def _near(node: yaml.Node, allowed: "tuple[str, ...] | Mapping[str, object]") -> str:
    close = difflib.get_close_matches(_text(node), list(allowed), n=1)
    return f"; did you mean `{close[0]}`?" if close else f" (known: {', '.join(allowed)})"


def _listed(node: yaml.Node) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else [node]


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or not str(node.value).strip():
        raise _Fault(node, "a plain value is expected here")
    return str(node.value).strip()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
