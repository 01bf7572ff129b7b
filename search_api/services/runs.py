"""Index runs as the wire has them, with what their workers do right now."""

from catalog.model import IndexRun, Job
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from search_api import schemas_work as w


def run_with_jobs(reader: CatalogReader, run: IndexRun) -> w.Run:
    """A run and its leased jobs, the names of their assets read in one query."""
    jobs = reader.jobs.active(run.id)
    named = reader.assets.many(AssetId(job.asset_id) for job in jobs if job.asset_id)
    names = {asset_id: asset.name for asset_id, asset in named.items()}
    return run_of(run, [_active(job, names) for job in jobs])


def run_of(run: IndexRun, active: list[w.ActiveJob]) -> w.Run:
    """A run on the wire."""
    return w.Run(
        id=run.id,
        state=run.state,
        stage=run.stage,
        started_at=run.started_at,
        finished_at=run.finished_at,
        discovered=run.discovered,
        unchanged=run.unchanged,
        cold=run.cold,
        total=run.total,
        done=run.done,
        failed=run.failed,
        active=active,
    )


def _active(job: Job, names: dict[AssetId, str]) -> w.ActiveJob:
    name = names.get(job.asset_id) if job.asset_id else None
    return w.ActiveJob(kind=job.kind, asset=job.asset_id, name=name, stage=job.stage, progress=job.progress)
