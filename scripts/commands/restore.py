"""``rekindle restore``: cold masters on demand."""

import time
from typing import Annotated

import typer

from scripts.commands.restore_money import fill_money
from scripts.commands.restore_options import Budget, By, Project, RestoreId, moment_of
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import duration_text, money_text, note, print_json, print_table, size_text
from search_api.client import Client
from search_api.schemas_restores import NewChange, NewRestore, Restore

RUNNING = frozenset({"requested", "needs approval", "approved", "requesting", "in progress", "restored"})
Assets = Annotated[
    list[str], typer.Argument(help="Ids of assets (`ast_…`), as search shows them with --json.")
]
Tier = Annotated[str | None, typer.Option("--retrieval-tier", help="`bulk`, `standard` or `expedited`.")]
QuoteOnly = Annotated[bool, typer.Option("--quote", help="Say what it costs; change nothing.")]
AskApproval = Annotated[
    bool, typer.Option("--ask-approval", help="Where the sum or a budget needs an approver, ask one.")
]
Days = Annotated[int | None, typer.Option(min=1, max=365, help="Days the restored copy is kept.")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("quote")(quote)
    group.command("request")(request)
    group.command("status")(status)
    group.command("cancel")(cancel)
    group.command("extend")(extend)
    group.command("upgrade")(upgrade)
    fill_money(group)


def quote(
    context: typer.Context,
    assets: Assets,
    *,
    retrieval_tier: Tier = None,
    days: Days = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say what bringing masters back costs and how long it takes. Nothing is spent.

    rekindle restore quote ast_01K9X2V7QJ8M4T6W0N3B5C7D9F --retrieval-tier bulk
    """
    with connect(settings_of(context)) as client:
        answer = client.quote(assets, retrieval_tier=retrieval_tier, days=days, deadline=moment_of(by))
    if as_json:
        print_json(answer)
        return
    print_table(
        answer.id,
        ["masters", "size", "retrieval tier", "ready in", "kept", "cost", "holds until"],
        [
            (
                str(answer.objects), size_text(answer.size), answer.retrieval_tier,
                duration_text(answer.eta_seconds), f"{answer.days} days",
                money_text(answer.cost, answer.currency), f"{answer.expires_at:%Y-%m-%d %H:%M}",
            )
        ],
    )  # fmt: skip
    for line in answer.lines:
        if line["kind"] == "unasked":
            note(f"Not asked whether it sleeps: {line['uri']}: {line['reason']}")
    note(f"Agree to it: rekindle restore request {answer.id}")


def request(
    context: typer.Context,
    quote_id: Annotated[str, typer.Argument(metavar="QUOTE", help="Id of a quote (`quo_…`).")],
    *,
    budget: Budget = None,
    project: Project = "prj_default",
    by: By = None,
    ask_approval: AskApproval = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the masters are back and verified.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Agree to a quote and ask for the masters. Asking twice restores once.

    rekindle restore request quo_01K9X2V7QJ8M4T6W0N3B5C7D9F --wait
    """
    settings = settings_of(context)
    with connect(settings) as client:
        agreed = NewRestore(
            quote=quote_id,
            budget_usd=budget,
            project=project,
            deadline=moment_of(by),
            ask_approval=ask_approval,
        )
        started = client.agree(agreed)
        ended = [_wait(client, item, settings.tiering.poll_seconds) for item in started] if wait else started
    _print(ended, as_json=as_json)


def status(
    context: typer.Context,
    restore_id: Annotated[
        str | None, typer.Argument(metavar="[RESTORE]", help="One restore; all if left out.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show how far restores are."""
    with connect(settings_of(context)) as client:
        found = [client.restore(restore_id)] if restore_id else client.restores()
    _print(found, as_json=as_json)


def cancel(
    context: typer.Context,
    restore_id: Annotated[str, typer.Argument(metavar="RESTORE", help="Id of a restore (`rst_…`).")],
    *,
    as_json: Json = False,
) -> None:
    """Wait no longer; the last one who does gets the money back where the store has not begun."""
    with connect(settings_of(context)) as client:
        _print([client.cancel_restore(restore_id)], as_json=as_json)


def extend(
    context: typer.Context,
    restore_id: RestoreId,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days from now, or from its arrival.")],
    *,
    budget: Budget = None,
    project: Project = "prj_default",
    quote_only: QuoteOnly = False,
    ask_approval: AskApproval = False,
    as_json: Json = False,
) -> None:
    """Keep a restored copy longer.

    rekindle restore extend rst_01K9X2V7QJ8M4T6W0N3B5C7D9F --days 10 --quote
    """
    wanted = NewChange(
        days=days, budget_usd=budget, project=project, only_quote=quote_only, ask_approval=ask_approval
    )
    _change(context, restore_id, wanted, as_json=as_json)


def upgrade(
    context: typer.Context,
    restore_id: RestoreId,
    retrieval_tier: Annotated[str, typer.Option("--retrieval-tier", help="`standard` or `expedited`.")],
    *,
    budget: Budget = None,
    project: Project = "prj_default",
    quote_only: QuoteOnly = False,
    ask_approval: AskApproval = False,
    as_json: Json = False,
) -> None:
    """Make a restore that runs faster, as far as the store has capacity for it.

    rekindle restore upgrade rst_01K9X2V7QJ8M4T6W0N3B5C7D9F --retrieval-tier expedited
    """
    wanted = NewChange(
        retrieval_tier=retrieval_tier,
        budget_usd=budget,
        project=project,
        only_quote=quote_only,
        ask_approval=ask_approval,
    )
    _change(context, restore_id, wanted, as_json=as_json)


def _change(context: typer.Context, restore_id: str, wanted: NewChange, *, as_json: bool) -> None:
    with connect(settings_of(context)) as client:
        changed = client.change_restore(restore_id, wanted)
    if as_json:
        print_json(changed)
        return
    is_done = changed.approval is None and not wanted.only_quote
    note(f"It {'costs' if is_done else 'would cost'} {money_text(changed.cost, changed.currency)}.")
    if changed.approval is not None:
        note(f"Nothing changes until an approver decides ({changed.approval.id}): {changed.approval.reason}")
    _print([changed.restore], as_json=False)


def _wait(client: Client, restore: Restore, longest_pause: float) -> Restore:
    pause = 0.25
    while restore.status in RUNNING:
        time.sleep(pause)
        pause = min(pause * 1.5, longest_pause)
        restore = client.restore(restore.id)
    return restore


def _print(restores: list[Restore], *, as_json: bool) -> None:
    if as_json:
        print_json([item.model_dump(mode="json") for item in restores])
        return
    rows = [
        (
            item.id,
            item.status,
            item.uri,
            money_text(item.cost, item.currency),
            item.verified or item.error or "–",
        )
        for item in restores
    ]
    print_table("", ["restore", "state", "master", "cost", "verified"], rows)
