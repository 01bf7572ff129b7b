"""``rekindle audit``: who did what."""

import json
from typing import Annotated

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table


def audit(
    context: typer.Context,
    *,
    principal: Annotated[
        str | None, typer.Option(metavar="WHO", help="What they did (`prn_ada`); approvers see everybody's.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(help="An action (`restore.request`), or all that begin so (`restore`).")
    ] = None,
    asset: Annotated[
        str | None, typer.Option(metavar="ASSET", help="What was done with an asset (`ast_…`) or its copies.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most entries to show.")] = 50,
    as_json: Json = False,
) -> None:
    """Show who did what, newest first: restores, moves, budgets, people, findings.

    ```console
    rekindle audit --action restore --limit 20
    rekindle audit --asset ast_01K9X2V7QJ8M4T6W0N3B5C7D9F --json
    ```

    Entries are never changed or deleted; `rekindle check` verifies their chain of digests.
    """
    with connect(settings_of(context)) as client:
        found = list(client.audit.entries(principal=principal, action=action, asset=asset, most=limit))
    if as_json:
        print_json({"entries": [entry.model_dump(mode="json") for entry in found]})
        return
    if not found:
        note("There is no such entry.")
        return
    rows = [
        (
            str(entry.seq),
            f"{entry.at:%Y-%m-%d %H:%M:%S}",
            entry.principal,
            entry.action,
            entry.subject,
            json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
        )
        for entry in found
    ]
    print_table("", ["no.", "at (UTC)", "who", "action", "what", "more"], rows)
