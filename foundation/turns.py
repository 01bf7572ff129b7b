"""Turns in the order of asking."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock whose holders come in the order they asked.

    A thread that lets go of an ordinary lock and takes it again at once is mostly quicker than the one that
    waits for it, which may go on for as long as there is work.
    """

    def __init__(self) -> None:
        self._line: deque[object] = deque()
        self._change = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold the turn for the length of the block; not to be taken again inside it."""
        mine = object()
        self._line.append(mine)
        try:
            with self._change:
                self._change.wait_for(lambda: self._line[0] is mine)
            yield
        finally:
            with self._change:
                self._line.remove(mine)
                self._change.notify_all()
