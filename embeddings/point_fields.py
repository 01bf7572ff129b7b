"""How payloads and filters are spelled inside a vector engine; the same for every engine.

Truth values are stored as ``yes`` and ``no``: Qdrant Edge 0.9.0 takes Python's True for the integer 1 in a
filter, and then finds nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from catalog.query import AssetFilter
from embeddings.vector_index import Payload, Place

KEYWORDS = (
    "asset", "collection", "location", "storage_class", "kind", "persons", "has_speech", "black_and_white",
)  # fmt: skip
"""Fields compared for equality."""

NUMBERS = ("year", "duration_ms")
"""Fields compared by range."""

PLACE = ("asset", "ordinal", "position", "in_frame", "out_frame")
"""Fields that are read back."""

_FLAGS = ("has_speech", "black_and_white")
_NAMES = tuple(item.name for item in fields(Payload))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field (or one of its values) is among ``values``."""

    field: str
    values: tuple[str, ...]

    def holds(self, stored: Mapping[str, Any]) -> bool:
        """Say whether a stored payload passes."""
        value = stored.get(self.field)
        present = value if isinstance(value, list) else [value]
        return any(item in self.values for item in present)


@dataclass(frozen=True, slots=True)
class Between:
    """The field lies between ``low`` and ``high``, both included; None leaves an end open."""

    field: str
    low: int | None
    high: int | None

    def holds(self, stored: Mapping[str, Any]) -> bool:
        """Say whether a stored payload passes."""
        value = stored.get(self.field)
        return (
            value is not None
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
        )


@dataclass(frozen=True, slots=True)
class NotAll:
    """At least one of these does not hold."""

    conditions: tuple[AnyOf | Between, ...]

    def holds(self, stored: Mapping[str, Any]) -> bool:
        """Say whether a stored payload passes."""
        return not all(condition.holds(stored) for condition in self.conditions)


def to_stored(payload: Payload) -> dict[str, Any]:
    """Payload as the engine keeps it; what is unknown is left out."""
    stored = {name: value for name in _NAMES if (value := getattr(payload, name)) is not None}
    for name in _FLAGS:
        if name in stored:
            stored[name] = _flag(stored[name])
    return stored | {"persons": list(payload.persons)}


def place_of(stored: Mapping[str, Any]) -> Place:
    """What a point stands for, from the fields :data:`PLACE` of a stored payload."""
    return Place(
        stored["asset"],
        stored["ordinal"],
        stored["position"],
        stored.get("in_frame"),
        stored.get("out_frame"),
    )


def conditions(where: AssetFilter) -> list[AnyOf | Between | NotAll]:
    """What a point must satisfy, all of it."""
    refused = (_plain(other) for other in where.without)
    return [*_plain(where), *(NotAll(several) for several in refused if several)]


def _plain(where: AssetFilter) -> tuple[AnyOf | Between, ...]:
    return (*_memberships(where), *_spans(where))


def _memberships(where: AssetFilter) -> Iterator[AnyOf]:
    choices = {
        "asset": where.assets,
        "location": where.locations,
        "collection": where.collections,
        "storage_class": where.storage_classes,
        "kind": tuple(str(kind) for kind in where.kinds),
        "has_speech": () if where.has_speech is None else (_flag(where.has_speech),),
        "black_and_white": () if where.black_and_white is None else (_flag(where.black_and_white),),
    }
    for field, values in choices.items():
        if values:
            yield AnyOf(field, tuple(values))
    for person in where.persons:
        yield AnyOf("persons", (person,))


def _spans(where: AssetFilter) -> Iterator[Between]:
    if where.years is not None:
        yield Between("year", where.years.low, where.years.high)
    if where.duration_ms is not None:
        yield Between("duration_ms", where.duration_ms.low, where.duration_ms.high)


def _flag(value: bool) -> str:  # noqa: FBT001 - a converter of truth values
    return "yes" if value else "no"
