"""Page cursors: opaque, bound to one query, good for this version only."""

import base64
import binascii
import hashlib
import json

from foundation.errors import BadCursor

DEEPEST = 1_000
"""Hits that paging reaches at most."""


def issue(position: int | str, query: str) -> str:
    """A cursor that stands for ``position`` in the answer to ``query`` (its canonical text)."""
    body = json.dumps([_digest(query), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")


def offset_of(cursor: str, query: str) -> int:
    """Offset that a cursor stands for.

    Raises:
        BadCursor: It was not issued here, or for another query.
    """
    position = _position(cursor, query)
    if not isinstance(position, int) or isinstance(position, bool) or not 0 < position <= DEEPEST:
        raise BadCursor("The cursor points nowhere.")
    return position


def key_of(cursor: str, query: str) -> str:
    """Key that a cursor stands for; raises BadCursor."""
    position = _position(cursor, query)
    if not isinstance(position, str):
        raise BadCursor("The cursor points nowhere.")
    return position


def _position(cursor: str, query: str) -> object:
    try:
        body = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise BadCursor("The cursor is not one of this server's.") from error
    if not isinstance(body, list) or len(body) != 2:
        raise BadCursor("The cursor is not one of this server's.")
    if body[0] != _digest(query):
        raise BadCursor("The cursor belongs to another query.")
    return body[1]


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode("utf-8", "replace")).hexdigest()[:16]
