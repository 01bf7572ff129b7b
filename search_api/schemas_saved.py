"""Wire types of saved searches, their feed, and unmet demand."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from search_api.schemas import Hit, SearchRequest
from search_api.wire import Wire

SAVED_ID = "sav_01K9X2V7QJ8M4T6W0N3B5C7D9F"


class NewSavedSearch(BaseModel):
    """A question to keep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200, examples=["Harbours at night"])
    query: SearchRequest = Field(description="The search; its page and limit do not matter.")


class SavedSearch(Wire):
    """A question that is asked again whenever footage arrives."""

    id: str = Field(examples=[SAVED_ID])
    name: str = Field(examples=["Harbours at night"])
    query: SearchRequest
    created_at: datetime
    ran_at: datetime | None = Field(description="When new footage was last searched.")
    waiting: int = Field(description="Newly arrived assets that were not searched yet.", examples=[0])
    matches: int = Field(description="Moments found in new footage so far.", examples=[3])


class SavedSearchList(Wire):
    """Saved searches by name."""

    saved: list[SavedSearch]


class SavedMatch(Wire):
    """A moment that a saved search found in new footage."""

    saved: str = Field(description="Id of the saved search.", examples=[SAVED_ID])
    name: str = Field(description="Its name.", examples=["Harbours at night"])
    found_at: datetime
    hit: Hit = Field(description="The moment as it was when it was found.")


class MatchFeed(Wire):
    """New matches in the order of finding."""

    matches: list[SavedMatch]
    next_cursor: str | None = Field(
        description="Hand it back as `cursor` to hear only of what comes after; None before the first match."
    )


class Demand(Wire):
    """A query that found nothing good."""

    text: str = Field(examples=["zebra in snow"])
    filters: str = Field(description="The filters it had, in words.", examples=["year=1960..1969"])
    count: int = Field(description="How many times it was asked.", examples=[4])
    first_at: datetime
    last_at: datetime


class DemandList(Wire):
    """Unmet demand, most often asked first."""

    demand: list[Demand]
    kept: bool = Field(description="Whether such queries are kept at all (REKINDLE_DEMAND__KEEP).")


class Forgotten(Wire):
    """What was forgotten."""

    forgotten: int = Field(description="Queries.", examples=[1])
