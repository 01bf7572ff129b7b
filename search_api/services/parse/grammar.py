"""Tokens become steps, steps alternatives, alternatives clauses. Total: what makes no sense is text. Pure.

``NOT`` binds closest, then words side by side, then ``OR``, then ``then``; parentheses group.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from search_api.services.parse.fields import Literal
from search_api.services.parse.model import WITHIN, Clause, ExcludedText, Scope, Step
from search_api.services.parse.scan import Kind, Token
from search_api.services.parse.spoken import seconds_of
from search_api.services.parse.words import read_words

MOST_CLAUSES = 16
"""Clauses that one query searches for; each is a search of its own."""

_IDIOMS = ("back", "since", "by", "until", "till", "every", "even", "just", "the", "now", "what", "happened")
"""Before ``then`` they make it an ordinary word: *back then*, *the then president*, *now and then*."""

Literals = tuple[Literal, ...]


def steps_of(literals: Sequence[Literal], notes: list[str]) -> tuple[Step, ...]:
    """Read the query; ``notes`` hears of what was left out."""
    parts = _parted(literals)
    most = max(1, MOST_CLAUSES // len(parts))
    return tuple(
        Step(_alternatives(_marked(part), most, notes), within)
        for part, within in zip(_without_limits(parts), _limits(parts), strict=True)
    )


def _parted(literals: Sequence[Literal]) -> list[list[Literal]]:
    """Split at every ``then`` that has something to look for on both sides."""
    parts: list[list[Literal]] = [[]]
    for place, literal in enumerate(literals):
        kind = literal.token.kind
        is_cut = kind is Kind.THEN and len(parts) < MOST_CLAUSES and _cuts(parts[-1], literals[place + 1 :])
        if is_cut:
            parts.append([])
        else:
            parts[-1].append(_as_text(literal) if kind is Kind.THEN else literal)
    return parts


def _cuts(before: Sequence[Literal], after: Sequence[Literal]) -> bool:
    last = next((item.token for item in reversed(before) if item.token.counts), None)
    is_idiom = last is not None and last.source.casefold() in _IDIOMS
    return (
        not is_idiom
        and any(map(_looked_for, before))
        and any(map(_looked_for, after))
        and _level(before) == 0
    )


def _looked_for(literal: Literal) -> bool:
    return literal.token.kind in (Kind.WORD, Kind.PHRASE, Kind.FIELD) and literal.is_searchable


def _level(literals: Sequence[Literal]) -> int:
    kinds = [item.token.kind for item in literals]
    return kinds.count(Kind.OPEN) - kinds.count(Kind.CLOSE)


def _limits(parts: Sequence[Sequence[Literal]]) -> list[float | None]:
    """Seconds before each step; a limit that stands at the end alone holds for every gap."""
    said = [_limit(part) for part in parts[1:]]
    rest = said[-1] if said and not any(said[:-1]) else None
    return [None, *(limit or rest or WITHIN for limit in said)]


def _limit(part: Sequence[Literal]) -> float | None:
    limits = [seconds_of(item.token.source[len("within ") :]) for item in part if _is_limit(item)]
    return limits[-1] if limits else None


def _without_limits(parts: Sequence[Sequence[Literal]]) -> Iterator[list[Literal]]:
    """Limits of the first step, which has no gap before it, are words."""
    yield [_as_text(item) if _is_limit(item) else item for item in parts[0]]
    for part in parts[1:]:
        yield [item for item in part if not _is_limit(item)]


def _is_limit(literal: Literal) -> bool:
    return literal.token.kind is Kind.WITHIN


_OPERATORS = (Kind.OR, Kind.AND, Kind.NOT)
_PARENTHESES = (Kind.OPEN, Kind.CLOSE)


def _marked(part: Sequence[Literal]) -> list[Literal]:
    """Turn operators without operands, and parentheses without partners, into words."""
    changed, current = True, list(part)
    while changed:
        kept = [item for item in current if item.token.counts]
        lone = {id(item) for item in _lone(kept)}
        changed = bool(lone)
        current = [_as_text(item) if id(item) in lone else item for item in current]
    return current


def _lone(items: Sequence[Literal]) -> Iterator[Literal]:
    kinds = [None, *(item.token.kind for item in items), None]
    paired = _paired(items)
    for item, before, after in zip(items, kinds, kinds[2:], strict=False):
        kind = item.token.kind
        if kind in _PARENTHESES:
            is_lone = id(item) not in paired
        else:
            is_lone = kind in _OPERATORS and not _has_operands(kind, before, after)
        if is_lone:
            yield item


def _has_operands(kind: Kind, before: Kind | None, after: Kind | None) -> bool:
    follows = after not in (None, Kind.OR, Kind.AND, Kind.CLOSE)
    if kind is Kind.NOT:
        return follows and after is not Kind.NOT
    return follows and before not in (None, *_OPERATORS, Kind.OPEN)


def _paired(items: Sequence[Literal]) -> set[int]:
    """Parentheses that hold something."""
    opened: list[int] = []
    paired: set[int] = set()
    for place, item in enumerate(items):
        if item.token.kind is Kind.OPEN:
            opened.append(place)
        elif item.token.kind is Kind.CLOSE and opened and (start := opened.pop()) < place - 1:
            paired |= {id(items[start]), id(item)}
    return paired


def _as_text(literal: Literal) -> Literal:
    kind = Kind.GAP if literal.token.kind in _PARENTHESES else Kind.WORD
    return Literal(replace(literal.token, kind=kind))


@dataclass(slots=True)
class _Group:
    """An open parenthesis: alternatives that are done, and the one being read."""

    is_excluded: bool = False
    done: list[Literals] = field(default_factory=list)
    current: list[Literals] = field(default_factory=lambda: [()])

    @property
    def alternatives(self) -> list[Literals]:
        return [*self.done, *self.current]

    def add(self, choices: Sequence[Literals], most: int) -> bool:
        """Join each alternative being read with each choice; False where that made too many."""
        joined = [(*one, *other) for other in choices for one in self.current]
        self.current = joined[:most]
        return len(joined) <= most


def _alternatives(part: Sequence[Literal], most: int, notes: list[str]) -> tuple[Clause, ...]:
    """Multiply groups out; ``most`` alternatives are kept."""
    groups, fits, negates = [_Group()], True, False
    for item in part:
        kind = item.token.kind
        if kind is Kind.OPEN:
            groups.append(_Group(is_excluded=negates))
        elif kind is Kind.CLOSE:
            group = groups.pop()
            fits &= groups[-1].add(_excluded(group) if group.is_excluded else group.alternatives, most)
        elif kind is Kind.OR:
            groups[-1].done.extend(groups[-1].current)
            groups[-1].current = [()]
        elif kind not in (Kind.AND, Kind.NOT):
            fits &= groups[-1].add([(_negated(item) if negates and item.token.counts else item,)], most)
        negates = kind is Kind.NOT or (negates and not item.token.counts)
    found = groups[0].alternatives
    if not fits or len(found) > most:
        notes.append(f"The query has too many alternatives; the first {most} are searched.")
    return tuple(dict.fromkeys(_clause(alternative) for alternative in found[:most]))


def _negated(item: Literal) -> Literal:
    return replace(item, token=replace(item.token, is_excluded=True))


def _excluded(group: _Group) -> list[Literals]:
    """None of the alternatives may hold: each becomes one excluded literal."""
    return [tuple(map(_joined, group.alternatives))]


def _joined(items: Literals) -> Literal:
    single = [item for item in items if item.token.counts]
    if len(single) == 1:
        return _negated(single[0])
    source = "".join(item.token.source for item in items if item.condition is None)
    return Literal(Token(Kind.WORD, source, is_excluded=True))


def _clause(items: Literals) -> Clause:
    wanted = [item for item in items if not item.token.is_excluded]
    refused = [item for item in items if item.token.is_excluded]
    text = read_words(
        "".join(_source(item) for item in wanted),
        said=_scoped(wanted, "said"),
        onscreen=_scoped(wanted, "onscreen"),
    )
    return Clause(
        text,
        tuple(item.condition for item in wanted if item.condition is not None),
        tuple(item.condition for item in refused if item.condition is not None),
        tuple(_excluded_text(item) for item in refused if item.condition is None),
    )


def _source(item: Literal) -> str:
    return " " if item.condition is not None or item.scope else item.token.source


def _scoped(items: Sequence[Literal], scope: Scope) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.token.value for item in items if item.scope == scope))


def _excluded_text(item: Literal) -> ExcludedText:
    if item.scope:
        scope: Scope = "said" if item.scope == "said" else "onscreen"
        return ExcludedText(read_words(f'"{item.token.value}"'), scope)
    source = item.token.source
    is_compound = item.token.kind is Kind.WORD and " " not in source and "-" in source
    return ExcludedText(read_words(f'"{source}"' if is_compound else source))
