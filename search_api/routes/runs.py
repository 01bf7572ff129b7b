"""Index runs: the API enqueues, the indexer works."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from catalog.repository import CatalogWriter
from foundation.errors import StateConflict
from foundation.ids import RunId
from search_api import schemas_work as w
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.forecasts import forecast_of, unindexed
from search_api.services.money import budget_of
from search_api.services.runs import run_of, run_with_jobs
from search_api.services.targets import Target, targets_of

router = APIRouter(prefix="/v1", tags=["indexing"], responses=documented(422))
RunPath = Annotated[str, Path(max_length=64, description="Id of the run.", examples=[w.RUN_ID])]
FINAL = ("finished", "interrupted", "cancelled")


@router.post("/runs", operation_id="start_run", status_code=201, responses=documented(404))
def start_run(services: ServicesDep, body: w.NewRun) -> w.Run:
    """Index locations, paths or addresses; a root nobody knew is registered."""
    budget = budget_of(body.budget_usd)
    with services.catalog.write() as writer:
        targets = targets_of(writer, body.targets)
        run = writer.runs.start()
        for target in targets:
            payload: dict[str, object] = {
                "cold": body.cold,
                "budget_usd": None if budget is None else str(budget),
                "survey": body.survey,
                "accept_losses": body.accept_losses,
            }
            _enqueue(writer, run, target, payload)
        if not targets:
            writer.runs.update(run, state="finished", discovered=0, unchanged=0, cold=0)
        return run_of(writer.runs.get(run), [])


@router.post("/runs/forecasts", operation_id="forecast_run", responses=documented(404))
def forecast_run(services: ServicesDep, body: w.ForecastRequest) -> w.Forecast:
    """Say what bringing in cold masters without a proxy would cost, by wave; nothing is spent.

    Only what is catalogued is counted: start a run with `survey` first.
    """
    budget = budget_of(body.budget_usd)
    with services.catalog.write() as writer:
        targets = targets_of(writer, body.targets)
    with services.catalog.read() as reader:
        assets = [asset_id for target in targets for asset_id in unindexed(reader, target)]
    return forecast_of(services.backfill.forecast(assets, budget))


def _enqueue(writer: CatalogWriter, run: RunId, target: Target, payload: dict[str, object]) -> None:
    key = f"discover:{run}:{target.location.id}:{target.prefix or ''}"
    where = {"location": target.location.id, "prefix": target.prefix}
    writer.jobs.enqueue("discover", key, {**where, **payload}, run=run, asset=None)


@router.get("/runs/{run_id}", operation_id="run", responses=documented(404))
def run(services: ServicesDep, run_id: RunPath) -> w.Run:
    """How far a run is, and what its workers do right now."""
    with services.catalog.read() as reader:
        found = reader.runs.get(RunId(run_id))
        return run_with_jobs(reader, found)


@router.delete("/runs/{run_id}", operation_id="cancel_run", responses=documented(404, 409))
def cancel_run(services: ServicesDep, run_id: RunPath) -> w.Run:
    """Stop a run: what waits is cancelled, what a worker holds is finished."""
    with services.catalog.write() as writer:
        found = writer.runs.get(RunId(run_id))
        if found.state in FINAL:
            raise StateConflict(f"The run is {found.state} already.")
        writer.jobs.cancel_run(found.id)
        writer.runs.update(
            found.id,
            state="cancelled",
            discovered=found.discovered,
            unchanged=found.unchanged,
            cold=found.cold,
        )
        return run_of(writer.runs.get(found.id), [])


@router.get("/dead-letters", operation_id="dead_letters", responses=documented(404))
def dead_letters(
    services: ServicesDep,
    run: Annotated[str | None, Query(max_length=64, description="Of this run only.")] = None,
) -> w.DeadLetterList:
    """What could not be indexed, why, and what to do about it."""
    with services.catalog.read() as reader:
        wanted = None if run is None else reader.runs.get(RunId(run)).id
        letters = reader.runs.dead_letters(wanted)
    return w.DeadLetterList(
        dead_letters=[
            w.DeadLetter(
                uri=letter.uri,
                stage=letter.stage,
                code=letter.code,
                message=letter.message,
                remedy=letter.remedy,
                retryable=letter.retryable,
                at=letter.at,
                asset=letter.asset_id,
            )
            for letter in letters
        ]
    )
