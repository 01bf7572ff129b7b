"""Questions that outlive one search: saved searches, what they found in new footage, and unmet demand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from foundation.ids import AssetId, SavedSearchId


@dataclass(frozen=True, slots=True)
class Arrival:
    """Footage whose walk was complete for the first time; one per version of an asset."""

    seq: int
    asset_id: AssetId
    at: datetime


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A question kept by name.

    Attributes:
        query: The search request as JSON, without page and cursor.
        seen: Newest arrival that was searched.
        ran_at: When new footage was last searched; None before the first time.
        matches: Moments found so far.
    """

    id: SavedSearchId
    name: str
    query: Mapping[str, object]
    created_at: datetime
    seen: int
    ran_at: datetime | None = None
    matches: int = 0


@dataclass(frozen=True, slots=True)
class SavedMatch:
    """A moment that a saved search found in new footage; ``hit`` is the hit as it was shown then."""

    seq: int
    saved_id: SavedSearchId
    asset_id: AssetId
    found_at: datetime
    hit: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Demand:
    """A query that found nothing good.

    Attributes:
        text: As it was typed last.
        filters: The filters it had, in words; empty for none.
        count: How many times it was asked.
    """

    text: str
    filters: str
    count: int
    first_at: datetime
    last_at: datetime
