"""The client's part for saved searches and unmet demand."""

from collections.abc import Callable

from search_api import schemas as s
from search_api import schemas_saved as v
from search_api.client_paths import Send, part


class SavedClient:
    """Saved searches of one API.

    Args:
        send: Sends a request and reads its answer.
        delete: Sends a DELETE that answers nothing.
    """

    def __init__(self, send: Send, delete: Callable[[str], object]) -> None:
        self._send = send
        self._delete = delete

    def add(self, name: str, query: s.SearchRequest) -> v.SavedSearch:
        """Keep a question under a name."""
        asked = query.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return self._send("POST", "/v1/saved", v.SavedSearch, body={"name": name, "query": asked})

    def all(self) -> list[v.SavedSearch]:
        """By name."""
        return self._send("GET", "/v1/saved", v.SavedSearchList).saved

    def run(self, name: str) -> v.SavedSearch:
        """Ask it of new footage now."""
        return self._send("POST", f"/v1/saved/{part(name)}/run", v.SavedSearch)

    def remove(self, name: str) -> None:
        """Forget a question and its feed."""
        self._delete(f"/v1/saved/{part(name)}")

    def matches(self, name: str | None = None, *, cursor: str | None = None, limit: int = 100) -> v.MatchFeed:
        """New matches of one saved search, or of all."""
        query = {"name": name, "cursor": cursor, "limit": limit}
        return self._send("GET", "/v1/saved-matches", v.MatchFeed, query=query)

    def demand(self, *, limit: int = 100) -> v.DemandList:
        """Queries that found nothing good."""
        return self._send("GET", "/v1/demand", v.DemandList, query={"limit": limit})

    def forget_demand(self, text: str | None = None) -> int:
        """Forget a query, or all; returns how many."""
        return self._send("DELETE", "/v1/demand", v.Forgotten, query={"text": text}).forgotten
