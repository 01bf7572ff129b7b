"""``rekindle tier apply`` and ``status``: the moves, and how far they are."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from foundation.errors import EXIT_INCOMPLETE, EXIT_INTERRUPTED
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import err, money_text, note, print_json, print_table, size_text
from search_api.client import Client
from search_api.schemas_tiering import Applied, Move, TierStatus

if TYPE_CHECKING:
    from rich.progress import Progress

_PAUSE_SECONDS = 0.3
_MOVING = ("verifying", "copying", "verifying copy", "switching", "deleting source")


def apply(
    context: typer.Context,
    plan_id: Annotated[
        str, typer.Argument(metavar="[PLAN]", help="Id of a plan (`pln_…`); the newest if left out.")
    ] = "latest",
    *,
    budget: Annotated[str | None, typer.Option(metavar="USD", help="Most that it may cost.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the moves have ended.")] = True,
    as_json: Json = False,
) -> None:
    """Move exactly what a plan says, as far as it is still so. Sources are deleted last.

    Ctrl-C leaves everything sound: what is under way goes on with the next `rekindle up`, `serve` or
    `tier apply`. Exits with 3 when a move failed.

    ```console
    rekindle tier plan
    rekindle tier apply --budget 5
    ```
    """
    with connect(settings_of(context), moves=True) as client:
        begun = client.tiering.apply(plan_id, budget_usd=budget)
        try:
            status = _follow(client, begun, draw=not as_json) if wait else client.tiering.status(begun.plan)
        except KeyboardInterrupt:
            note("\nStopped; nothing is lost. The next `rekindle tier apply` or `rekindle up` goes on.")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        failed = client.tiering.moves(plan=begun.plan, states=["failed"])
    if as_json:
        facts = {"applied": begun, "status": status}
        print_json({name: value.model_dump(mode="json") for name, value in facts.items()})
    else:
        _tell(begun, status, failed)
    if failed:
        raise typer.Exit(EXIT_INCOMPLETE)


def status(
    context: typer.Context,
    plan_id: Annotated[
        str | None, typer.Argument(metavar="[PLAN]", help="Moves of one plan; all if left out.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show how far moves are, and what they have cost this month."""
    with connect(settings_of(context)) as client:
        found = client.tiering.status(plan_id)
        moves = client.tiering.moves(plan=plan_id, limit=50)
    if as_json:
        listed = [move.model_dump(mode="json") for move in moves]
        print_json({**found.model_dump(mode="json"), "moves": listed})
        return
    _print_moves(moves)
    note(f"Spent on moves this month: {money_text(found.spent_usd)} of {money_text(found.budget_usd)}.")


def cancel(
    context: typer.Context,
    move_id: Annotated[str, typer.Argument(metavar="MOVE", help="Id of a move (`mov_…`).")],
    *,
    as_json: Json = False,
) -> None:
    """Give up a move that nobody has begun with; its reservation is given back."""
    with connect(settings_of(context)) as client:
        gone = client.tiering.cancel(move_id)
    if as_json:
        print_json(gone)
    else:
        note(f"{gone.name} stays where it is.")


def _follow(client: Client, begun: Applied, *, draw: bool) -> TierStatus:
    """Wait until no move of the plan is due to be worked on any more."""
    from rich.progress import (  # noqa: PLC0415 - drawn only for people
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = [TextColumn("{task.description}"), BarColumn(), DownloadColumn()]
    bar = Progress(
        *columns,
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=err(),
        transient=True,
        disable=not draw,
    )
    with bar:
        return _until_done(client, begun.plan, bar)


def _until_done(client: Client, plan: str, bar: "Progress") -> TierStatus:
    task = bar.add_task("moving", total=None)
    while True:
        found = client.tiering.status(plan)
        active = client.tiering.moves(plan=plan, states=_MOVING, limit=20) if found.unfinished else []
        done = found.bytes_done + sum(_share(move) for move in active)
        doing = active[-1].state if active else "moving"
        bar.update(task, total=found.bytes_total or None, completed=done, description=doing)
        waiting = bool(active) and all(_waits(move) for move in active) and found.unfinished == len(active)
        if not found.unfinished or waiting:
            return found
        time.sleep(_PAUSE_SECONDS)


def _share(move: Move) -> int:
    """Bytes a move under way counts for: a third for each of reading, copying and reading back."""
    step = _MOVING.index(move.state) if move.state in _MOVING else 0
    return min(move.bytes, (min(step, 3) * move.bytes + min(move.bytes_done, move.bytes)) // 3)


def _waits(move: Move) -> bool:
    """It waits for a bucket's own rule, for a restore, or for a withdrawn asset: no try of it has failed."""
    return move.attempts == 0 and move.error is not None


def _tell(begun: Applied, found: TierStatus, failed: list[Move]) -> None:
    if failed:
        _print_moves(failed)
    counted = ", ".join(f"{count.moves} {count.state}" for count in found.counts) or "nothing to move"
    note(
        f"{counted}; {begun.skipped} skipped because they changed or must stay by now. "
        f"{size_text(found.bytes_done)} of {size_text(found.bytes_total)} moved."
    )
    if found.unfinished:
        note("Some moves go on in the background: rekindle tier status")


def _print_moves(moves: list[Move]) -> None:
    rows = [
        (
            m.id, m.state, m.name, f"{m.from_location} {m.from_class} → {m.to_location} {m.to_class}",
            size_text(m.bytes), m.error or "; ".join(m.verified),
        )
        for m in moves
    ]  # fmt: skip
    print_table("", ["move", "state", "name", "from → to", "size", "verified"], rows)
