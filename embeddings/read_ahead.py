"""Files brought into memory before they are asked for.

A walk through a graph reads thousands of pages from all over its files. Where they lie on disk still, as
after a start, each is waited for; read from beginning to end they come in at the disk's full rate.
"""

import os
from pathlib import Path

from foundation import logging

_BLOCK = 1 << 20
_SHARE = 2
"""Files that would take more than one part in so many of the memory stay where they are."""


def read_ahead(folder: Path, room: int | None = None) -> int:
    """Read all files below a folder into the system's cache.

    Args:
        folder: Its files may change and vanish meanwhile.
        room: Bytes they may take; half of the machine's memory when None. Where they take more, none is read:
            each would push out another.

    Returns:
        Bytes that were read.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    if sum(map(_size, files)) > (_memory() // _SHARE if room is None else room):
        return 0
    return sum(_read(path) for path in files)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _read(path: Path) -> int:
    block, total = memoryview(bytearray(_BLOCK)), 0
    try:
        with path.open("rb", buffering=0) as file:
            while got := file.readinto(block):
                total += got
    except FileNotFoundError:
        return total
    except OSError as error:
        logging.get(__name__).warning("read-ahead.failed", path=str(path), reason=error.strerror)
    return total


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
