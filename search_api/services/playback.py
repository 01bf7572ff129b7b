"""Serving derived files: byte ranges, validators, and never a path from outside. Pure but for reading."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from catalog.model import Cue
from foundation.errors import RenditionNotFound

CHUNK = 1 << 18
"""Bytes read at a time."""

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*\Z", re.ASCII | re.IGNORECASE)
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes [start, end) of a file."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """The range begins past the end."""


@dataclass(frozen=True, slots=True)
class Served:
    """One file as it is served; its digest is its validator."""

    path: Path
    size: int
    etag: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and which bytes; ``part`` None sends none."""

    status: int
    headers: Mapping[str, str]
    part: ByteRange | None


def contained(folder: Path, relative: str) -> Path:
    """A file inside ``folder``.

    Raises:
        RenditionNotFound: It lies elsewhere, or is not there.
    """
    try:
        root = folder.resolve()
        path = (root / relative).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    except (OSError, ValueError) as error:
        raise RenditionNotFound("The file cannot be reached.") from error
    raise RenditionNotFound("The file is not there.")


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The one range asked for; None means the whole: no range, several, or none that can be read (RFC 9110).

    Raises:
        Unsatisfiable: It begins past the end.
    """
    match = _RANGE.match(header or "")
    if match is None or match[1] == match[2] == "" or max(len(match[1]), len(match[2])) > _MOST_DIGITS:
        return None
    if not match[1]:
        return _suffix(int(match[2]), size)
    start, end = int(match[1]), int(match[2]) + 1 if match[2] else None
    if end is not None and end <= start:
        return None
    if start >= size:
        raise Unsatisfiable
    return ByteRange(start, size if end is None else min(end, size))


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise Unsatisfiable
    return ByteRange(max(size - length, 0), size)


def answer_to(served: Served, headers: Mapping[str, str]) -> Answer:
    """Decide by the request's (lower-case) headers: 200, 206, 304 or 416."""
    common = {
        "ETag": served.etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=86400, immutable",
        "Content-Type": served.media_type,
    }
    if _names(headers.get("if-none-match", ""), served.etag):
        return Answer(304, common, None)
    wanted = headers.get("range") if headers.get("if-range", served.etag) == served.etag else None
    try:
        part = parse_range(wanted, served.size)
    except Unsatisfiable:
        refused = {**common, "Content-Range": f"bytes */{served.size}", "Content-Length": "0"}
        return Answer(416, refused, None)
    whole = ByteRange(0, served.size)
    sent = part or whole
    length = {"Content-Length": str(sent.end - sent.start)}
    if part is None:
        return Answer(200, common | length, whole)
    place = {"Content-Range": f"bytes {part.start}-{part.end - 1}/{served.size}"}
    return Answer(206, common | length | place, part)


def _names(header: str, etag: str) -> bool:
    listed = [part.strip().removeprefix("W/") for part in header.split(",")]
    return etag in listed or "*" in listed


def chunks(path: Path, part: ByteRange) -> Iterator[bytes]:
    """The bytes of a part; ends early if the file does."""
    with path.open("rb") as file:
        file.seek(part.start)
        left = part.end - part.start
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def webvtt(cues: list[Cue]) -> str:
    """Cues as a WebVTT file; the text is text, whatever it holds."""
    blocks = [
        f"{_stamp(cue.sound.start_seconds)} --> {_stamp(cue.sound.end_seconds)}\n{_escaped(cue.text)}"
        for cue in cues
    ]
    return "\n\n".join(["WEBVTT", *blocks]) + "\n"


def _stamp(seconds: Fraction) -> str:
    total = round(seconds * 1000)
    return f"{total // 3_600_000:02d}:{total // 60_000 % 60:02d}:{total // 1000 % 60:02d}.{total % 1000:03d}"


def _escaped(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    shown = "\n".join(line for line in lines if line)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
