"""The backfill on one machine: a pool of worker processes over the ledger's leases.

Listing runs in a thread of the parent, and workers are started when there is something to walk: a run that
finds nothing to do starts no process and loads no model. Workers that die are replaced, and what they held
goes back to the ledger at once; a parent that dies takes its workers with it.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from threading import Event, Thread

from archive_tiering.factory import open_restorer
from catalog.repository import Catalog
from foundation import logging
from foundation.errors import CatalogBusy, NoSpace, RekindleError, WorkerLost
from foundation.home import Home
from foundation.ids import RunId
from foundation.settings import Settings
from indexer.backfill import Worker
from indexer.bootstrap import Services, build_services, worker_count
from indexer.letters import letter_of
from indexer.payload import CLUSTER, DISCOVER, DUPLICATES, ENCODE, PURGE, THAW, WALK
from indexer.presence import is_gone
from indexer.worker_process import work_in_process

_TICK_SECONDS = 0.2
_GRACE_SECONDS = 10.0
_LONGEST_PAUSE = 10.0
_WALKS = (WALK, THAW, DUPLICATES, CLUSTER, PURGE, ENCODE)


class LocalEngine:
    """Workers for one run, or for all there will be.

    Args:
        settings: Of the home.
        run: Work for this run and let workers end with it; None serves every run until stopped.
        list_here: List locations in a thread of this process; else workers do that too.
    """

    def __init__(self, settings: Settings, *, run: RunId | None = None, list_here: bool = True) -> None:
        self._settings = settings
        self._run = run
        self._list_here = list_here
        self._stop = Event()
        self._threads: list[Thread] = []
        self._workers: list[BaseProcess] = []
        self._services: Services | None = None
        self._deaths = 0
        self._failure: RekindleError | None = None

    def start(self) -> None:
        """Give back what dead workers held, then work in the background until :meth:`stop`."""
        services = self._services = build_services(self._settings)
        reclaim(services.catalog, services.home)
        self._spawn_thread("engine", lambda: self._supervise(services))
        if self._list_here:
            lister = Worker(services, self._stop, self._run, (DISCOVER,))
            self._spawn_thread("lister", lambda: lister.work(until_done=False))
        restorer = open_restorer(services.catalog, self._settings)
        self._spawn_thread("keeper", lambda: restorer.keep(self._stop))

    def stop(self) -> None:
        """Put unfinished jobs back and end every worker; safe to call again."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._end_workers()
        if self._services is not None:
            # What cannot be put back now is put back when the next engine starts.
            with suppress(CatalogBusy, NoSpace):
                reclaim(self._services.catalog, self._services.home)
            self._services.close()
            self._services = None

    def expect_sound(self) -> None:
        """Say why nothing goes on, where nothing does.

        Raises:
            RekindleError: What halted the supervision or the listing: a full disk, a catalog that is locked.
        """
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def alive(self) -> int:
        """How many worker processes run now."""
        return sum(worker.is_alive() for worker in self._workers)

    def _spawn_thread(self, name: str, target: Callable[[], None]) -> None:
        thread = Thread(target=lambda: self._guarded(target), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _guarded(self, target: Callable[[], None]) -> None:
        """Begin again after a while what a full disk or a locked catalog has ended."""
        while not self._stop.is_set():
            try:
                target()
            except RekindleError as error:
                logging.get(__name__).warning("engine.halted", code=error.code, reason=error.message)
                self._failure = error
                self._stop.wait(_LONGEST_PAUSE)
            else:
                return

    def _supervise(self, services: Services) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            try:
                self._bury(services)
                self._hire(services)
            except CatalogBusy as error:
                logging.get(__name__).warning("engine.busy", reason=error.message)

    def _bury(self, services: Services) -> None:
        """Forget workers that ended; what those that died held goes back to the ledger."""
        ended = [worker for worker in self._workers if not worker.is_alive()]
        if not ended:
            return
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        died = [worker for worker in ended if worker.exitcode]
        if died:
            self._deaths += 1
            codes = [worker.exitcode for worker in died]
            logging.get(__name__).warning("engine.worker-died", exit_codes=codes, deaths=self._deaths)
            reclaim(services.catalog, services.home)
            self._stop.wait(min(_TICK_SECONDS * 2**self._deaths, _LONGEST_PAUSE))

    def _hire(self, services: Services) -> None:
        kinds = _WALKS if self._list_here else ()
        with services.catalog.read() as reader:
            wanted = min(worker_count(self._settings), reader.jobs.unfinished(self._run, kinds))
        for _ in range(wanted - len(self._workers)):
            worker = multiprocessing.get_context("spawn").Process(
                target=work_in_process, args=(self._settings, self._run, kinds), daemon=True
            )
            with _interrupts_held_back():
                worker.start()
            self._workers.append(worker)

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
            if worker.is_alive():
                worker.kill()
                worker.join()
        self._workers.clear()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A terminal's Ctrl-C reaches all: what is born in here leaves it to the parent from its first moment."""
    resource_tracker.ensure_running()  # it would let interrupts through again when it is started inside
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def reclaim(catalog: Catalog, home: Home) -> int:
    """Take jobs back from workers of this host that died; returns how many. Their attempt counts."""
    with catalog.read() as reader:
        held = [job for job in reader.jobs.active(None) if job.lease_owner]
    lost = [job for job in held if job.lease_owner and is_gone(home, job.lease_owner)]
    if not lost:
        return 0
    with catalog.write() as writer:
        for job in lost:
            error = WorkerLost(f"The worker that had {job.key} died.")
            letter = letter_of(error, job.key, job.stage or job.kind, writer.now, job)
            writer.jobs.fail(job.id, job.lease_owner or "", letter, retry=True)
    return len(lost)
