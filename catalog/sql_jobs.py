"""The ledger of work in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from catalog.model import DeadLetter, Job, JobState
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_runs import put_letter
from catalog.tables_work import ACTIVE_JOB, jobs, runs
from foundation.ids import AssetId, JobId, RunId, mint

_ACTIVE = sa.text(ACTIVE_JOB)


class SqlJobs:
    """Work that waits, runs or ended; the writer lock makes every step of it one at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def enqueue(
        self, kind: str, key: str, payload: Mapping[str, object], *, run: RunId | None, asset: AssetId | None
    ) -> JobId:
        """Add, or return the job of this kind and key that already waits or runs; it joins the run."""
        same = (_ACTIVE, jobs.c.kind == kind, jobs.c.key == key)
        known = self._session.first(sa.select(jobs.c.id, jobs.c.run_id).where(*same))
        if known is None:
            return self._add(kind, key, payload, run, asset)
        if run is not None and known.run_id != run:
            self._session.run(sa.update(jobs).where(jobs.c.id == known.id).values(run_id=run))
        return JobId(known.id)

    def supersede(self, kind: str, key: str, payload: Mapping[str, object], *, run: RunId | None) -> JobId:
        """Add, or give the job of this kind and key a new payload; whoever holds it has lost it."""
        job_id = self.enqueue(kind, key, payload, run=run, asset=None)
        values = {"payload": dict(payload), "state": JobState.WAITING, "ready_at": None, "attempts": 0}
        freed = {"lease_owner": None, "lease_until": None}
        self._session.run(sa.update(jobs).where(jobs.c.id == job_id).values(**values, **freed))
        return job_id

    def payloads(self, run: RunId, kind: str) -> list[Mapping[str, object]]:
        """Of all jobs of a run and kind, whatever became of them, oldest first."""
        query = sa.select(jobs.c.payload).where(jobs.c.run_id == run, jobs.c.kind == kind)
        return [row.payload for row in self._session.rows(query.order_by(jobs.c.row))]

    def added(self, kind: str, *, key: str, since: datetime) -> list[Job]:
        """Jobs of a kind whose keys begin so, of runs that were started since; whatever became of them."""
        query = (
            sa.select(jobs)
            .join(runs, runs.c.id == jobs.c.run_id)
            .where(
                runs.c.started_at >= since, jobs.c.kind == kind, jobs.c.key.startswith(key, autoescape=True)
            )
        )
        return [_job(row) for row in self._session.rows(query.order_by(jobs.c.row))]

    def lease(
        self, owner: str, *, run: RunId | None, seconds: float, kinds: Sequence[str] = ()
    ) -> Job | None:
        """Take the oldest job that waits or whose lease ran out; attempts + 1. No kinds means any kind."""
        now = self._session.now
        ready = sa.or_(jobs.c.ready_at.is_(None), jobs.c.ready_at <= now)
        free = sa.or_(sa.and_(jobs.c.state == JobState.WAITING, ready), jobs.c.lease_until < now)
        query = sa.select(jobs.c.id).where(_ACTIVE, free).order_by(jobs.c.turn).limit(1)
        if run is not None:
            query = query.where(jobs.c.run_id == run)
        if kinds:
            query = query.where(jobs.c.kind.in_(kinds))
        job_id = self._session.value(query)
        if job_id is None:
            return None
        values = {
            "state": JobState.LEASED,
            "attempts": jobs.c.attempts + 1,
            "lease_owner": owner,
            "lease_until": now + timedelta(seconds=seconds),
            "ready_at": None,
        }
        self._session.run(sa.update(jobs).where(jobs.c.id == job_id).values(values))
        row = self._session.first(sa.select(jobs).where(jobs.c.id == job_id))
        return None if row is None else _job(row)

    def renew(self, job_id: JobId, owner: str, *, seconds: float, stage: str, progress: float) -> bool:
        """Keep the lease and report; False when it was lost."""
        until = self._session.now + timedelta(seconds=seconds)
        return self._end_or_keep(job_id, owner, {"lease_until": until, "stage": stage, "progress": progress})

    def finish(self, job_id: JobId, owner: str) -> bool:
        """Done; False when the lease was lost."""
        ended = {
            "state": JobState.DONE,
            "finished_at": self._session.now,
            "progress": 1.0,
            "lease_until": None,
        }
        return self._end_or_keep(job_id, owner, ended)

    def fail(self, job_id: JobId, owner: str, letter: DeadLetter, *, retry: bool) -> bool:
        """Back to the end of the queue, or dead with its letter; False when the lease was lost."""
        freed: dict[str, object] = {"lease_owner": None, "lease_until": None, "progress": 0.0, "stage": None}
        if retry:
            return self._end_or_keep(
                job_id, owner, freed | {"state": JobState.WAITING, "turn": self._last_turn() + 1}
            )
        dead = freed | {"state": JobState.DEAD, "finished_at": self._session.now}
        if not self._end_or_keep(job_id, owner, dead):
            return False
        put_letter(self._session, letter, job_id)
        return True

    def release(self, job_id: JobId, owner: str, *, seconds: float = 0.0, stage: str = "") -> bool:
        """Put back to waiting without counting the attempt; False when the lease was lost."""
        values = {
            "state": JobState.WAITING,
            "attempts": jobs.c.attempts - 1,
            "lease_owner": None,
            "lease_until": None,
            "ready_at": self._session.now + timedelta(seconds=seconds) if seconds > 0 else None,
            "stage": stage or None,
        }
        return self._end_or_keep(job_id, owner, values)

    def cancel_run(self, run: RunId) -> int:
        """Cancel what waits; returns how many. What is leased may finish."""
        waiting = (jobs.c.run_id == run, jobs.c.state == JobState.WAITING)
        values = {"state": JobState.CANCELLED, "finished_at": self._session.now}
        return self._session.run(sa.update(jobs).where(*waiting).values(values))

    def unfinished(self, run: RunId | None, kinds: Sequence[str] = ()) -> int:
        """How many jobs of a run (None: of all runs) wait or are leased."""
        query = sa.select(sa.func.count()).select_from(jobs).where(_ACTIVE)
        if run is not None:
            query = query.where(jobs.c.run_id == run)
        if kinds:
            query = query.where(jobs.c.kind.in_(kinds))
        return int(self._session.value(query))

    def active(self, run: RunId | None) -> list[Job]:
        """Leased jobs of a run (None: of all runs), with stage and progress."""
        query = sa.select(jobs).where(_ACTIVE, jobs.c.state == JobState.LEASED)
        if run is not None:
            query = query.where(jobs.c.run_id == run)
        return [_job(row) for row in self._session.rows(query.order_by(jobs.c.turn))]

    def _add(
        self, kind: str, key: str, payload: Mapping[str, object], run: RunId | None, asset: AssetId | None
    ) -> JobId:
        job_id = JobId(mint("job"))
        values = {
            "id": job_id,
            "turn": self._last_turn() + 1,
            "kind": kind,
            "key": key,
            "run_id": run,
            "asset_id": asset,
            "state": JobState.WAITING,
            "attempts": 0,
            "payload": dict(payload),
            "progress": 0.0,
            "created_at": self._session.now,
            "principal": self._session.principal,
        }
        self._session.run(sa.insert(jobs).values(values))
        return job_id

    def _last_turn(self) -> int:
        return self._session.value(sa.select(sa.func.max(jobs.c.turn)).where(_ACTIVE)) or 0

    def _end_or_keep(self, job_id: JobId, owner: str, values: Mapping[str, object]) -> bool:
        held = (jobs.c.id == job_id, jobs.c.lease_owner == owner, jobs.c.state == JobState.LEASED)
        return self._session.run(sa.update(jobs).where(*held).values(values)) == 1


def _job(row: Row) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        run_id=row.run_id,
        asset_id=row.asset_id,
        state=JobState(row.state),
        attempts=row.attempts,
        payload=row.payload,
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
        progress=row.progress,
        stage=row.stage,
        created_at=row.created_at,
    )
