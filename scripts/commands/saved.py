"""``rekindle saved``: questions that are asked again of everything that arrives."""

from typing import Annotated

import typer

from scripts.commands.search_options import (
    Collapse,
    Colour,
    Duration,
    Kind,
    Location,
    PerAsset,
    Person,
    Signals,
    Speech,
    StorageClass,
    Year,
    question,
)
from scripts.hits import moment_text
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.schemas_saved import SavedSearch

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a saved search.")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("add")(add)
    group.command("list")(show_all)
    group.command("run")(run)
    group.command("matches")(matches)
    group.command("remove")(remove)


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    query: Annotated[str, typer.Argument(help='Plain words; "quoted phrases" are exact.')],
    *,
    per_asset: PerAsset = 3,
    signals: Signals = "",
    location: Location = None,
    storage_class: StorageClass = None,
    year: Year = None,
    duration: Duration = None,
    kind: Kind = None,
    has_speech: Speech = None,
    black_and_white: Colour = None,
    person: Person = None,
    collapse: Collapse = True,
    as_json: Json = False,
) -> None:
    """Keep a search under a name; it is asked of all footage that arrives from now on.

    ```console
    rekindle saved add "Harbours at night" "a harbour at night" --year 1960..1989 --black-and-white
    rekindle saved matches "Harbours at night"
    ```
    """
    request = question(
        query,
        per_asset=per_asset,
        signals=signals,
        location=location,
        storage_class=storage_class,
        year=year,
        duration=duration,
        kind=kind,
        has_speech=has_speech,
        black_and_white=black_and_white,
        person=person,
        collapse=collapse,
    )
    with connect(settings_of(context)) as client:
        saved = client.saved.add(name, request)
    if as_json:
        print_json(saved)
    else:
        note(f"{saved.name} is kept; `rekindle saved matches` shows what arrives.")


def show_all(context: typer.Context, *, as_json: Json = False) -> None:
    """List saved searches, how much new footage waits for them, and how much they found."""
    with connect(settings_of(context)) as client:
        found = client.saved.all()
    if as_json:
        print_json([saved.model_dump(mode="json", by_alias=True) for saved in found])
        return
    rows = [(saved.name, saved.query.q, str(saved.waiting), str(saved.matches)) for saved in found]
    print_table("", ["name", "query", "waiting", "matches"], rows)


def run(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Ask it of new footage now; a running `rekindle up` or `serve` does that by itself."""
    with connect(settings_of(context)) as client:
        saved = client.saved.run(name)
    if as_json:
        print_json(saved)
    else:
        note(_told(saved))


def matches(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One saved search; all if left out.")
    ] = None,
    *,
    cursor: Annotated[str | None, typer.Option(help="`next_cursor` of the page before: only newer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most matches to show.")] = 100,
    as_json: Json = False,
) -> None:
    """Show what saved searches found in new footage, oldest first; every moment comes once."""
    with connect(settings_of(context)) as client:
        feed = client.saved.matches(name, cursor=cursor, limit=limit)
    if as_json:
        print_json(feed)
        return
    rows = [
        (
            f"{item.found_at:%Y-%m-%d %H:%M}",
            item.name,
            item.hit.asset.name,
            moment_text(item.hit).plain,
            "; ".join(match.why for match in item.hit.matched),
        )
        for item in feed.matches
    ]
    print_table("", ["found", "saved search", "asset", "moment", "why"], rows)
    if feed.next_cursor is not None:
        note(f"Only what comes after these: --cursor {feed.next_cursor}")


def remove(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Forget a saved search and what it found."""
    with connect(settings_of(context)) as client:
        client.saved.remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        note(f"{name} is forgotten.")


def _told(saved: SavedSearch) -> str:
    waiting = f", {saved.waiting} new assets wait to become searchable" if saved.waiting else ""
    return f"{saved.name}: {saved.matches} matches{waiting}."
