"""Paths of requests, and how the parts of the client send them."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel

Reply = TypeVar("Reply", bound=BaseModel)
Method = Literal["GET", "POST", "PUT", "DELETE"]
Query = Mapping[str, str | int | Sequence[str] | None]

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")


class Send(Protocol):
    """Sends one request and reads its answer; raises what the API's problem document names."""

    def __call__(
        self,
        method: Method,
        path: str,
        shape: type[Reply],
        *,
        body: Mapping[str, object] | None = None,
        query: Query | None = None,
    ) -> Reply:
        """The answer, in the shape that was asked for."""


def part(text: str) -> str:
    """One path segment, whatever the text holds."""
    return "".join(
        f"%{byte:02X}" if chr(byte) not in _PLAIN else chr(byte) for byte in text.encode(errors="replace")
    )
