"""What a worker process runs: signals, logs, and an eye on the parent around the worker itself."""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import wait
from threading import Event, Thread
from types import FrameType

from foundation import logging
from foundation.errors import RekindleError
from foundation.ids import RunId
from foundation.settings import Settings
from indexer.backfill import Worker
from indexer.bootstrap import build_services

_GRACE_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
"""An idle worker ends and gives its models' memory back; the engine starts another one when there is work."""


def work_in_process(settings: Settings, run: RunId | None, kinds: tuple[str, ...]) -> None:
    """Work until the run is done (or, without one, until told to stop).

    SIGTERM puts the job back and ends the worker. SIGINT is left to the parent: a terminal sends it to all.
    """
    stop = Event()

    def on_terminate(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, on_terminate)
    logging.configure(settings.log_level, file=settings.layout.logs / "workers.log")
    Thread(target=_follow_parent, args=(stop,), name="parent", daemon=True).start()
    services = build_services(settings)
    try:
        Worker(services, stop, run, kinds).work(until_done=run is not None, patience=_PATIENCE_SECONDS)
    except RekindleError as error:
        logging.get(__name__).error("worker.ended", code=error.code, reason=error.message)
        sys.exit(error.exit_code)
    finally:
        services.close()


def _follow_parent(stop: Event) -> None:
    """When the parent is gone, nobody waits for this worker: end, at once if need be."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        stop.set()
        time.sleep(_GRACE_SECONDS)
        os._exit(1)
