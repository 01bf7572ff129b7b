"""The client's part for near-duplicates."""

from search_api import schemas_links as sl
from search_api import schemas_work as w
from search_api.client_paths import Send, part


class DuplicatesClient:
    """Near-duplicates of one API.

    Args:
        send: Sends a request.
    """

    def __init__(self, send: Send) -> None:
        self._send = send

    def of(self, asset_id: str) -> sl.Duplicates:
        """Assets that show the same pictures, and the best master among them."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/duplicates", sl.Duplicates)

    def pairs(self, *, limit: int = 100, cursor: str | None = None) -> sl.PairList:
        """A page of all links."""
        return self._send("GET", "/v1/duplicates", sl.PairList, query={"limit": limit, "cursor": cursor})

    def decide(self, asset_id: str, other_id: str, decision: str | None) -> sl.Duplicates:
        """Say that a link is ``confirmed`` or ``rejected``; None takes that back."""
        body = {"asset": asset_id, "other": other_id, "decision": decision}
        return self._send("POST", "/v1/duplicates/decisions", sl.Duplicates, body=body)

    def find(self, *, again: bool = False) -> w.Run:
        """Start comparing what is due, or everything."""
        return self._send("POST", "/v1/duplicates/runs", w.Run, body={"again": again})
