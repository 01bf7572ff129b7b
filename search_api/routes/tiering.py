"""Tier plans: what the lifecycle rules would move, and what that costs and saves."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from catalog import model as m
from foundation.errors import PlanNotFound
from foundation.ids import LOCAL_PRINCIPAL, PlanId
from search_api import schemas_tiering as t
from search_api.problems import documented
from search_api.routes.deps import ServicesDep

router = APIRouter(prefix="/v1/tiering", tags=["tiering"], responses=documented(404, 422))
PlanPath = Annotated[str, Path(max_length=64, description="Id of the plan, or `latest`.")]


@router.post("/plans", operation_id="make_plan", status_code=201)
def make_plan(services: ServicesDep) -> t.TierPlan:
    """Say what the lifecycle rules would move, and keep it. Nothing is moved and no store is asked."""
    return _plan(services.tiering.plan(principal=LOCAL_PRINCIPAL))


@router.get("/plans/{plan_id}", operation_id="plan")
def plan(services: ServicesDep, plan_id: PlanPath) -> t.TierPlan:
    """A plan as it was made."""
    with services.catalog.read() as reader:
        found = reader.plans.latest() if plan_id == "latest" else reader.plans.get(PlanId(plan_id))
    if found is None:
        raise PlanNotFound("There is no plan yet.")
    return _plan(found)


@router.get("/plans/{plan_id}/items", operation_id="plan_items")
def plan_items(
    services: ServicesDep,
    plan_id: PlanPath,
    refused: Annotated[bool | None, Query(description="Only what stays, or only what moves.")] = None,
    after: Annotated[int, Query(ge=-1, description="Ordinal of the last item of the page before.")] = -1,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most items of one page.")] = 1000,
) -> t.PlanItemPage:
    """What a plan moves and what it leaves, in order."""
    found = plan(services, plan_id)
    with services.catalog.read() as reader:
        kept = reader.plans.get(PlanId(found.id))
        items = reader.plans.items(kept.id, refused=refused, after=after, limit=limit)
    return t.PlanItemPage(
        items=[_item(kept, item, services.tiering.sentence(item.refusal)) for item in items]
    )


def _plan(made: m.TierPlan) -> t.TierPlan:
    summary = dict(made.summary)
    summary.pop("source", None)
    months = None if made.saving <= 0 else round(made.cost / made.saving, 1)
    return t.TierPlan.model_validate(
        {
            "id": made.id,
            "created_at": made.created_at,
            "expires_at": made.expires_at,
            "applied_at": made.applied_at,
            "scanned": made.scanned,
            "moving": made.moving,
            "refused": made.refused,
            "bytes": made.size,
            "cost": made.cost,
            "saving": made.saving,
            "currency": made.currency,
            "break_even_months": months,
            **({"routes": [], "refusals": [], "notices": [], "prices": []} | summary),
        }
    )


def _item(made: m.TierPlan, item: m.PlanItem, sentence: str | None) -> t.PlanItem:
    rule = made.rules[item.rule]
    return t.PlanItem(
        ordinal=item.ordinal,
        asset=item.asset_id,
        instance=item.instance_id,
        name=item.name,
        bytes=item.size,
        rule=str(rule["name"]),
        line=int(str(rule["line"])),
        reason=item.refusal,
        sentence=sentence,
    )
