"""A worker's hold on one job: kept alive beside the work, reported through, and lost with consequences.

The work calls :meth:`Lease.report` wherever it can stop; a lost lease or a request to stop surfaces there as
Interrupted. Facts are fenced: :meth:`Lease.fence` inside the transaction that writes them.
"""

from threading import Event, Thread
from types import TracebackType

from catalog.model import Job
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import CatalogBusy, Interrupted, NoSpace

_REPORT_SECONDS = 2.0


class Lease:
    """One leased job.

    Args:
        catalog: Where the ledger is.
        job: The job as it was leased.
        owner: This worker's name in the ledger.
        seconds: How long a silent worker keeps the job.
        stop: Set from outside when the worker is to stop.
    """

    def __init__(self, catalog: Catalog, job: Job, owner: str, *, seconds: float, stop: Event) -> None:
        self.job = job
        self.owner = owner
        self._catalog = catalog
        self._seconds = seconds
        self._stop = stop
        self._over = Event()
        self._lost = Event()
        self._stage, self._progress = "", 0.0
        self._thread = Thread(target=self._keep, name=f"lease-{job.id}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def stage(self) -> str:
        """What was reported last; empty before the first report."""
        return self._stage

    def report(self, stage: str, progress: float) -> None:
        """Say where the work is (``progress`` in 0..1 of this stage); cheap enough for every frame.

        Raises:
            Interrupted: The worker is to stop, or the job is somebody else's by now.
        """
        self._stage, self._progress = stage, progress
        self._check()

    def fence(self, writer: CatalogWriter) -> None:
        """Refuse to write facts for a job that is no longer ours; call it inside the transaction.

        Raises:
            Interrupted: The lease was lost.
        """
        if not self._renew(writer):
            self._lost.set()
            self._check()

    def _check(self) -> None:
        if self._lost.is_set():
            raise Interrupted(f"The lease of {self.job.key} ran out and another worker has it.")
        if self._stop.is_set():
            raise Interrupted(f"{self.job.key} was put back because the worker stops.")

    def _renew(self, writer: CatalogWriter) -> bool:
        return writer.jobs.renew(
            self.job.id, self.owner, seconds=self._seconds, stage=self._stage, progress=self._progress
        )

    def _keep(self) -> None:
        reported: tuple[str, float] | None = None
        unwritten, pause = 0.0, min(_REPORT_SECONDS, self._seconds / 3)
        while not self._over.wait(pause):
            unwritten += pause
            now = (self._stage, self._progress)
            if now != reported or unwritten >= self._seconds / 3:
                reported, unwritten = now, 0.0
                self._renew_once()

    def _renew_once(self) -> None:
        try:
            with self._catalog.write() as writer:
                if not self._renew(writer):
                    self._lost.set()
        except (CatalogBusy, NoSpace):
            return  # the next report tries again, long before the lease is over
