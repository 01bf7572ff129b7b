r"""Names of objects: which are left out, and how bytes that are not text become keys.

A key is always valid text, so that it can be stored and shown anywhere. On file systems a name may hold bytes
that are not UTF-8; each such byte becomes ``\xHH`` in the key. So that this can be undone, a backslash that
happens to begin such a pattern in a real name is itself written ``\x5c``.
"""

import os
import re
from urllib.parse import quote_from_bytes

_LITTER = frozenset(
    {"thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information", "lost+found"}
)
_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f]|5c)")
_TO_ESCAPE = re.compile(r"[\udc80-\udcff]|\\(?=x(?:[89a-f][0-9a-f]|5c))")


def is_hidden(name: str) -> bool:
    """Say whether one part of a path is litter of an operating system or begins with a dot."""
    return name.startswith(".") or name.lower() in _LITTER


def to_key(name: str) -> str:
    """Return the key of a file name as :func:`os.fsdecode` gives it."""
    if name.isascii() and "\\" not in name:
        return name
    return _TO_ESCAPE.sub(_escape, name)


def from_key(key: str) -> str:
    """Return the file name of a key; undoes :func:`to_key`."""
    return _ESCAPED.sub(_unescape, key) if "\\" in key else key


def to_uri_path(path: str) -> str:
    """Return a file-system path percent-encoded for a URI."""
    return quote_from_bytes(os.fsencode(path))


def _escape(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]) & 0xFF:02x}"


def _unescape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return "\\" if byte == ord("\\") else chr(0xDC00 + byte)
