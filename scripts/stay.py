"""Waits until somebody wants the process to end."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


def until_stopped(ended: Callable[[], bool] = lambda: False) -> None:
    """Return on Ctrl-C or a polite kill, or when ``ended`` says that there is nothing to stay for."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not stop.wait(0.5) and not ended():
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
