"""Ports to the job ledger, runs, the change feed and the audit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from catalog.model import (
    AuditEntry,
    AuditFilter,
    Change,
    ChangeKind,
    DeadLetter,
    IndexRun,
    Job,
)
from foundation.ids import (
    AssetId,
    JobId,
    PrincipalId,
    RunId,
)


class Jobs(Protocol):
    """The ledger of work. A lease that ran out is somebody else's to take; stale owners are fenced."""

    def enqueue(
        self, kind: str, key: str, payload: Mapping[str, object], *, run: RunId | None, asset: AssetId | None
    ) -> JobId:
        """Add, or return the job with this key that already waits or runs; it joins ``run``."""

    def supersede(self, kind: str, key: str, payload: Mapping[str, object], *, run: RunId | None) -> JobId:
        """Add, or give the job with this key a new payload; whoever holds it has lost it."""

    def added(self, kind: str, *, key: str, since: datetime) -> list[Job]:
        """Jobs of a kind whose keys begin so, of runs that were started since; whatever became of them."""

    def payloads(self, run: RunId, kind: str) -> list[Mapping[str, object]]:
        """Of all jobs of a run and kind, whatever became of them."""

    def lease(
        self, owner: str, *, run: RunId | None, seconds: float, kinds: Sequence[str] = ()
    ) -> Job | None:
        """Take the oldest job that waits or whose lease ran out; attempts + 1. No kinds means any kind."""

    def renew(self, job_id: JobId, owner: str, *, seconds: float, stage: str, progress: float) -> bool:
        """Keep the lease and report; False when it was lost."""

    def finish(self, job_id: JobId, owner: str) -> bool:
        """Done; False when the lease was lost."""

    def fail(self, job_id: JobId, owner: str, letter: DeadLetter, *, retry: bool) -> bool:
        """Back to waiting, or dead with its letter; False when the lease was lost."""

    def release(self, job_id: JobId, owner: str, *, seconds: float = 0.0, stage: str = "") -> bool:
        """Put back to waiting without counting the attempt, not to be leased again for ``seconds``.

        False when the lease was lost.
        """

    def cancel_run(self, run: RunId) -> int:
        """Cancel what waits; returns how many."""

    def unfinished(self, run: RunId | None, kinds: Sequence[str] = ()) -> int:
        """How many jobs of a run (None: of all runs) wait or are leased. No kinds means any kind."""

    def active(self, run: RunId | None) -> list[Job]:
        """Leased jobs of a run (None: of all runs), with stage and progress."""


class Runs(Protocol):
    """Index runs and dead letters."""

    def start(self) -> RunId:
        """A new run in state ``discovering``."""

    def update(self, run: RunId, *, state: str, discovered: int, unchanged: int, cold: int) -> None:
        """Progress of discovery, or the final state (``finished``, ``interrupted``)."""

    def get(self, run: RunId) -> IndexRun:
        """With counts from the ledger; raises RunNotFound."""

    def latest(self) -> IndexRun | None:
        """The newest run."""

    def open(self) -> list[RunId]:
        """Runs that have not ended, oldest first."""

    def dead_letters(self, run: RunId | None = None) -> list[DeadLetter]:
        """Current ones, of a run or all."""

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Add or replace by URI."""

    def clear_dead_letter(self, uri: str) -> None:
        """The thing was indexed after all, or is gone."""


class Changes(Protocol):
    """The change feed."""

    def after(self, seq: int, limit: int) -> list[Change]:
        """In commit order."""

    def last(self) -> int:
        """Newest sequence number, 0 when empty."""

    def append(self, asset_id: AssetId, kind: ChangeKind, space: str | None = None) -> None:
        """Add one; writers of facts do this themselves."""


class Audit(Protocol):
    """Append-only, hash-chained."""

    def append(self, principal: PrincipalId, action: str, subject: str, detail: Mapping[str, object]) -> None:
        """Add an entry."""

    def tail(self, limit: int) -> list[AuditEntry]:
        """Newest first."""

    def find(self, where: AuditFilter, *, before: int | None, limit: int) -> list[AuditEntry]:
        """Those before a sequence number (None: all), newest first."""

    def verify(self) -> int | None:
        """Sequence number of the first entry that does not fit the chain, or None."""
