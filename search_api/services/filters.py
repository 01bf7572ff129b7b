"""Filters as typed, made into one catalog filter."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from archive_tiering.prices.storage_class import FACTS
from catalog.model import AssetKind
from catalog.query import COLD_CLASSES, AssetFilter, Span, narrowed
from catalog.repository import CatalogReader
from foundation.errors import BadFilter, LocationNotFound, PersonNotFound
from foundation.ids import PersonId
from search_api.schemas import SIGNALS, AssetFilters, SearchRequest, SignalName
from search_api.services.parse import Clause, Condition, Problem

T = TypeVar("T")

_SPAN = re.compile(
    r"(?P<low>\d{1,9}(?:\.\d{1,6})?)?(?P<dots>\.\.)?(?P<high>\d{1,9}(?:\.\d{1,6})?)?", re.ASCII
)
_LISTS = ("location", "class", "kind", "person")
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which assets may answer, and the same in the words of whoever asked."""

    where: AssetFilter
    typed: dict[str, str]


def filters_of(request: AssetFilters, reader: CatalogReader) -> Filters:
    """Resolve names and values.

    Raises:
        BadFilter: A value that its filter cannot take; the message names both.
        LocationNotFound, PersonNotFound: Nobody knows the name.
    """
    where = AssetFilter(
        locations=tuple(reader.locations.get(name).id for name in _parts(request.location)),
        storage_classes=_classes(_parts(request.storage_class)),
        kinds=tuple(_kind(name) for name in _parts(request.kind)),
        years=_given(request.year, _years),
        duration_ms=_given(request.duration, _milliseconds),
        has_speech=_given(request.has_speech, lambda text: _truth("has_speech", text)),
        black_and_white=_given(request.black_and_white, lambda text: _truth("black_and_white", text)),
        persons=tuple(reader.people.get(name).id for name in request.person if name.strip()),
    )
    return Filters(where, _typed(request))


def problem_with(reader: CatalogReader) -> Problem:
    """Says why a filter in the query cannot be used, so that it can be searched as text instead."""

    def problem(condition: Condition) -> str | None:
        try:
            filters_of(_request(condition), reader)
        except (BadFilter, LocationNotFound, PersonNotFound) as error:
            return error.message
        return None

    return problem


def where_of(clause: Clause, base: AssetFilter, reader: CatalogReader) -> AssetFilter | None:
    """What passes ``base`` and the clause's own filters; None where they exclude each other.

    A refused person bars moments, not assets: see :func:`refused_persons`.
    """
    where: AssetFilter | None = base
    for request in _requests(clause.conditions):
        where = where and narrowed(where, filters_of(request, reader).where)
    refused = (_request(condition) for condition in clause.refused if condition.name != "person")
    without = tuple(filters_of(request, reader).where for request in refused)
    return where and narrowed(where, AssetFilter(without=without))


def refused_persons(clause: Clause, reader: CatalogReader) -> tuple[PersonId, ...]:
    """People who must not be seen in a moment."""
    return tuple(reader.people.get(item.value).id for item in clause.refused if item.name == "person")


def _requests(conditions: Iterable[Condition]) -> Iterator[AssetFilters]:
    """One request for all lists, because a list means any of its values; one for each other filter."""
    several = list(conditions)
    lists = {name: [item.value for item in several if item.name == name] for name in _LISTS}
    yield AssetFilters.model_validate(lists)
    yield from (_request(item) for item in several if item.name not in _LISTS)


def _request(condition: Condition) -> AssetFilters:
    return AssetFilters.model_validate({condition.name: condition.value})


def signals_of(request: SearchRequest) -> frozenset[SignalName]:
    """Signals that may take part; all when none is named.

    Raises:
        BadFilter: No signal has this name.
    """
    asked = _parts(request.signals)
    known: dict[str, SignalName] = {name: name for name in SIGNALS}
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise BadFilter(
            f"There is no signal {unknown[0]!r}.", remedy=f"The signals are {', '.join(SIGNALS)}."
        )
    return frozenset(known[name] for name in asked) or frozenset(SIGNALS)


def span_of(name: str, text: str) -> tuple[Decimal | None, Decimal | None, bool]:
    """Read ``a``, ``a..b``, ``a..`` or ``..b``; the flag says whether it was a range.

    Raises:
        BadFilter: It is none of these, or runs backwards.
    """
    match = _SPAN.fullmatch(text.strip())
    low, dots, high = match.group("low", "dots", "high") if match else (None, None, None)
    if low is None and high is None:
        raise BadFilter(
            f"{name}={text!r} is no number and no range.", remedy=f"Write {name}=10 or {name}=10..60."
        )
    if not dots:
        return Decimal(low or "0"), None, False
    if low and high and Decimal(low) > Decimal(high):
        raise BadFilter(f"{name}={text!r} runs backwards.", remedy=f"Write {name}={high}..{low}.")
    return (Decimal(low) if low else None), (Decimal(high) if high else None), True


def _given(text: str | None, read: Callable[[str], T]) -> T | None:
    return None if text is None or not text.strip() else read(text)


def _parts(values: Iterable[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _classes(names: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys(COLD_CLASSES if name.lower() == "cold" else (_class(name),)))
    return tuple(found)


def _class(name: str) -> str:
    if name.upper() not in FACTS:
        remedy = f"Use cold, or one of {', '.join(FACTS)}."
        raise BadFilter(f"There is no storage class {name!r}.", remedy=remedy)
    return name.upper()


def _kind(name: str) -> AssetKind:
    try:
        return AssetKind(name.lower())
    except ValueError:
        raise BadFilter(f"There is no kind {name!r}.", remedy="Use video, still or sound.") from None


def _years(text: str) -> Span:
    low, high, ranged = span_of("year", text)
    for year in (low, high):
        if year is not None and (year != int(year) or not 1 <= year <= 9999):
            raise BadFilter(f"year={text!r} is no year.", remedy="Write year=1987 or year=1987..1992.")
    first = None if low is None else int(low)
    return Span(first, None if high is None else int(high)) if ranged else Span(first, first)


def _milliseconds(text: str) -> Span:
    low, high, ranged = span_of("duration", text)
    first = None if low is None else int(low * 1000)
    if not ranged:
        return Span(first, None if first is None else first + 999)
    return Span(first, None if high is None else int(high * 1000))


def _truth(name: str, text: str) -> bool:
    try:
        return _TRUTH[text.strip().lower()]
    except KeyError:
        raise BadFilter(f"{name}={text!r} is neither true nor false.", remedy=f"Write {name}=true.") from None


def _typed(request: AssetFilters) -> dict[str, str]:
    lists = {
        "location": request.location,
        "class": request.storage_class,
        "kind": request.kind,
        "person": request.person,
    }
    scalars = {
        "year": request.year,
        "duration": request.duration,
        "has_speech": request.has_speech,
        "black_and_white": request.black_and_white,
    }
    shown = {name: ", ".join(values) for name, values in lists.items() if values}
    return shown | {name: value for name, value in scalars.items() if value}
