"""Who goes first where threads share one interpreter: what somebody waits for, then what nobody does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.05
"""Seconds that one :meth:`Precedence.give_way` waits at most: the rest must get done, too."""

GiveWay = Callable[[], None]
"""Called between two small steps of background work."""


def never() -> None:
    """A :data:`GiveWay` for work that nothing goes before."""


class Precedence:
    """Counts what goes first, and lets the rest wait for it a little.

    Args:
        patience: Seconds of one wait at most.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._going = 0
        self._change = threading.Condition()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Go first for the length of the block; any number of threads may at once."""
        with self._change:
            self._going += 1
        try:
            yield
        finally:
            with self._change:
                self._going -= 1
                if not self._going:
                    self._change.notify_all()

    def give_way(self) -> None:
        """Return once nothing goes first, or patience has run out."""
        with self._change:
            self._change.wait_for(lambda: not self._going, self._patience)
