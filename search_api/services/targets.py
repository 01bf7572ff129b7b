"""What a person wants indexed: names of locations, folders and files inside them, or new roots."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from archive_tiering.factory import parse_uri, vault_root
from archive_tiering.stores.names import from_key
from catalog.model import Location, LocationKind
from catalog.repository import CatalogWriter
from foundation.errors import LocationNotFound
from foundation.ids import LocationId, mint

_OUTSIDE_NAME = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Target:
    """A location, or the part of it whose keys begin with ``prefix``."""

    location: Location
    prefix: str | None = None


def targets_of(writer: CatalogWriter, asked: Iterable[str]) -> list[Target]:
    """Resolve each target, registering roots nobody knew; every location when nothing was asked.

    Raises:
        LocationNotFound: It is neither a location's name, nor a path that is there, nor an address.
    """
    found = [_target(writer, text) for text in asked]
    return list(dict.fromkeys(found)) or [Target(location) for location in writer.locations.all()]


def register(writer: CatalogWriter, text: str, name: str | None = None) -> Location:
    """Register a root under its name, or one made from its address.

    Raises:
        NameTaken: The name or the root is registered already.
        BadSettings: It is no address.
        LocationNotFound: There is no such folder.
    """
    kind, uri = parse_uri(_absolute(text))
    root = _folder(kind, uri)
    if root is not None and not root.is_dir():
        raise LocationNotFound(f"There is no folder {root}.", remedy="Mount it, or correct the path.")
    location = Location(LocationId(mint("loc")), name or _free_name(writer, uri), uri, kind)
    writer.locations.add(location)
    return location


def _target(writer: CatalogWriter, text: str) -> Target:
    known = {location.name: location for location in writer.locations.all()}
    if text in known:
        return Target(known[text])
    kind, uri = parse_uri(_absolute(text))
    for location in sorted(known.values(), key=lambda item: -len(item.uri)):
        if location.kind is kind and location.uri == uri:
            return Target(location)
        if location.kind is kind and uri.startswith(f"{location.uri.rstrip('/')}/"):
            return Target(location, _prefix(kind, uri, location.uri))
    path = _folder(kind, uri)
    if path is not None and path.is_file():
        return Target(_known_or_new(writer, str(path.parent)), path.name)
    return Target(register(writer, text))


def _known_or_new(writer: CatalogWriter, text: str) -> Location:
    _, uri = parse_uri(text)
    known = next((location for location in writer.locations.all() if location.uri == uri), None)
    return known or register(writer, text)


def _absolute(text: str) -> str:
    """Refuse what would depend on the folder this server was started in.

    Raises:
        LocationNotFound: It is neither an address nor an absolute path.
    """
    if "\x00" in text or not text.strip():
        raise LocationNotFound("A target without a name.")
    if not text.startswith(("/", "~")) and re.match(r"[a-zA-Z][a-zA-Z0-9+.]*:", text) is None:
        remedy = "Give the name of a location, an absolute path, `vault:/folder` or `s3://bucket/prefix`."
        raise LocationNotFound(f"There is no location {text!r}.", remedy=remedy)
    return text


def _folder(kind: LocationKind, uri: str) -> Path | None:
    """The folder behind an address, None where it is no folder."""
    if kind is LocationKind.S3:
        return None
    return vault_root(uri) if kind is LocationKind.VAULT else Path(from_key(uri))


def _prefix(kind: LocationKind, uri: str, root: str) -> str:
    """Key prefix of an address inside a root; a folder's ends with a slash."""
    prefix = uri[len(root.rstrip("/")) + 1 :]
    path = _folder(kind, uri)
    if path is not None and not path.exists():
        raise LocationNotFound(f"There is nothing at {path}.", remedy="Correct the path.")
    return f"{prefix}/" if path is None or path.is_dir() else prefix


def _free_name(writer: CatalogWriter, uri: str) -> str:
    """The last part of the address, with a number where it is taken."""
    base = _OUTSIDE_NAME.sub("-", uri.rstrip("/").rpartition("/")[2])[:_LONGEST_NAME].strip("-.") or "footage"
    taken = {location.name for location in writer.locations.all()}
    if base not in taken:
        return base
    return next(name for number in range(2, len(taken) + 3) if (name := f"{base}-{number}") not in taken)
