"""One writer at a time: a lock between threads, then a file lock between processes."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import CatalogBusy, StateConflict

_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.005


class WriterLock:
    """Serialises writes and checkpoints of one catalog file among threads and processes.

    Args:
        path: The lock file; made when missing, never deleted.
        timeout: Seconds to wait for both locks together.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._gate = threading.Lock()
        self._holder: int | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the block.

        Raises:
            CatalogBusy: It was not had in time.
            StateConflict: This thread holds it already.
        """
        if self._holder == threading.get_ident():
            raise StateConflict(
                "A catalog write was opened inside another one.", remedy="Pass the open writer on instead."
            )
        deadline = time.monotonic() + self._timeout
        if not self._gate.acquire(timeout=self._timeout):
            raise self._busy()
        try:
            self._holder = threading.get_ident()
            with self._file_locked(deadline):
                yield
        finally:
            self._holder = None
            self._gate.release()

    @contextmanager
    def _file_locked(self, deadline: float) -> Iterator[None]:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._wait(descriptor, deadline)
            yield
        finally:
            # A child forked meanwhile shares the descriptor: closing ours alone would leave the lock with it.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _wait(self, descriptor: int, deadline: float) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise self._busy() from None
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _busy(self) -> CatalogBusy:
        return CatalogBusy(f"Another writer held {self._path} for more than {self._timeout:g} seconds.")
