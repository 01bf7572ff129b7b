"""``rekindle demand``: what people asked for and the archive does not have."""

from typing import Annotated

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table


def demand(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most queries to show.")] = 100,
    forget: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Forget this query, with whatever filters.")
    ] = None,
    forget_all: Annotated[bool, typer.Option("--forget-all", help="Forget every query.")] = False,
    as_json: Json = False,
) -> None:
    """Show queries that found nothing good, most often asked first.

    ```console
    rekindle demand
    rekindle demand --forget "zebra in snow"
    ```

    `REKINDLE_DEMAND__KEEP=false` keeps nothing of what people ask.
    """
    with connect(settings_of(context)) as client:
        if forget is not None or forget_all:
            count = client.saved.forget_demand(None if forget_all else forget)
            _tell({"forgotten": count}, f"{count} queries are forgotten.", as_json=as_json)
            return
        found = client.saved.demand(limit=limit)
    if as_json:
        print_json(found)
        return
    rows = [
        (item.text, item.filters, str(item.count), f"{item.first_at:%Y-%m-%d}", f"{item.last_at:%Y-%m-%d}")
        for item in found.demand
    ]
    print_table("", ["query", "filters", "asked", "first", "last"], rows)
    if not found.kept:
        note("Nothing new is kept: REKINDLE_DEMAND__KEEP is false.")


def _tell(facts: dict[str, object], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        note(sentence)
