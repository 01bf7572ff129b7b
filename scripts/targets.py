"""Paths as typed, made independent of the folder they were typed in."""

from collections.abc import Iterable
from pathlib import Path

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
    if scheme in ("s3:", "file:") or rest.startswith(("/", "~")) or text in names:
        return text
    if scheme or rest.startswith(".") or "/" in rest or Path(rest).exists():
        return f"{scheme}{Path(rest).absolute()}"
    return text


def resolved(client: Client, targets: Iterable[str]) -> list[str]:
    """Return all targets as the API can resolve them; locations are asked for only where there are any."""
    texts = list(targets)
    names = [location.name for location in client.locations()] if texts else []
    return [absolute(text, names) for text in texts]
