"""Filters over assets: one pure value that SQL, the vector index and tests all read."""

from dataclasses import dataclass, fields

from catalog.model import AssetKind
from foundation.ids import AssetId, CollectionId, LocationId, PersonId

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

    @property
    def is_empty(self) -> bool:
        """Say whether every asset passes."""
        return all(getattr(self, item.name) in ((), None) for item in fields(self))
