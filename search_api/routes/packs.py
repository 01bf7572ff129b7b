"""Trials of model packs beside the one that serves, and who serves."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from search_api import schemas_packs as w
from search_api.problems import documented
from search_api.routes.deps import ServicesDep
from search_api.services.pack_desk import Change, Held, excuses
from search_api.services.runs import run_of

router = APIRouter(prefix="/v1/packs", tags=["packs"], responses=documented(404, 409, 422))
KindPath = Annotated[w.SideBySide, Path(description="Kind of the pack.", examples=["visual"])]
KINDS: tuple[w.SideBySide, ...] = ("visual", "text")
_SHOWN = 100


@router.get("/audit", operation_id="audit_packs")
def audit(
    services: ServicesDep,
    kind: Annotated[w.SideBySide | None, Query(description="Of this kind only.")] = None,
) -> w.PackAudit:
    """Hold every vector space against the archive: each shot and passage is encoded, excused or missing."""
    kinds = KINDS if kind is None else (kind,)
    return w.PackAudit(
        spaces=[_space(item, held) for item in kinds for held in services.pack_desk.audit(item)]
    )


@router.get("/{kind}/trial/estimate", operation_id="estimate_trial")
def estimate_trial(
    services: ServicesDep,
    kind: KindPath,
    name: Annotated[str, Query(max_length=64, description="Name of an installed pack.")],
) -> w.TrialEstimate:
    """What trying a pack takes; nothing begins."""
    return services.pack_desk.estimate(kind, name)[0]


@router.post("/{kind}/trial", operation_id="begin_trial", status_code=201, responses=documented(507))
def begin_trial(services: ServicesDep, kind: KindPath, body: w.NewTrial) -> w.Trial:
    """Encode everything with another pack while the one in use serves; no master is read.

    Asked again, it goes on with what is left. New footage is encoded with both from now on.
    """
    estimate, run = services.pack_desk.begin(kind, body.name)
    return w.Trial(estimate=estimate, run=run_of(run, []))


@router.delete("/{kind}/trial", operation_id="end_trial")
def end_trial(services: ServicesDep, kind: KindPath) -> w.TrialEnded:
    """Try nothing any more; the vectors stay until they are pruned."""
    pack = services.pack_desk.end_trial(kind)
    return w.TrialEnded(kind=kind, pack=None if pack is None else pack.spec.name)


@router.post("/{kind}/switch", operation_id="switch_packs")
def switch_packs(services: ServicesDep, kind: KindPath, body: w.SwitchRequest) -> w.Switched:
    """Let the pack on trial serve, from one search to the next; refused while vectors are missing."""
    return _switched(kind, services.pack_desk.switch(kind, force=body.force))


@router.post("/{kind}/rollback", operation_id="roll_back_packs")
def roll_back_packs(services: ServicesDep, kind: KindPath) -> w.Switched:
    """Let the pack serve that served before; nothing is encoded."""
    return _switched(kind, services.pack_desk.roll_back(kind))


@router.post("/{kind}/prune", operation_id="prune_packs")
def prune_packs(services: ServicesDep, kind: KindPath) -> w.Pruned:
    """Remove vectors of packs that neither serve nor are on trial; there is no way back afterwards."""
    gone = services.pack_desk.prune(kind)
    return w.Pruned(spaces=list(gone.spaces), assets=gone.assets, bytes=gone.size)


def _space(kind: w.SideBySide, held: Held) -> w.SpaceAudit:
    found = held.coverage
    return w.SpaceAudit(
        kind=kind,
        pack=found.spec.name,
        space=found.spec.space,
        role=held.role,
        unit="shots" if kind == "visual" else "passages",
        assets=found.assets,
        expected=found.expected,
        encoded=found.encoded,
        missing=found.missing,
        excused=excuses(found),
        lacking=[
            w.Lacking(asset=lack.asset, name=lack.name, units=lack.units, why=lack.why)
            for lack in found.lacking[:_SHOWN]
        ],
    )


def _switched(kind: w.SideBySide, change: Change) -> w.Switched:
    return w.Switched(
        kind=kind,
        serving=change.serving.spec.name,
        former=None if change.former is None else change.former.spec.name,
        missing=change.missing,
    )
