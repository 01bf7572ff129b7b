"""``rekindle duplicates``: assets that show the same pictures."""

from typing import Annotated

import typer

from scripts.crew import crew
from scripts.following import follow_run
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.schemas import Range
from search_api.schemas_links import Duplicates

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="Id of an asset.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="Id of the asset it is linked to.")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("find")(find)
    group.command("list")(show_all)
    group.command("show")(show)
    group.command("confirm")(confirm)
    group.command("reject")(reject)
    group.command("reconsider")(reconsider)


def find(
    context: typer.Context,
    *,
    again: Annotated[
        bool, typer.Option("--again", help="Compare everything anew, not only what is new.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare new footage with the archive. `rekindle index` does this by itself when it ends.

    rekindle duplicates find --again
    """
    settings = settings_of(context)
    with connect(settings) as client, crew(settings) as workers:
        run = follow_run(client, client.duplicates.find(again=again), workers, draw=not as_json)
    if as_json:
        print_json(run)
    else:
        note(f"{run.state}; `rekindle duplicates list` shows what is linked.")


def show_all(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most links to show.")] = 100,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before.")] = None,
    as_json: Json = False,
) -> None:
    """List which assets show the same pictures."""
    with connect(settings_of(context)) as client:
        page = client.duplicates.pairs(limit=limit, cursor=cursor)
    if as_json:
        print_json(page)
        return
    rows = [
        (pair.first.name, pair.relation, pair.second.name, f"{pair.score:.3f}", pair.decision or "")
        for pair in page.pairs
    ]
    print_table("", ["asset", "is", "other", "likeness", "said"], rows)
    if page.next_cursor is not None:
        note(f"More: --cursor {page.next_cursor}")


def show(context: typer.Context, asset: Asset, *, as_json: Json = False) -> None:
    """Show what an asset shares with others, where, and which copy is the best master.

    rekindle duplicates show ast_01K9X2V7QJ8M4T6W0N3B5C7D9F
    """
    with connect(settings_of(context)) as client:
        found = client.duplicates.of(asset)
    _print(found, as_json=as_json)


def confirm(context: typer.Context, asset: Asset, other: Other, *, as_json: Json = False) -> None:
    """Say that two assets do show the same; the link stays whatever a later comparison finds."""
    _decide(context, (asset, other), "confirmed", as_json=as_json)


def reject(context: typer.Context, asset: Asset, other: Other, *, as_json: Json = False) -> None:
    """Say that two assets do not show the same; they are never linked again."""
    _decide(context, (asset, other), "rejected", as_json=as_json)


def reconsider(context: typer.Context, asset: Asset, other: Other, *, as_json: Json = False) -> None:
    """Take back what was said of a link."""
    _decide(context, (asset, other), None, as_json=as_json)


def _decide(context: typer.Context, ends: tuple[str, str], decision: str | None, *, as_json: bool) -> None:
    with connect(settings_of(context)) as client:
        found = client.duplicates.decide(*ends, decision)
    _print(found, as_json=as_json)


def _print(found: Duplicates, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (
            link.relation,
            link.asset.name,
            ", ".join(f"{_span(item.here)} = {_span(item.there)}" for item in link.ranges),
            f"{link.score:.3f}",
            link.decision or "",
        )
        for link in found.links
    ]
    print_table(found.asset.name, ["is", "other", "where", "likeness", "said"], rows)
    if found.links:
        reasons = f" ({'; '.join(found.best.reasons)})" if found.best.reasons else ""
        note(f"Best master: {found.best.asset.name}{reasons}.")


def _span(where: Range) -> str:
    return "whole" if where.start is None else f"{where.start:.1f}–{where.end or 0.0:.1f} s"
