"""The workers of this process, if it is the one that works: one engine per home."""

from collections.abc import Iterator
from contextlib import contextmanager

from foundation.settings import Settings
from indexer.engine_local import LocalEngine
from scripts.locks import Lock


class Crew:
    """Starts workers here unless another process of the home has them; takes over when that one ends.

    Args:
        settings: Of the home.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock(settings.layout.run / "engine.lock")
        self._engine: LocalEngine | None = None

    def keep_going(self) -> None:
        """Start the workers if nobody else has any.

        Raises:
            RekindleError: Why those of this process do not go on.
        """
        if self._engine is not None:
            self._engine.expect_sound()
        if self._engine is None and self._lock.take():
            self._engine = LocalEngine(self._settings)
            self._engine.start()

    def stop(self) -> None:
        """Let the workers end in order: what they write is finished, the rest goes back to the ledger."""
        if self._engine is not None:
            self._engine.stop()
            self._engine = None

    def close(self) -> None:
        """Stop and let another process have the workers."""
        self.stop()
        self._lock.close()


@contextmanager
def crew(settings: Settings) -> Iterator[Crew]:
    """Give the workers of the home for the length of the block."""
    settings.layout.create()
    workers = Crew(settings)
    try:
        yield workers
    finally:
        workers.close()
