"""The client's part for timelines of editing programs."""

from collections.abc import Mapping
from typing import Protocol

import httpx

from search_api import schemas_timelines as t
from search_api.client_paths import Method, Send


class Ask(Protocol):
    """Sends one request; raises what the API's problem document names."""

    def __call__(
        self, method: Method, path: str, *, body: Mapping[str, object] | None = None
    ) -> httpx.Response:
        """The answer as it is."""


class TimelinesClient:
    """Timelines of one API.

    Args:
        send: Sends a request and reads its answer.
        ask: Sends a request and returns the answer as it is.
    """

    def __init__(self, send: Send, ask: Ask) -> None:
        self._send = send
        self._ask = ask

    def make(self, request: t.TimelineRequest) -> str:
        """Moments as a file: EDL, OpenTimelineIO or FCPXML."""
        body = request.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return self._ask("POST", "/v1/timelines", body=body).text

    def read(self, text: str, form: t.ReadFormat, *, rate: str | None = None) -> t.ReadTimeline:
        """Every clip of a timeline with its asset and range, or why none was found."""
        body = {"format": form, "text": text, "rate": rate}
        return self._send("POST", "/v1/timelines/read", t.ReadTimeline, body=body)
