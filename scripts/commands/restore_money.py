"""``rekindle restore approvals, approve, decline, budgets, budget``: who decides on money."""

from typing import Annotated, Literal

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import money_text, print_json, print_table
from search_api.schemas_restores import Approval, BudgetList, NewBudget, NewDecision

ApprovalId = Annotated[str, typer.Argument(metavar="APPROVAL", help="Id of a request (`apr_…`).")]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="A sentence for whoever asked.")]
Scope = Literal["month", "user", "project"]


def fill_money(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("approvals")(approvals)
    group.command("approve")(approve)
    group.command("decline")(decline)
    group.command("budgets")(budgets)
    group.command("budget")(budget)


def approvals(
    context: typer.Context,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List what waits for an approver."""
    with connect(settings_of(context)) as client:
        _print(client.money.approvals(None if everything else "open"), as_json=as_json)


def approve(
    context: typer.Context,
    approval_id: ApprovalId,
    *,
    note: Note = None,
    raise_budgets: Annotated[
        bool, typer.Option("--raise-budgets", help="Raise a budget by what is missing, for this month.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let restores begin, or change, that wait for an approver.

    rekindle restore approve apr_01K9X2V7QJ8M4T6W0N3B5C7D9F --raise-budgets
    """
    with connect(settings_of(context)) as client:
        decided = client.money.approve(approval_id, NewDecision(note=note, raise_budgets=raise_budgets))
    _print([decided], as_json=as_json)


def decline(
    context: typer.Context, approval_id: ApprovalId, *, note: Note = None, as_json: Json = False
) -> None:
    """Say no to what waits for an approver; a restore that was to change stays as it is."""
    with connect(settings_of(context)) as client:
        _print([client.money.decline(approval_id, NewDecision(note=note))], as_json=as_json)


def budgets(context: typer.Context, *, as_json: Json = False) -> None:
    """Show this month's budgets, and what is reserved of them."""
    with connect(settings_of(context)) as client:
        _print_budgets(client.money.budgets(), as_json=as_json)


def budget(
    context: typer.Context,
    scope: Annotated[Scope, typer.Argument(help="What the budget is for.")],
    cap: Annotated[str, typer.Argument(metavar="USD|none", help="The cap; `none` lets the settings hold.")],
    *,
    subject: Annotated[
        str, typer.Option("--of", metavar="ID", help="The user (`prn_…`) or project (`prj_…`).")
    ] = "",
    month: Annotated[
        str, typer.Option(metavar="YYYY-MM", help="Month it is for; every month if left out.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Set a budget of the month, a user or a project.

    rekindle restore budget user 50 --of prn_ada
    """
    with connect(settings_of(context)) as client:
        if cap == "none":
            found = client.money.clear_budget(scope, subject, month)
        else:
            wanted = NewBudget(scope=scope, subject=subject, cap_usd=cap, month=month)
            found = client.money.set_budget(wanted)
    _print_budgets(found, as_json=as_json)


def _print(found: list[Approval], *, as_json: bool) -> None:
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [
        (item.id, item.state, item.principal, money_text(item.cost, item.currency), item.note or item.reason)
        for item in found
    ]
    print_table("", ["approval", "state", "asked by", "cost", "why"], rows)


def _print_budgets(found: BudgetList, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (item.scope, item.subject, money_text(item.cap), money_text(item.reserved), item.set_by or "settings")
        for item in found.budgets
    ]
    print_table(found.month, ["budget of", "who", "cap", "reserved", "set by"], rows)
