"""Paths as typed, made independent of the folder they were typed in."""

from collections.abc import Iterable
from pathlib import Path

from archive_tiering.stores.names import to_key
from search_api.client import Client

_SCHEMES = ("file:", "vault:", "s3:")


def absolute(text: str, names: Iterable[str] = ()) -> str:
    """Return what the API can resolve.

    Args:
        text: Name of a location, a path or an address, as typed.
        names: Names of locations; they win over files of the same name.
    """
    scheme = next((scheme for scheme in _SCHEMES if text.startswith(scheme)), "")
    rest = text.removeprefix(scheme)
    if "://" in text or scheme == "file:" or rest.startswith(("/", "~")) or text in names:
        return _as_text(text)
    if scheme or rest.startswith(".") or "/" in rest or Path(rest).exists():
        return _as_text(f"{scheme}{Path(rest).absolute()}")
    return _as_text(text)


def _as_text(typed: str) -> str:
    """Bytes of a file name that are no text travel as locations spell them."""
    return typed if typed.isprintable() else to_key(typed)


def resolved(client: Client, targets: Iterable[str]) -> list[str]:
    """Return all targets as the API can resolve them; locations are asked for only where there are any."""
    texts = list(targets)
    names = [location.name for location in client.locations()] if texts else []
    return [absolute(text, names) for text in texts]
