"""Ports to saved searches, new footage and unmet demand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from catalog.model import Arrival, Demand, SavedMatch, SavedSearch
from foundation.ids import AssetId, SavedSearchId


class Arrivals(Protocol):
    """New footage, in the order in which it became searchable."""

    def last(self) -> int:
        """Newest sequence number, 0 when there is none."""

    def count(self, seq: int) -> int:
        """How many visible assets arrived after ``seq``."""

    def after(self, seq: int, limit: int) -> list[Arrival]:
        """Arrivals of visible assets, in order."""


class SavedSearches(Protocol):
    """Saved searches and their feed."""

    def add(self, name: str, query: Mapping[str, object]) -> SavedSearch:
        """Keep a question from the newest arrival on; raises NameTaken."""

    def get(self, name_or_id: str) -> SavedSearch:
        """By id, else by name without regard to case; raises SavedSearchNotFound."""

    def all(self) -> list[SavedSearch]:
        """By name."""

    def remove(self, saved_id: SavedSearchId) -> None:
        """Forget the question and its feed; raises SavedSearchNotFound."""

    def advance(
        self, saved_id: SavedSearchId, seen: int, found: Sequence[tuple[AssetId, Mapping[str, object]]]
    ) -> None:
        """Add hits to the feed and take note that arrivals up to ``seen`` were searched, in one step.

        Does nothing when the search was removed meanwhile, or has been taken as far by somebody else.
        """

    def matches(self, saved_id: SavedSearchId | None, *, after: int, limit: int) -> list[SavedMatch]:
        """The feed of one saved search, or of all, in the order of finding, visible assets only."""


class Demands(Protocol):
    """Queries without a good result."""

    def add(self, text: str, filters: str, *, count: int, at: datetime) -> None:
        """Count a query; spellings that differ in case and spaces are one."""

    def top(self, limit: int) -> list[Demand]:
        """Most often asked first, then the latest."""

    def forget(self, text: str | None = None) -> int:
        """Forget a query with all its filters, or everything; returns how many rows went."""

    def forget_before(self, when: datetime) -> int:
        """Forget what was last asked before ``when``; returns how many rows went."""
