"""Metadata written beside a master: .json and .xmp sidecars as plain fields."""

import json
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from foundation.errors import BadSidecar

MOST_BYTES = 4 << 20
"""Larger metadata is not a description."""

_MOST_CHARACTERS = 10_000
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def fields_of(name: str, data: bytes) -> dict[str, list[str]]:
    """Fields of a sidecar, keys in lower case, texts without markup.

    Raises:
        BadSidecar: It is not what its suffix says.
    """
    if len(data) > MOST_BYTES:
        raise BadSidecar(f"{name!r} has {len(data):,} bytes; metadata has at most {MOST_BYTES:,}.")
    return _xmp(name, data) if name.lower().endswith(".xmp") else _json(name, data)


def _json(name: str, data: bytes) -> dict[str, list[str]]:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadSidecar(f"{name!r} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise BadSidecar(f"{name!r} holds no JSON object.")
    return {str(key).lower(): texts for key, value in found.items() if (texts := list(_texts(value)))}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
        yield str(value).strip()[:_MOST_CHARACTERS]


def _xmp(name: str, data: bytes) -> dict[str, list[str]]:
    if b"<!" in data.replace(b"<!--", b""):
        raise BadSidecar(f"{name!r} declares a document type or entities; XMP has none.")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - declarations were refused above
    except ElementTree.ParseError as error:
        raise BadSidecar(f"{name!r} is not XMP: {error}.") from error
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{_RDF}Description"):
        for key, value in _properties(description):
            found.setdefault(key.rpartition("}")[2].lower(), []).append(value[:_MOST_CHARACTERS])
    return found


def _properties(description: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for key, value in description.attrib.items():
        if not key.startswith(_RDF) and value.strip():
            yield key, value.strip()
    for child in description:
        for text in (child.text, *(item.text for item in child.iter(f"{_RDF}li"))):
            if text and text.strip():
                yield child.tag, text.strip()


def single(fields: Mapping[str, list[str]]) -> dict[str, str]:
    """The first text of every field."""
    return {key: texts[0] for key, texts in fields.items()}
