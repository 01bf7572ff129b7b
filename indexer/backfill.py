"""The worker: takes jobs from the ledger one at a time, does them, and says how they ended.

A job is done, put back (the worker stops, or the job waits for something), tried again later, or dead with a
letter that says why. Nothing is held in memory that the ledger does not know.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EDQUOT, ENOSPC
from importlib import import_module
from threading import Event
from typing import Protocol, cast

from catalog.model import Job
from catalog.repository import CatalogReader, CatalogWriter
from foundation import logging
from foundation.errors import (
    AlreadyOwned,
    InternalError,
    Interrupted,
    LocationNotFound,
    NoSpace,
    RekindleError,
    StorageError,
    WorkerLost,
)
from foundation.ids import AssetId, LocationId, RunId
from indexer.bootstrap import Services
from indexer.discover import Discoverer
from indexer.lease import Lease
from indexer.letters import letter_of
from indexer.payload import CLUSTER, DISCOVER, DUPLICATES, ENCODE, PURGE, THAW, WALK
from indexer.presence import new_owner, present
from indexer.waiting import Waiting

IDLE_SECONDS = 0.5
_BUSY_SECONDS = 3.0
_LONGEST_PAUSE = 5.0
_LAST = (DUPLICATES, CLUSTER, PURGE)
"""Kinds of jobs that come up once a run has nothing else left to do."""
_FULL = frozenset({ENOSPC, EDQUOT})


class Handler(Protocol):
    """Does jobs of one kind."""

    def run(self, lease: Lease) -> None:
        """Do it, or raise the RekindleError that says why not."""


def handlers() -> Mapping[str, Callable[[Services], Handler]]:
    """What does jobs of each kind; made when the first job of the kind comes up.

    Decoders, models and cloud clients come with their module and are not loaded before: most runs over an
    archive find nothing to do.
    """
    return {
        DISCOVER: Discoverer,
        WALK: lambda services: _loaded("indexer.walker", "Walker", services),
        THAW: lambda services: _loaded("indexer.thaw", "Thawer", services),
        ENCODE: lambda services: _loaded("indexer.reencode", "Reencoder", services),
        DUPLICATES: lambda services: _loaded("indexer.compare", "Comparer", services),
        CLUSTER: lambda services: _loaded("indexer.clustering", "Clusterer", services),
        PURGE: lambda services: _loaded("indexer.purging", "Purger", services),
    }


def _loaded(module: str, name: str, services: Services) -> Handler:
    return cast("Handler", getattr(import_module(module), name)(services))


@dataclass(slots=True)
class Worker:
    """Works through the ledger.

    Attributes:
        services: Of this process.
        stop: Set it, and the worker puts its job back and returns.
        run: Only jobs of this run; None takes any.
        kinds: Only jobs of these kinds; empty takes any.
    """

    services: Services
    stop: Event
    run: RunId | None = None
    kinds: tuple[str, ...] = ()
    owner: str = field(default_factory=new_owner)
    _handlers: dict[str, Handler] = field(default_factory=dict)

    def work(self, *, until_done: bool, patience: float = math.inf) -> None:
        """Do jobs until told to stop.

        Args:
            until_done: End when no job is left.
            patience: End after so many seconds without a job that could be had.
        """
        busy_at = time.monotonic()
        with present(self.services.home, self.owner):
            while not self.stop.is_set() and time.monotonic() - busy_at < patience:
                if self.work_once():
                    busy_at = time.monotonic()
                    continue
                if until_done and not self._unfinished(()):
                    return
                self.stop.wait(IDLE_SECONDS)

    def work_once(self) -> bool:
        """Do one job; False when there was none to take."""
        if not self._unfinished(self.kinds):
            return False
        seconds = self.services.settings.indexer.lease_seconds
        with self.services.catalog.write() as writer:
            job = writer.jobs.lease(self.owner, run=self.run, seconds=seconds, kinds=self.kinds)
        if job is None:
            return False
        self._do(job, seconds)
        return True

    def _unfinished(self, kinds: tuple[str, ...]) -> int:
        with self.services.catalog.read() as reader:
            return reader.jobs.unfinished(self.run, kinds)

    def _do(self, job: Job, seconds: float) -> None:
        lease = Lease(self.services.catalog, job, self.owner, seconds=seconds, stop=self.stop)
        try:
            self._refuse_killer(job)
            with lease, _translated(job):
                self._handler(job.kind).run(lease)
        except Waiting as pause:
            self._put_back(job, pause.seconds, pause.stage)
        except AlreadyOwned:
            self._put_back(job, _BUSY_SECONDS, "waiting for another copy")
        except Interrupted:
            self._put_back(job, 0.0, "")
        except RekindleError as error:
            self._fail(job, lease, error)
        else:
            self._end(job, lambda writer: writer.jobs.finish(job.id, self.owner))

    def _handler(self, kind: str) -> Handler:
        if kind not in self._handlers:
            self._handlers[kind] = handlers()[kind](self.services)
        return self._handlers[kind]

    def _refuse_killer(self, job: Job) -> None:
        """A job that outlived several workers is not tried on the next one."""
        if job.attempts > self.services.settings.indexer.attempts:
            raise WorkerLost(f"{job.attempts - 1} workers died or fell silent over {_uri(job)}.")

    def _put_back(self, job: Job, seconds: float, stage: str) -> None:
        with self.services.catalog.write() as writer:
            writer.jobs.release(job.id, self.owner, seconds=seconds, stage=stage)

    def _fail(self, job: Job, lease: Lease, error: RekindleError) -> None:
        attempts = self.services.settings.indexer.attempts
        retry = error.retryable and job.attempts < attempts
        logging.get(__name__).warning(
            "job.failed", kind=job.kind, uri=_uri(job), code=error.code, reason=error.message, retry=retry
        )
        if retry:
            self.stop.wait(min(0.25 * 2**job.attempts, _LONGEST_PAUSE))
        stage = lease.stage or job.kind

        def end(writer: CatalogWriter) -> None:
            letter = letter_of(error, _subject(writer, job), stage, writer.now, job, _asset(writer, job))
            writer.jobs.fail(job.id, self.owner, letter, retry=retry)

        self._end(job, end)

    def _end(self, job: Job, end: Callable[[CatalogWriter], object]) -> None:
        with self.services.catalog.write() as writer:
            end(writer)
            if job.run_id is not None and job.kind not in _LAST:
                expect_last(writer, job.run_id)
            settle_open(writer, job.run_id)


def expect_last(writer: CatalogWriter, run_id: RunId) -> None:
    """Let a run end with what looks at all that it has brought in: pictures are compared, faces grouped.

    Removals that a job did not finish are taken up again.
    """
    if writer.jobs.unfinished(run_id) or writer.runs.get(run_id).state == "cancelled":
        return
    if writer.links.due(1):
        writer.jobs.enqueue(DUPLICATES, DUPLICATES, {}, run=run_id, asset=None)
    if writer.clusters.due():
        writer.jobs.enqueue(CLUSTER, CLUSTER, {}, run=run_id, asset=None)
    for entry in writer.prohibitions.unpurged():
        writer.jobs.enqueue(PURGE, entry, {"prohibition": entry}, run=run_id, asset=None)


def settle_open(writer: CatalogWriter, ended: RunId | None) -> None:
    """Bring runs in line with their jobs: the one a job of which ended, and all once nothing is left to do.

    A job that two runs want belongs to the later one; the earlier one ends with the ledger's last job.
    """
    idle = not writer.jobs.unfinished(None)
    for run_id in writer.runs.open():
        if idle or run_id == ended:
            settle(writer, run_id)


def settle(writer: CatalogWriter, run_id: RunId) -> None:
    """Bring a run's state in line with its jobs: a run ends with its last one."""
    run = writer.runs.get(run_id)
    if not writer.jobs.unfinished(run_id):
        state = "cancelled" if run.state == "cancelled" else "finished"
    elif not writer.jobs.unfinished(run_id, [DISCOVER]) and run.state == "discovering":
        state = "indexing"
    else:
        return
    writer.runs.update(run_id, state=state, discovered=run.discovered, unchanged=run.unchanged, cold=run.cold)


def _uri(job: Job) -> str:
    return str(job.payload.get("uri") or job.key)


def _subject(reader: CatalogReader, job: Job) -> str:
    """What a dead letter is about: the essence, or the location that was listed."""
    location = job.payload.get("location")
    if "uri" in job.payload or not location:
        return _uri(job)
    try:
        return reader.locations.by_id(LocationId(str(location))).uri
    except LocationNotFound:
        return _uri(job)


def _asset(reader: CatalogReader, job: Job) -> AssetId | None:
    """The asset of a walk, where it was registered meanwhile."""
    wanted = AssetId(str(job.payload.get("asset", "")))
    found = reader.assets.many([wanted]).get(wanted)
    return None if found is None else found.id


@contextmanager
def _translated(job: Job) -> Iterator[None]:
    """The boundary of a job: whatever a library lets escape becomes one of our errors."""
    try:
        yield
    except (RekindleError, Waiting):
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace(f"The disk is full; {_uri(job)} waits.") from error
        raise StorageError(f"{_uri(job)}: {error}.") from error
    except Exception as error:
        logging.get(__name__).exception("job.broke", kind=job.kind, uri=_uri(job))
        raise InternalError(f"{type(error).__name__} while working on {_uri(job)}: {error}") from error
