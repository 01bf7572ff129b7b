"""What the first bytes say: refuse what must never reach a demuxer, and name what it is."""

import re
from enum import Enum
from pathlib import PurePosixPath

from foundation.errors import EmptyFile, ForbiddenReference, NotMedia, UnsupportedMedia
from media.formats import PLAYLIST_SUFFIXES

HEAD_BYTES = 4096
"""How much of a file :func:`sniff` wants to see."""

_PLAYLISTS = re.compile(
    rb"\A(?:#EXTM3U|ffconcat version|\[playlist\]|v=0\r?\n|<\?wpl)"
    rb"|\Afile\s+['\"]?[^\n]+\n(?:file|duration|inpoint)\s"
    rb"|<MPD[\s>]|<smil[\s>]|<asx[\s>]|<playlist[\s>]|<SmoothStreamingMedia[\s>]"
    rb"|\A\[Reference\]|\Artsp?text|\A(?:https?|rtsp|rtmp|mms|file)://",
    re.IGNORECASE,
)
_MORE_PLAYLISTS = frozenset({".pls", ".sdp", ".smil", ".asx", ".wpl", ".xspf"})
_UNSUPPORTED = (
    (b"FLV\x01", "Flash video"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (b".RMF", "RealMedia"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"SDPX", "DPX"),
    (b"XPDS", "DPX"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"MThd", "MIDI"),
    (b"#!AMR", "AMR"),
)
_NOT_MEDIA = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x7fELF", "a program"),
)
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")


class Essence(Enum):
    """How a file is to be read."""

    STILL = "still"
    STREAM = "stream"


def sniff(head: bytes, name: str, size: int) -> Essence:
    """Say how to read a file from its first bytes.

    Args:
        head: The first :data:`HEAD_BYTES` of it.
        name: Its name, for messages and for the suffixes of playlists.
        size: Its length in bytes.

    Raises:
        EmptyFile: It has no bytes.
        ForbiddenReference: It names other files or addresses, whatever its own name is.
        UnsupportedMedia: A format that is known and not read.
        NotMedia: Text, a document or a program.
    """
    if size == 0:
        raise EmptyFile(f"{name!r} is empty.")
    _refuse_references(head, name)
    if _is_still(head):
        return Essence.STILL
    _refuse_known(head, name)
    if _is_text(head):
        raise NotMedia(f"{name!r} is text, not media.")
    return Essence.STREAM


def _refuse_references(head: bytes, name: str) -> None:
    text = _unmarked(head)
    suffix = PurePosixPath(name).suffix.lower()
    if _PLAYLISTS.search(text) or (suffix in PLAYLIST_SUFFIXES | _MORE_PLAYLISTS and _is_text(head)):
        raise ForbiddenReference(
            f"{name!r} is a playlist that names other files; playlists are never followed."
        )


def _unmarked(head: bytes) -> bytes:
    """The head without byte-order mark, UTF-16 padding and leading white space."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head[2:].replace(b"\0", b"")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_still(head: bytes) -> bool:
    return head.startswith(
        (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
    ) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _refuse_known(head: bytes, name: str) -> None:
    for magic, what in _UNSUPPORTED:
        if head.startswith(magic):
            raise UnsupportedMedia(f"{name!r} is {what}, which is not read.")
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        raise UnsupportedMedia(f"{name!r} is HEIF or AVIF, which is not read.")
    for magic, what in _NOT_MEDIA:
        if head.startswith(magic):
            raise NotMedia(f"{name!r} is {what}.")


def _is_text(head: bytes) -> bool:
    """No control characters but white space: no media format starts like that."""
    text = _unmarked(head)
    return not any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in text)


def announced_size(head: bytes) -> int | None:
    """Bytes that a RIFF (WAV, AVI), FORM (AIFF) or Matroska file says it has; None where it does not say."""
    if head[:4] in (b"RIFF", b"FORM"):
        size = int.from_bytes(head[4:8], "little" if head[:1] == b"R" else "big")
        return None if size in (0, 0xFFFFFFFF, 0x7FFFFFFF) else size + 8
    return _matroska_size(head) if head.startswith(_EBML) else None


def _matroska_size(head: bytes) -> int | None:
    header, after = _vint(head, 4)
    segment = after + (header or 0)
    if header is None or head[segment : segment + 4] != _SEGMENT:
        return None
    size, after = _vint(head, segment + 4)
    return None if size is None else after + size


def _vint(data: bytes, at: int) -> tuple[int | None, int]:
    """An EBML size (RFC 8794, 4) and where it ends; None for unknown sizes."""
    length = 9 - data[at].bit_length() if at < len(data) and data[at] else 0
    field = data[at : at + length]
    if not length or len(field) < length:
        return None, at
    ones = (1 << 7 * length) - 1
    value = int.from_bytes(field, "big") & ones
    return (None if value == ones else value), at + length


def moov_is_missing(head: bytes) -> bool:
    """Say whether an unreadable file starts like MP4 or MOV: then its index is what it lacks."""
    return head[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"skip")
