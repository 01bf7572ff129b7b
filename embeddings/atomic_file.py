"""Small files that are either whole or as they were before."""

import errno
import os
from pathlib import Path

from foundation.errors import NoSpace


def publish(path: Path, content: bytes) -> None:
    """Write ``content`` aside, make it durable and move it into place.

    Args:
        path: Where it belongs; missing folders are made.
        content: All of it.

    Raises:
        NoSpace: The disk is full; the former file is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        _write(aside, content)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        aside.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"There is no room for {path}.") from error
        raise


def sync_folder(folder: Path) -> None:
    """Make renames and deletions in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
