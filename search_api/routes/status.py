"""How the archive is doing, for people and for monitors."""

from typing import Any

from fastapi import APIRouter, Response

from embeddings.vector_index import SpaceStats
from foundation.errors import IndexUnavailable
from search_api import schemas_work as w
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.runs import run_with_jobs
from search_api.services.status import counts_of, notes_on, packs_of, signals_now, spaces_of

router = APIRouter(tags=["status"], responses=documented())
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus text format", "content": {"text/plain": {}}}
}


@router.get("/v1/status", operation_id="status")
def status(services: ServicesDep) -> w.Status:
    """Counts, signals, packs, index, the latest run, money."""
    index = spaces_of(_stats(services))
    with services.catalog.read() as reader:
        latest = reader.runs.latest()
        followed = None if services.index is None else services.index.cursor.load()
        return w.Status(
            home=str(services.home.root),
            counts=counts_of(reader),
            signals=signals_now(reader, services.packs, services.settings.signals),
            notes=notes_on(services.packs, services.settings.signals),
            packs=packs_of(services.packs),
            index=index,
            behind=max(reader.changes.last() - (followed or 0), 0),
            latest_run=None if latest is None else run_with_jobs(reader, latest),
            spent_usd=reader.restores.spent(f"{reader.now:%Y-%m}"),
            budget_usd=services.settings.tiering.budget_usd,
            fixity_findings=len(services.fixity.findings()),
        )


@router.get("/v1/health", operation_id="health")
def health(services: ServicesDep) -> w.Health:
    """The API answers."""
    return w.Health(version=services.version)


@router.get("/metrics", operation_id="metrics", response_class=Response, responses=_METRICS)
def metrics(services: ServicesDep) -> Response:
    """Prometheus metrics."""
    now, reports = services.fixity.recent_status()
    services.metrics.show_fixity(reports, now)
    body = services.metrics.exposition(_stats(services))
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


def _stats(services: Services) -> list[SpaceStats]:
    try:
        return [] if services.index is None else services.index.stats()
    except IndexUnavailable:
        return []
