"""``rekindle basket``: masters that are meant to come back together."""

from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import InputError
from scripts.commands.found_options import Found, HitLimit, HitsFile, SavedName, SearchText, text_of
from scripts.commands.restore_options import Budget, By, Project, moment_of
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import duration_text, money_text, note, print_json, print_table
from search_api import schemas_baskets as b
from search_api.schemas_timelines import ReadFormat, TimelineText
from search_api.schemas_timelines import moment_of as typed_moment

Name = Annotated[str, typer.Argument(metavar="BASKET", help="Name of a basket of yours.")]
_SPLIT = ("retrieval", "requests", "temporary_copy", "egress")
_READS: dict[str, ReadFormat] = {".edl": "edl", ".otio": "otio"}


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    for name, command in (
        ("add", add), ("list", list_), ("remove", remove), ("clear", clear), ("drop", drop),
        ("quote", quote), ("approve", approve),
    ):  # fmt: skip
        group.command(name)(command)


def add(
    context: typer.Context,
    name: Name,
    moments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[MOMENT]…", help="`ASSET` or `ASSET@IN-OUT`, as search gives them."),
    ] = None,
    *,
    timeline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="All that a timeline uses (.edl, .otio).")
    ] = None,
    search: SearchText = None,
    saved: SavedName = None,
    hits: HitsFile = None,
    limit: HitLimit = 20,
    label: Annotated[str, typer.Option(help="What they are put in for.")] = "",
    as_json: Json = False,
) -> None:
    """Put assets, ranges, hits or a whole timeline into a basket; it is made where there is none.

    ```console
    rekindle basket add trailer ast_01K9X2V7QJ8M4T6W0N3B5C7D9F@120-240 --timeline cut3.edl
    rekindle basket add trailer --search "a harbour at night" --limit 5
    ```
    """
    cut = None if timeline is None else _read(timeline)
    typed = [typed_moment(text) for text in moments or ()]
    with connect(settings_of(context)) as client:
        found = Found(search, saved, hits, limit).moments(client)
        filled = client.baskets.put(name, b.NewItems(moments=typed + found, timeline=cut, label=label))
    if as_json:
        print_json(filled)
        return
    note(f"{filled.added} put into {filled.basket.name!r}, which holds {filled.basket.items}.")
    for missing in filled.unresolved:
        note(f"Not found: {missing}")


def list_(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[BASKET]", help="One basket; all if left out.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show your baskets, or what is in one."""
    with connect(settings_of(context)) as client:
        if name is None:
            _print_baskets(client.baskets.all(), as_json=as_json)
        else:
            _print_items(client.baskets.get(name), as_json=as_json)


def remove(
    context: typer.Context,
    name: Name,
    items: Annotated[list[str], typer.Argument(metavar="ITEM…", help="Ids of items (`bki_…`).")],
    *,
    as_json: Json = False,
) -> None:
    """Take things out of a basket."""
    with connect(settings_of(context)) as client:
        _print_baskets([client.baskets.take(name, items)], as_json=as_json)


def clear(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Empty a basket."""
    with connect(settings_of(context)) as client:
        _print_baskets([client.baskets.take(name)], as_json=as_json)


def drop(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Forget a basket; restores that were agreed to go on."""
    with connect(settings_of(context)) as client:
        client.baskets.remove(name)
    if as_json:
        print_json({"removed": name})


def quote(
    context: typer.Context,
    name: Name,
    *,
    retrieval_tier: Annotated[
        str | None, typer.Option("--retrieval-tier", help="`bulk`, `standard` or `expedited`.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=365, help="Days the restored copies are kept.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Say what a basket costs through every retrieval tier. Nothing is spent.

    rekindle basket quote trailer --by 2026-12-01T08:00
    """
    with connect(settings_of(context)) as client:
        found = client.baskets.quote(name, retrieval_tier=retrieval_tier, days=days, deadline=moment_of(by))
    if as_json:
        print_json(found)
        return
    _print_quote(name, found)


def approve(
    context: typer.Context,
    name: Name,
    quote_id: Annotated[str, typer.Argument(metavar="QUOTE", help="Id of the quote (`quo_…`).")],
    *,
    budget: Budget = None,
    project: Project = "prj_default",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Agree to a basket's quote; where a budget does not suffice, an approver is asked.

    rekindle basket approve trailer quo_01K9X2V7QJ8M4T6W0N3B5C7D9F
    """
    agreed = b.BasketApproval(quote=quote_id, budget_usd=budget, project=project, deadline=moment_of(by))
    with connect(settings_of(context)) as client:
        started = client.baskets.approve(name, agreed)
    if as_json:
        print_json([item.model_dump(mode="json") for item in started])
        return
    rows = [(item.id, item.status, item.uri, money_text(item.cost, item.currency)) for item in started]
    print_table("", ["restore", "state", "master", "cost"], rows)


def _read(path: Path) -> TimelineText:
    form = _READS.get(path.suffix.lower())
    if form is None:
        raise InputError(f"{path} is no timeline that is read here.", remedy="Give an .edl or .otio file.")
    return TimelineText(format=form, text=text_of(path))


def _print_baskets(found: list[b.Basket], *, as_json: bool) -> None:
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [(item.name, str(item.items), f"{item.created_at:%Y-%m-%d %H:%M}") for item in found]
    print_table("", ["basket", "items", "made"], rows)


def _print_items(found: b.BasketDetail, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [(item.id, item.name or item.asset, _range(item), item.label) for item in found.contents]
    print_table(found.name, ["item", "asset", "range", "for"], rows)


def _range(item: b.Item) -> str:
    if item.start is None or item.end is None:
        return "whole"
    return f"{item.start:.2f}–{item.end:.2f} s"


def _print_quote(name: str, found: b.BasketQuote) -> None:
    rows = [
        (
            offer.retrieval_tier, duration_text(offer.eta_seconds), money_text(offer.cost),
            *(money_text(offer.split[part]) for part in _SPLIT),
            {None: "–", True: "yes", False: "no"}[offer.in_time],
        )
        for offer in found.tiers
    ]  # fmt: skip
    columns = ["tier", "ready in", "cost", "retrieval", "requests", "copy", "egress", "in time"]
    print_table(f"{found.quote.objects} objects, {found.gigabytes:.2f} GB", columns, rows)
    chosen = found.quote
    price, ready = money_text(chosen.cost, chosen.currency), duration_text(chosen.eta_seconds)
    note(f"{chosen.id}: {chosen.retrieval_tier}, ready in {ready}, {price}")
    for warm in found.warm:
        until = "" if warm.until is None else f" until {warm.until:%Y-%m-%d %H:%M} UTC"
        note(f"Warm{until}: {warm.uri}")
    for coming in found.coming:
        note(f"On its way: {coming.uri}")
    for item in found.impossible:
        note(f"Cannot come back: {item.name or item.asset}: {item.reason}")
    for unasked in found.unasked:
        note(f"Not asked whether it sleeps: {unasked.uri}: {unasked.reason}")
    if found.in_time is False:
        note("Not all of it can be there in time.")
    note(f"Agree to it: rekindle basket approve {name!r} {chosen.id}")
