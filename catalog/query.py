"""Filters over assets: one pure value that SQL, the vector index and tests all read."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import TypeVar

from catalog.model import AssetKind
from foundation.ids import AssetId, CollectionId, LocationId, PersonId

T = TypeVar("T")

COLD_CLASSES = ("GLACIER", "DEEP_ARCHIVE", "VAULT_COLD")
"""Storage classes that must be restored before they are read; ``class:cold`` means these."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from ``low`` to ``high``, both included; None leaves an end open."""

    low: int | None = None
    high: int | None = None

    def __contains__(self, value: object) -> bool:
        return (
            isinstance(value, int)
            and (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
        )


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """What an asset must be to take part; empty fields ask for nothing. Fields are joined by AND.

    Attributes:
        locations: Any of these locations.
        collections: Any of these collections.
        storage_classes: The master lies in any of these classes.
        kinds: Any of these kinds.
        years: Recorded (else broadcast, else guessed) within these years.
        duration_ms: Duration within this span of milliseconds.
        has_speech: Speech was heard or captioned, or not.
        black_and_white: The shot (for picture) or any shot (for the asset) is black-and-white, or none is.
        persons: All of these people appear.
        assets: Any of these assets.
        without: Assets (points, in a vector index) that pass any of these take no part.
    """

    locations: tuple[LocationId, ...] = ()
    collections: tuple[CollectionId, ...] = ()
    storage_classes: tuple[str, ...] = ()
    kinds: tuple[AssetKind, ...] = ()
    years: Span | None = None
    duration_ms: Span | None = None
    has_speech: bool | None = None
    black_and_white: bool | None = None
    persons: tuple[PersonId, ...] = ()
    assets: tuple[AssetId, ...] = ()
    without: tuple["AssetFilter", ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether every asset passes."""
        return all(getattr(self, item.name) in ((), None) for item in fields(self))


def narrowed(one: AssetFilter, other: AssetFilter) -> AssetFilter | None:
    """What passes both; None where nothing can."""
    if _are_disjoint(one, other):
        return None
    return AssetFilter(
        locations=_common(one.locations, other.locations),
        collections=_common(one.collections, other.collections),
        storage_classes=_common(one.storage_classes, other.storage_classes),
        kinds=_common(one.kinds, other.kinds),
        years=_overlap(one.years, other.years),
        duration_ms=_overlap(one.duration_ms, other.duration_ms),
        has_speech=other.has_speech if one.has_speech is None else one.has_speech,
        black_and_white=other.black_and_white if one.black_and_white is None else one.black_and_white,
        persons=tuple(dict.fromkeys((*one.persons, *other.persons))),
        assets=_common(one.assets, other.assets),
        without=tuple(dict.fromkeys((*one.without, *other.without))),
    )


def _are_disjoint(one: AssetFilter, other: AssetFilter) -> bool:
    choices: tuple[tuple[Collection[object], Collection[object]], ...] = (
        (one.locations, other.locations),
        (one.collections, other.collections),
        (one.storage_classes, other.storage_classes),
        (one.kinds, other.kinds),
        (one.assets, other.assets),
    )
    flags = ((one.has_speech, other.has_speech), (one.black_and_white, other.black_and_white))
    return any(ours and theirs and set(ours).isdisjoint(theirs) for ours, theirs in choices) or any(
        None not in pair and pair[0] != pair[1] for pair in flags
    )


def _common(one: tuple[T, ...], other: tuple[T, ...]) -> tuple[T, ...]:
    if not one or not other:
        return one or other
    allowed = set(other)
    return tuple(value for value in one if value in allowed)


def _overlap(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return one or other
    lows = [span.low for span in (one, other) if span.low is not None]
    highs = [span.high for span in (one, other) if span.high is not None]
    return Span(max(lows, default=None), min(highs, default=None))
