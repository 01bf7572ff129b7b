"""Tier plans: what the lifecycle rules would move, what that costs and saves; and the moves."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from archive_tiering.prices.budgets import month_cap
from catalog import model as m
from catalog.lifecycle import MOVE_ENDED
from catalog.repository import CatalogReader
from foundation.errors import PlanNotFound
from foundation.ids import MoveId, PlanId
from search_api import schemas_tiering as t
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep, visible
from search_api.services.money import budget_of

router = APIRouter(prefix="/v1/tiering", tags=["tiering"], responses=documented(401, 404, 422))
_GIVEN_UP = (m.MoveState.FAILED, m.MoveState.CANCELLED)
PlanPath = Annotated[str, Path(max_length=64, description="Id of the plan, or `latest`.")]


@router.post("/plans", operation_id="make_plan", status_code=201)
def make_plan(services: ServicesDep, principal: PrincipalDep) -> t.TierPlan:
    """Say what the lifecycle rules would move, and keep it. Nothing is moved and no store is asked."""
    return _plan(services.tiering.plan(principal=principal))


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


@router.post(
    "/plans/{plan_id}/apply", operation_id="apply_plan", status_code=202, responses=documented(402, 409)
)
def apply_plan(
    services: ServicesDep, principal: PrincipalDep, plan_id: PlanPath, body: t.NewApply
) -> t.Applied:
    """Agree to a plan: its cost is reserved and its moves begin. Asking again begins what is missing."""
    found = plan(services, plan_id)
    done = services.tiering.apply(PlanId(found.id), budget=budget_of(body.budget_usd), principal=principal)
    return t.Applied(
        plan=found.id,
        begun=done.begun,
        running=done.running,
        skipped=done.skipped,
        reserved_usd=done.reserved,
    )


@router.get("/status", operation_id="tier_status")
def tier_status(
    services: ServicesDep,
    plan: Annotated[str | None, Query(max_length=64, description="Of this plan's moves only.")] = None,
) -> t.TierStatus:
    """How far moves are, and what they have cost this month."""
    with services.catalog.read() as reader:
        counts = reader.moves.counts(None if plan is None else reader.plans.get(PlanId(plan)).id)
        month = f"{reader.now:%Y-%m}"
        spent = reader.moves.spent(month)
        cap = month_cap(reader, services.settings.tiering, month)
    safe = (m.MoveState.DONE, m.MoveState.DELETING)
    going = {state: count for state, count in counts.items() if state not in _GIVEN_UP}
    return t.TierStatus(
        counts=[t.MoveCount(state=s.value, moves=n, bytes=size) for s, (n, size) in counts.items()],
        unfinished=sum(n for state, (n, _) in counts.items() if state not in MOVE_ENDED),
        bytes_total=sum(size for _, size in going.values()),
        bytes_done=sum(size for state, (_, size) in going.items() if state in safe),
        spent_usd=spent,
        budget_usd=cap,
    )


@router.get("/moves", operation_id="moves")
def moves(
    services: ServicesDep,
    asset: Annotated[str | None, Query(max_length=64, description="Of this asset only.")] = None,
    plan: Annotated[str | None, Query(max_length=64, description="Of this plan only.")] = None,
    state: Annotated[list[m.MoveState] | None, Query(description="In these states only.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most moves.")] = 1000,
) -> t.MoveList:
    """Moves, newest first."""
    with services.catalog.read() as reader:
        wanted = None if asset is None else visible(reader, asset).id
        known = None if plan is None else reader.plans.get(PlanId(plan)).id
        found = reader.moves.find(states=state or (), asset=wanted, plan=known, limit=limit)
        return t.MoveList(moves=[_move(services, reader, move) for move in found])


@router.delete("/moves/{move_id}", operation_id="cancel_move", responses=documented(409))
def cancel_move(
    services: ServicesDep,
    principal: PrincipalDep,
    move_id: Annotated[str, Path(max_length=64, description="Id of the move.")],
) -> t.Move:
    """Give up a move that nobody has begun with; its reservation is given back."""
    with services.catalog.write(principal) as writer:
        gone = writer.moves.cancel(MoveId(move_id))
        writer.audit.append(principal, "tier.move.cancelled", gone.id, {"asset": gone.asset_id})
        return _move(services, writer, gone)


def _move(services: ServicesDep, reader: CatalogReader, move: m.Move) -> t.Move:
    return t.Move(
        id=move.id,
        asset=move.asset_id,
        plan=move.plan_id,
        name=move.objects[0].key if move.objects else "",
        from_location=reader.locations.by_id(move.from_location).name,
        from_class=move.from_class,
        to_location=reader.locations.by_id(move.to_location).name,
        to_class=move.to_class,
        way=move.method,
        state=move.state.value,
        bytes=move.size,
        bytes_done=services.tiering.progress.get(move.id, 0),
        cost=move.cost,
        currency=move.currency,
        rule=move.rule,
        line=move.rule_line,
        verified=list(dict.fromkeys(item.verified for item in move.objects if item.verified is not None)),
        manifest=move.manifest,
        error=move.error,
        attempts=move.attempts,
        created_at=move.created_at,
        updated_at=move.updated_at,
        finished_at=move.finished_at,
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
