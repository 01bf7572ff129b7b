"""Notices as signed HTTP requests.

The body is JSON. Three headers carry what a receiver needs to trust it:

- ``Rekindle-Id``: the notice's id, the same on every attempt: drop what you have seen
- ``Rekindle-Timestamp``: seconds since 1970 of this attempt: refuse what is older than five minutes
- ``Rekindle-Signature``: ``v1=`` and the hexadecimal HMAC-SHA256 of ``ID.TIMESTAMP.BODY`` under the secret

Only addresses from the settings are called, redirects are not followed, and what is answered is not read
beyond its status: nothing that somebody else writes can make Rekindle call an address of their choice.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence

import httpx

from archive_tiering.clock import Clock
from catalog.model import Notice
from foundation.errors import NoticeRefused, NoticeUndelivered, RekindleError
from foundation.settings import WebhookSettings

SECONDS = 10.0
"""How long a receiver may take."""

_TRY_AGAIN = frozenset({408, 409, 425, 429})


def body_of(notice: Notice) -> bytes:
    """The JSON body of a notice."""
    document = {
        "id": notice.id,
        "event": notice.event.value,
        "at": notice.at.isoformat(),
        "principal": notice.principal,
        "subject": notice.subject,
        "facts": dict(notice.facts),
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False, default=str).encode()


def signature(secret: str, notice_id: str, timestamp: str, body: bytes) -> str:
    """The signature header's value."""
    signed = f"{notice_id}.{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class Webhook:
    """Posts each notice to one address.

    Args:
        name: What the settings call it.
        settings: Address and secret.
        clock: The time.
        transport: Another way to reach it.
    """

    def __init__(
        self,
        name: str,
        settings: WebhookSettings,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.name = f"webhook {name}"[:80]
        self._settings = settings
        self._clock = clock
        self._transport = transport

    def send(self, notices: Sequence[Notice]) -> list[RekindleError | None]:
        """See the port; after one failure to connect the rest is not tried now."""
        results: list[RekindleError | None] = []
        with httpx.Client(
            transport=self._transport, timeout=SECONDS, follow_redirects=False, trust_env=False
        ) as http:
            for notice in notices:
                lost = results and isinstance(results[-1], NoticeUndelivered)
                results.append(results[-1] if lost else self._post(http, notice))
        return results

    def _post(self, http: httpx.Client, notice: Notice) -> RekindleError | None:
        body, timestamp = body_of(notice), str(int(self._clock().timestamp()))
        secret = self._settings.secret.get_secret_value()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Rekindle",
            "Rekindle-Id": notice.id,
            "Rekindle-Timestamp": timestamp,
            "Rekindle-Signature": signature(secret, notice.id, timestamp, body),
        }
        try:
            with http.stream("POST", self._settings.url, content=body, headers=headers) as answer:
                return _verdict(self.name, answer.status_code)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NoticeUndelivered(f"{self.name} does not answer: {error}.")


def _verdict(name: str, status: int) -> RekindleError | None:
    if status < httpx.codes.MULTIPLE_CHOICES:
        return None
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN:
        return NoticeUndelivered(f"{name} answers {status}.")
    return NoticeRefused(f"{name} refuses it: {status}.")
