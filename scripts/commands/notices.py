"""``rekindle notices``: what you were told."""

from typing import Annotated

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table


def notices(
    context: typer.Context,
    *,
    after: Annotated[
        int | None, typer.Option(min=0, metavar="SEQ", help="What came behind this one, from the oldest on.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most notices to show.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the newest of what you were told: restores, requests for approval, fixity.

    ```console
    rekindle notices
    rekindle notices --after 41 --json
    ```

    Each is told once to whoever it concerns; webhooks and mail carry the same.
    """
    with connect(settings_of(context)) as client:
        found = client.money.notices(after=after or 0, limit=limit, newest=after is None)
    if as_json:
        print_json(found)
        return
    rows = [(str(item.seq), f"{item.at:%Y-%m-%d %H:%M}", item.event, item.about) for item in found.notices]
    print_table("", ["seq", "at", "event", "of"], rows)
    if found.notices:
        note(f"Only what comes after these: --after {found.last}")
