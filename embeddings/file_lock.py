"""Locks on files, which end with the process that holds them, after everything else of it has."""

import fcntl
import os
from pathlib import Path

from foundation.errors import AlreadyOwned


class FileLock:
    """Held from the moment it is made.

    Args:
        path: Made when missing; never removed, or two might hold what they take for one lock.

    Raises:
        AlreadyOwned: Another process, or another object of this one, holds it.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise AlreadyOwned(f"Another process holds {path}.") from error

    def close(self) -> None:
        """Let go of it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)
