"""Who decides on money: requests that need an approver, and budgets."""

from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Path, Query

from archive_tiering.prices.budgets import all_caps
from archive_tiering.restores.approvals import Decision
from catalog import model as m
from foundation.ids import ApprovalId, PrincipalId
from search_api import schemas_restores as r
from search_api.bootstrap import Services
from search_api.problems import documented
from search_api.routes.deps import PrincipalDep, ServicesDep
from search_api.services.money import budget_of
from search_api.services.restore_wire import approval_wire

router = APIRouter(prefix="/v1", tags=["approvals"], responses=documented(401, 403, 404, 422))
ApprovalPath = Annotated[str, Path(max_length=64, description="Id of the request (`apr_…`).")]
Scope = Literal["month", "user", "project"]


@router.get("/approvals", operation_id="approvals")
def approvals(
    services: ServicesDep,
    state: Annotated[
        Literal["open", "approved", "declined", "withdrawn"] | None, Query(description="In this state only.")
    ] = None,
) -> r.ApprovalList:
    """Requests that need or needed an approver, newest first."""
    with services.catalog.read() as reader:
        found = reader.approvals.find(state=None if state is None else m.ApprovalState(state))
    return r.ApprovalList(approvals=[approval_wire(approval) for approval in found])


@router.post("/approvals/{approval_id}/approve", operation_id="approve", responses=documented(402, 409))
def approve(
    services: ServicesDep,
    principal: PrincipalDep,
    approval_id: ApprovalPath,
    body: r.NewDecision,
    afterwards: BackgroundTasks,
) -> r.Approval:
    """Reserve the money, and let the restores begin or change, or the part be read.

    No budget is passed, unless it is raised with it.
    """
    decision = _decision(services, principal, body)
    approved, _ = services.restorer.approve(ApprovalId(approval_id), decision)
    with services.catalog.read() as reader:
        is_part = reader.restores.quote(approved.quote_id).is_part
    if is_part:
        afterwards.add_task(services.parts.fetch_approved, approved)
    return approval_wire(approved)


@router.post("/approvals/{approval_id}/decline", operation_id="decline", responses=documented(409))
def decline(
    services: ServicesDep, principal: PrincipalDep, approval_id: ApprovalPath, body: r.NewDecision
) -> r.Approval:
    """Say no: what nobody else waits for is cancelled."""
    decision = _decision(services, principal, body)
    return approval_wire(services.restorer.approvals.decline(ApprovalId(approval_id), decision))


@router.get("/budgets", operation_id="budgets")
def budgets(services: ServicesDep) -> r.BudgetList:
    """Budgets of this month, and what is reserved of them."""
    with services.catalog.read() as reader:
        month = f"{reader.now:%Y-%m}"
        found = [
            r.Budget(
                scope=cap.scope.value,
                subject=cap.subject,
                cap=cap.amount,
                reserved=reader.spending.reserved(cap.scope, cap.subject, month),
                set_by=None if chosen is None else chosen.principal,
            )
            for cap, chosen in all_caps(reader, services.settings.tiering, month)
        ]
    return r.BudgetList(month=month, budgets=found)


@router.post("/budgets", operation_id="set_budget")
def set_budget(services: ServicesDep, principal: PrincipalDep, body: r.NewBudget) -> r.BudgetList:
    """Set the cap of a month, a user or a project, for one month or all."""
    services.restorer.approvals.demand_approver(principal)
    amount = budget_of(body.cap_usd)
    if amount is not None:
        cap = m.Cap(m.BudgetScope(body.scope), body.subject, amount)
        with services.catalog.write(principal) as writer:
            writer.spending.set_cap(cap, body.month)
            facts = {"cap": str(amount), "month": body.month}
            writer.audit.append(
                principal, "restore.budget.set", f"{body.scope} {body.subject}".strip(), facts
            )
    return budgets(services)


@router.delete("/budgets", operation_id="clear_budget")
def clear_budget(
    services: ServicesDep,
    principal: PrincipalDep,
    scope: Annotated[Scope, Query(description="What it is for.")],
    subject: Annotated[str, Query(max_length=30, description="The user's or project's id.")] = "",
    month: Annotated[str, Query(pattern=r"^(\d{4}-\d{2})?$", description="Month it is for.")] = "",
) -> r.BudgetList:
    """Let the settings hold again."""
    services.restorer.approvals.demand_approver(principal)
    with services.catalog.write(principal) as writer:
        writer.spending.clear_cap(m.BudgetScope(scope), subject, month)
        writer.audit.append(principal, "restore.budget.clear", f"{scope} {subject}".strip(), {"month": month})
    return budgets(services)


def _decision(services: Services, principal: PrincipalId, body: r.NewDecision) -> Decision:
    with services.catalog.read() as reader:
        return Decision(principal, reader.now, body.note, body.raise_budgets)
