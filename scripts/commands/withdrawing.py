"""Hiding assets (``rekindle asset withdraw``, ``bring-back`` and ``withdrawn``)."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas import Asset

Assets = Annotated[list[str], typer.Argument(metavar="ASSETS…", help="Ids of assets (`ast_…`).")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("withdraw")(withdraw)
    group.command("bring-back")(bring_back)
    group.command("withdrawn")(withdrawn)


def withdraw(context: typer.Context, assets: Assets, *, as_json: Json = False) -> None:
    """Hide assets from searches, lists and baskets. Nothing is lost: `asset bring-back` shows them again.

    Their masters are neither moved nor deleted, and what is known of them stays.
    """
    with connect(settings_of(context)) as client:
        done = [client.knowledge.withdraw(asset) for asset in assets]
    _print(done, "Withdrawn", as_json=as_json)


def bring_back(context: typer.Context, assets: Assets, *, as_json: Json = False) -> None:
    """Show withdrawn assets again, with all that is known of them."""
    with connect(settings_of(context)) as client:
        done = [client.knowledge.bring_back(asset) for asset in assets]
    _print(done, "Back", as_json=as_json)


def withdrawn(context: typer.Context, *, as_json: Json = False) -> None:
    """List what is withdrawn."""
    with connect(settings_of(context)) as client:
        found = list(_all(client))
    if as_json:
        print_json([asset.model_dump(mode="json") for asset in found])
    else:
        print_table("", ["asset", "location", "name"], [(a.id, a.location, a.name) for a in found])


def _all(client: Client) -> Iterator[Asset]:
    cursor = None
    while True:
        page = client.knowledge.withdrawn(cursor=cursor, limit=200)
        yield from page.assets
        cursor = page.next_cursor
        if cursor is None:
            return


def _print(done: Sequence[Asset], word: str, *, as_json: bool) -> None:
    if as_json:
        print_json([asset.model_dump(mode="json") for asset in done])
        return
    for asset in done:
        note(f"{word}: {asset.name} ({asset.state}).")
