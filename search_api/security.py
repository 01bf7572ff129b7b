"""What every request must pass and every answer carries, whatever the route."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation.errors import BodyTooLarge, RekindleError, UntrustedRequest
from foundation.settings import ApiSettings
from search_api.problems import answer, problem_of

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_BODY_BYTES = 1 << 20
MOST_EXAMPLE_BYTES = 32 << 20
"""A search by example carries pictures in base64."""
MOST_TIMELINE_BYTES = 32 << 20
"""A timeline of an editing program, inside JSON."""
_LARGE = (
    (re.compile(r"/v1/search/by-example"), MOST_EXAMPLE_BYTES),
    (re.compile(r"/v1/timelines/read"), MOST_TIMELINE_BYTES),
    (re.compile(r"/v1/baskets/[^/]+/items"), MOST_TIMELINE_BYTES),
)
_MOST_DIGITS = 18
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
}


def ui_origins(settings: ApiSettings) -> list[str]:
    """Origins whose pages may read answers: our own UI on this machine, never ``*``."""
    hosts = dict.fromkeys(("127.0.0.1", "localhost", settings.host))
    return [f"http://{host}:{settings.ui_port}" for host in hosts]


def host_names(settings: ApiSettings) -> tuple[str, ...] | None:
    """Host names that are answered; None (all) once a person has put the API on a network."""
    return LOOPBACK if settings.host in LOOPBACK else None


class Guarded:
    """ASGI middleware: refuses rebound host names and foreign pages, and sets security headers.

    Args:
        hosts: Host names that are answered, None for all.
        origins: Web origins that may change things.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] | None, origins: Sequence[str]) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it is refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        app = self._app if refusal is None else answer(problem_of(refusal))
        await app(scope, receive, secured)

    def _refusal(self, scope: Scope, headers: Headers) -> RekindleError | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._serves(scope, host):
            return UntrustedRequest("This host name is not served (the API listens on this machine only).")
        most = next((most for path, most in _LARGE if path.fullmatch(scope["path"])), MOST_BODY_BYTES)
        if _is_too_long(headers, most):
            return BodyTooLarge(f"A body may have {most:,} bytes.")
        allowed = (None, f"http://{host}", *self._origins)
        if scope["method"] in _SAFE_METHODS or origin in allowed:
            return None
        return UntrustedRequest("Pages of other sites may not change anything here.")

    def _serves(self, scope: Scope, host: str) -> bool:
        """No web page reaches a Unix socket (which has no port), so any name will do there."""
        server = scope.get("server")
        over_socket = server is not None and server[1] is None
        return self._hosts is None or over_socket or _name_of(host) in self._hosts


def _is_too_long(headers: Headers, most: int) -> bool:
    """A body of unknown length counts as too long: no client of ours sends one."""
    length = headers.get("content-length", "0")
    is_number = length.isdecimal() and len(length) < _MOST_DIGITS
    return "transfer-encoding" in headers or not is_number or int(length) > most


def _name_of(host: str) -> str:
    """Host without its port: ``[::1]:8765`` is ``::1``."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
