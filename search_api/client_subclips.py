"""The client's part for subclips."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pydantic import RootModel

from search_api import schemas_restores as r
from search_api import schemas_subclips as u
from search_api.client_paths import Reply, Send, part


class _Answer(RootModel[u.Subclip | r.Approval]):
    """The subclip, or what waits for an approver."""


class WaitFor(Protocol):
    """Posts a body and waits as long as it takes."""

    def __call__(self, path: str, shape: type[Reply], body: Mapping[str, object]) -> Reply:
        """The answer, in the shape that was asked for."""


class SubclipsClient:
    """Parts of masters, of one API.

    Args:
        send: Sends a request and reads its answer.
        wait_for: Posts something that takes its time, and reads the answer.
        delete: Sends a DELETE that answers nothing.
        save: Writes what an address serves into a file.
    """

    def __init__(
        self,
        send: Send,
        wait_for: WaitFor,
        delete: Callable[[str], object],
        save: Callable[[str, Path], int],
    ) -> None:
        self._send = send
        self._wait_for = wait_for
        self._delete = delete
        self._save = save

    def quote(
        self, asset: str, first: int | str | None, last: int | str | None, *, handles: int = 0
    ) -> u.SubclipQuote:
        """What fetching a range takes and costs; frames, timecode or seconds (`12.5s`)."""
        body = {"asset": asset, "in": first, "out": last, "handles": handles}
        return self._send("POST", "/v1/subclips/quotes", u.SubclipQuote, body=body)

    def fetch(self, quote_id: str, *, budget_usd: str | None = None) -> u.Subclip:
        """Agree to a quote; returns when the subclip is there."""
        body = {"quote": quote_id, "budget_usd": budget_usd}
        return self._wait_for("/v1/subclips", u.Subclip, body)

    def agree(self, wanted: u.NewSubclip) -> u.Subclip | r.Approval:
        """Likewise; or returns the open request where an approver has to decide and may be asked."""
        return self._wait_for("/v1/subclips", _Answer, wanted.model_dump(mode="json")).root

    def all(self, asset: str) -> list[u.Subclip]:
        """Finished subclips of an asset, the newest first."""
        return self._send("GET", f"/v1/assets/{part(asset)}/subclips", u.SubclipList).subclips

    def save(self, subclip: u.Subclip, target: Path) -> int:
        """Write a subclip into a file; returns its bytes."""
        return self._save(subclip.url, target)

    def remove(self, subclip: u.Subclip) -> None:
        """Delete it from the archive's derived store."""
        self._delete(subclip.url)
