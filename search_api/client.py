"""Typed client of the API: what the command line and the UI speak through."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import httpx
from pydantic import ValidationError

from foundation.errors import ApiFailed, ApiUnreachable, InputError, ObjectUnreadable, RekindleError
from search_api import schemas as s
from search_api import schemas_restores as r
from search_api import schemas_work as w
from search_api.client_audit import AuditClient
from search_api.client_baskets import BasketsClient
from search_api.client_duplicates import DuplicatesClient
from search_api.client_fixity import FixityClient
from search_api.client_knowledge import KnowledgeClient
from search_api.client_money import MoneyClient
from search_api.client_packs import PacksClient
from search_api.client_paths import Method, Query, Reply, part
from search_api.client_people import PeopleClient
from search_api.client_saved import SavedClient
from search_api.client_subclips import SubclipsClient
from search_api.client_tiering import ProjectsClient, TieringClient
from search_api.client_timelines import TimelinesClient
from search_api.schemas_examples import ExampleRequest

_PATIENCE = 3600.0
"""Seconds to wait for a part of a master: as many bytes as somebody asks for."""


class Client:
    """One API, over TCP, a Unix socket or in process.

    Every method raises the error that the API's problem document names (``BadQuery``, ``AssetNotFound``, …),
    with its message, remedy and exit code; ``ApiUnreachable`` when nobody answers.

    Args:
        base_url: Address of the API.
        transport: Another way to reach it, such as ``httpx.HTTPTransport(uds=…)``.
        timeout: Seconds to wait for an answer.
        token: Bearer token that says who asks; the local user without one.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8765",
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
        token: str | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.base_url,
            transport=transport,
            timeout=timeout,
            trust_env=False,
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
        )
        self.duplicates = DuplicatesClient(self._send)
        self.saved = SavedClient(self._send, lambda path: self._ask("DELETE", path))
        self.projects = ProjectsClient(self._send, lambda path: self._ask("DELETE", path))
        self.tiering = TieringClient(self._send)
        self.baskets = BasketsClient(self._send, lambda path: self._ask("DELETE", path))
        self.money = MoneyClient(self._send)
        self.fixity = FixityClient(self._send)
        self.audit = AuditClient(self._send)
        self.knowledge = KnowledgeClient(self._send)
        self.people = PeopleClient(self._send, self._ask)
        self.packs = PacksClient(self._send)
        self.timelines = TimelinesClient(self._send, self._ask)
        self.subclips = SubclipsClient(
            self._send, self._wait_for, lambda path: self._ask("DELETE", path), self.save
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    def absolute(self, url: str) -> str:
        """Address that a browser can open for a relative URL of a reply."""
        return f"{self.base_url}{url}" if url.startswith("/") else url

    def search(
        self,
        query: str | s.SearchRequest,
        *,
        limit: int = 20,
        signals: Sequence[str] = (),
        cursor: str | None = None,
    ) -> s.SearchReply:
        """Moments that answer a query: words, or a whole request with filters (which ignores the rest)."""
        request = query
        if isinstance(request, str):
            request = s.SearchRequest(q=request, limit=limit, signals=list(signals), cursor=cursor)
        body = request.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return self._send("POST", "/v1/search", s.SearchReply, body=body)

    def search_by_example(self, request: ExampleRequest) -> s.SearchReply:
        """Moments like these and unlike those."""
        body = request.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return self._send("POST", "/v1/search/by-example", s.SearchReply, body=body)

    def assets(
        self, *, cursor: str | None = None, limit: int = 100, filters: Query | None = None
    ) -> s.AssetPage:
        """A page of assets in id order; ``filters`` takes the filters of a search."""
        return self._send(
            "GET", "/v1/assets", s.AssetPage, query={**(filters or {}), "cursor": cursor, "limit": limit}
        )

    def asset(self, asset_id: str) -> s.AssetDetail:
        """What is known of one asset."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}", s.AssetDetail)

    def shots(self, asset_id: str) -> list[s.Shot]:
        """Shots in order."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/shots", s.ShotList).shots

    def keyframes(self, asset_id: str) -> list[s.Keyframe]:
        """Keyframes in order."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/keyframes", s.KeyframeList).keyframes

    def transcript(self, asset_id: str) -> list[s.Cue]:
        """Cues in order."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/transcript", s.Transcript).cues

    def faces(self, asset_id: str) -> list[s.Face]:
        """Face tracks in order."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/faces", s.FaceList).faces

    def screen_text(self, asset_id: str) -> list[s.ScreenText]:
        """Text on screen in order."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/screen-text", s.ScreenTextList).texts

    def statements(self, asset_id: str) -> list[s.Statement]:
        """What is known, and who says so."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/statements", s.StatementList).statements

    def renditions(self, asset_id: str) -> list[s.Rendition]:
        """Renditions by role."""
        return self._send("GET", f"/v1/assets/{part(asset_id)}/renditions", s.RenditionList).renditions

    def read(self, url: str, *, first: int = 0, last: int | None = None) -> bytes:
        """Bytes ``first`` to ``last`` (included) of a served file, by Range; all of it without either."""
        headers = (
            {} if (first, last) == (0, None) else {"Range": f"bytes={first}-{'' if last is None else last}"}
        )
        return self._ask("GET", url, headers=headers).content

    def save(self, url: str, target: Path) -> int:
        """Write what an address serves into a file, however large; returns its bytes."""
        size = 0
        try:
            with self._http.stream("GET", url) as answer:
                if answer.is_error:
                    answer.read()
                    raise _error_of(answer)
                aside = target.with_name(f"{target.name}.part")
                with aside.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        size += file.write(chunk)
                aside.replace(target)
        except httpx.HTTPError as error:
            raise ApiUnreachable(f"No answer from {self.base_url}: {error}.") from error
        except OSError as error:
            raise ObjectUnreadable(f"{target} cannot be written: {error.strerror}.") from error
        return size

    def locations(self) -> list[w.Location]:
        """All locations by name."""
        return self._send("GET", "/v1/locations", w.LocationList).locations

    def add_location(self, uri: str, *, name: str | None = None) -> w.Location:
        """Register a root that holds masters."""
        return self._send("POST", "/v1/locations", w.Location, body={"name": name, "uri": uri})

    def remove_location(self, name: str) -> None:
        """Forget a root; its assets become unavailable."""
        self._ask("DELETE", f"/v1/locations/{part(name)}")

    def start_run(
        self,
        targets: Sequence[str] = (),
        *,
        cold: bool = True,
        budget_usd: str | None = None,
        survey: bool = False,
        accept_losses: bool = False,
    ) -> w.Run:
        """Start an index run over locations, paths or URIs; over everything when empty."""
        body = {"targets": list(targets), "cold": cold, "budget_usd": budget_usd, "survey": survey}
        body["accept_losses"] = accept_losses
        return self._send("POST", "/v1/runs", w.Run, body=body)

    def forecast_run(self, targets: Sequence[str] = (), *, budget_usd: str | None = None) -> w.Forecast:
        """What bringing in catalogued cold masters without a proxy would cost."""
        body = {"targets": list(targets), "budget_usd": budget_usd}
        return self._send("POST", "/v1/runs/forecasts", w.Forecast, body=body)

    def run(self, run_id: str) -> w.Run:
        """How far a run is."""
        return self._send("GET", f"/v1/runs/{part(run_id)}", w.Run)

    def cancel_run(self, run_id: str) -> w.Run:
        """Stop a run; what is done stays done."""
        return self._send("DELETE", f"/v1/runs/{part(run_id)}", w.Run)

    def dead_letters(self, run_id: str | None = None) -> list[w.DeadLetter]:
        """What could not be indexed, of one run or all."""
        return self._send("GET", "/v1/dead-letters", w.DeadLetterList, query={"run": run_id}).dead_letters

    def quote(
        self,
        asset_ids: Sequence[str],
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        deadline: datetime | None = None,
    ) -> r.Quote:
        """What bringing masters back costs and how long it takes."""
        request = r.QuoteRequest(
            assets=list(asset_ids), retrieval_tier=retrieval_tier, days=days, deadline=deadline
        )
        return self._send("POST", "/v1/restores/quotes", r.Quote, body=request.model_dump(mode="json"))

    def request_restore(
        self, quote_id: str, *, budget_usd: str | None = None, idempotency_key: str | None = None
    ) -> list[r.Restore]:
        """Agree to a quote."""
        return self.agree(r.NewRestore(quote=quote_id, budget_usd=budget_usd), idempotency_key)

    def agree(self, request: r.NewRestore, idempotency_key: str | None = None) -> list[r.Restore]:
        """Agree to a quote for a project, by a deadline, with an approver where one is needed."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        body = request.model_dump(mode="json", exclude_defaults=True)
        return self._send("POST", "/v1/restores", r.RestoreList, body=body, headers=headers).restores

    def restores(self, *, asset: str | None = None) -> list[r.Restore]:
        """Restores, newest first."""
        return self._send("GET", "/v1/restores", r.RestoreList, query={"asset": asset}).restores

    def restore(self, restore_id: str) -> r.Restore:
        """One restore, and who waits for it."""
        return self._send("GET", f"/v1/restores/{part(restore_id)}", r.Restore)

    def change_restore(self, restore_id: str, change: r.NewChange) -> r.Changed:
        """Keep a copy longer, make a restore faster, or say what that costs."""
        body = change.model_dump(mode="json", exclude_defaults=True)
        return self._send("POST", f"/v1/restores/{part(restore_id)}/changes", r.Changed, body=body)

    def cancel_restore(self, restore_id: str) -> r.Restore:
        """Stop waiting for a restore."""
        return self._send("DELETE", f"/v1/restores/{part(restore_id)}", r.Restore)

    def status(self) -> w.Status:
        """The state of the archive."""
        return self._send("GET", "/v1/status", w.Status)

    def me(self) -> w.Me:
        """Who asks, and what they may decide."""
        return self._send("GET", "/v1/me", w.Me)

    def health(self) -> w.Health:
        """Whether the API answers."""
        return self._send("GET", "/v1/health", w.Health)

    def pages(self, request: s.SearchRequest) -> Iterator[s.SearchReply]:
        """All pages of a search, from the request's own cursor on."""
        cursor: str | None = request.cursor
        while True:
            reply = self.search(request.model_copy(update={"cursor": cursor}))
            yield reply
            cursor = reply.next_cursor
            if cursor is None:
                return

    def _send(
        self,
        method: Method,
        path: str,
        shape: type[Reply],
        *,
        body: Mapping[str, object] | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        answer = self._ask(method, path, body=body, query=query, headers=headers)
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            raise ApiFailed(f"{method} {path}: the answer is not a {shape.__name__}.") from error

    def _ask(
        self,
        method: Method,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        return self._checked(
            lambda: self._http.request(method, path, json=body, params=asked, headers=headers)
        )

    def _wait_for(self, path: str, shape: type[Reply], body: Mapping[str, object]) -> Reply:
        """The answer to something that takes its time."""
        answer = self._checked(lambda: self._http.post(path, json=body, timeout=_PATIENCE))
        return shape.model_validate_json(answer.content)

    def _checked(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        try:
            answer = send()
        except httpx.HTTPError as error:
            raise ApiUnreachable(f"No answer from {self.base_url}: {error}.") from error
        except UnicodeEncodeError as error:
            raise InputError("What is asked for holds bytes that are not UTF-8 text.") from error
        if answer.is_error:
            raise _error_of(answer)
        return answer


def _error_of(answer: httpx.Response) -> RekindleError:
    """The error that a problem document names."""
    try:
        problem = s.Problem.model_validate_json(answer.content)
    except ValidationError:
        return ApiFailed(f"{answer.request.method} {answer.request.url.path}: HTTP {answer.status_code}.")
    known = {cls.code: cls for cls in _tree(RekindleError)}
    cls = known.get(problem.code, ApiFailed)
    return cls(problem.detail, remedy=problem.remedy, detail=problem.facts)


def _tree(root: type[RekindleError]) -> Iterator[type[RekindleError]]:
    for child in root.__subclasses__():
        yield from _tree(child)
        yield child
