"""Index runs and dead letters in SQL."""

import sqlalchemy as sa

from catalog.model import DeadLetter, IndexRun, JobState
from catalog.rows import Row
from catalog.session import Session
from catalog.tables_work import dead_letters, jobs, runs
from foundation.errors import RunNotFound
from foundation.ids import JobId, RunId, mint

DISCOVER = "discover"
"""Kind of the jobs that list a location."""

_NO_ASSETS = (DISCOVER, "duplicates")
"""Kinds of jobs that are no assets and count in no total."""

_FINAL = ("finished", "interrupted", "cancelled")


class SqlRuns:
    """Runs; what they did is counted in the ledger, so it survives every crash."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def start(self) -> RunId:
        """A new run in state ``discovering``."""
        run = RunId(mint("run"))
        values = {"id": run, "state": "discovering", "discovered": 0, "unchanged": 0, "cold": 0}
        now = self._session.now
        self._session.run(sa.insert(runs).values(**values, started_at=now, principal=self._session.principal))
        return run

    def update(self, run: RunId, *, state: str, discovered: int, unchanged: int, cold: int) -> None:
        """Progress of discovery, or the final state (``finished``, ``interrupted``, ``cancelled``)."""
        values = {
            "state": state,
            "discovered": discovered,
            "unchanged": unchanged,
            "cold": cold,
            "finished_at": self._session.now if state in _FINAL else None,
        }
        if not self._session.run(sa.update(runs).where(runs.c.id == run).values(values)):
            raise RunNotFound(f"There is no run {run}.")

    def get(self, run: RunId) -> IndexRun:
        """With counts from the ledger; raises RunNotFound."""
        row = self._session.first(sa.select(runs).where(runs.c.id == run))
        if row is None:
            raise RunNotFound(f"There is no run {run}.")
        return self._counted(row)

    def latest(self) -> IndexRun | None:
        """The newest run."""
        row = self._session.first(sa.select(runs).order_by(runs.c.row.desc()).limit(1))
        return None if row is None else self._counted(row)

    def open(self) -> list[RunId]:
        """Runs that have not ended, oldest first."""
        query = sa.select(runs.c.id).where(runs.c.finished_at.is_(None)).order_by(runs.c.row)
        return [RunId(row.id) for row in self._session.rows(query)]

    def dead_letters(self, run: RunId | None = None) -> list[DeadLetter]:
        """Current ones, of a run or all, newest first."""
        query = sa.select(dead_letters).order_by(dead_letters.c.at.desc(), dead_letters.c.uri)
        if run is not None:
            query = query.where(dead_letters.c.run_id == run)
        return [_letter(row) for row in self._session.rows(query)]

    def put_dead_letter(self, letter: DeadLetter) -> None:
        """Add or replace by URI."""
        put_letter(self._session, letter, None)

    def clear_dead_letter(self, uri: str) -> None:
        """The thing was indexed after all, or is gone."""
        self._session.run(sa.delete(dead_letters).where(dead_letters.c.uri == uri))

    def _counted(self, row: Row) -> IndexRun:
        query = (
            sa.select(jobs.c.state, sa.func.count().label("number"))
            .where(jobs.c.run_id == row.id, jobs.c.kind.not_in(_NO_ASSETS))
            .group_by(jobs.c.state)
        )
        counts = {item.state: item.number for item in self._session.rows(query)}
        return IndexRun(
            id=row.id,
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            discovered=row.discovered,
            unchanged=row.unchanged,
            total=sum(counts.values()) - counts.get(JobState.CANCELLED, 0),
            done=counts.get(JobState.DONE, 0),
            failed=counts.get(JobState.DEAD, 0) + self._failed_in_discovery(row.id),
            cold=row.cold,
            stage=self._stage(row.id),
        )

    def _failed_in_discovery(self, run: RunId) -> int:
        listing = sa.select(jobs.c.id).where(jobs.c.run_id == run, jobs.c.kind.in_(_NO_ASSETS))
        by_discovery = sa.or_(dead_letters.c.job_id.is_(None), dead_letters.c.job_id.in_(listing))
        letters = (dead_letters.c.run_id == run, by_discovery)
        return int(self._session.value(sa.select(sa.func.count()).select_from(dead_letters).where(*letters)))

    def _stage(self, run: RunId) -> str | None:
        leased = (jobs.c.run_id == run, jobs.c.state == JobState.LEASED)
        stage: str | None = self._session.value(
            sa.select(jobs.c.stage).where(*leased).order_by(jobs.c.lease_until.desc()).limit(1)
        )
        return stage


def put_letter(session: Session, letter: DeadLetter, job_id: JobId | None) -> None:
    """Add or replace a dead letter by URI; ``job_id`` names the job that died of it."""
    session.run(sa.delete(dead_letters).where(dead_letters.c.uri == letter.uri))
    values = {
        "uri": letter.uri,
        "stage": letter.stage,
        "code": letter.code,
        "message": letter.message,
        "remedy": letter.remedy,
        "retryable": letter.retryable,
        "at": letter.at,
        "asset_id": letter.asset_id,
        "run_id": letter.run_id,
        "job_id": job_id,
        "principal": session.principal,
    }
    session.run(sa.insert(dead_letters).values(values))


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(
        uri=row.uri,
        stage=row.stage,
        code=row.code,
        message=row.message,
        remedy=row.remedy,
        retryable=row.retryable,
        at=row.at,
        asset_id=row.asset_id,
        run_id=row.run_id,
    )
