"""Holds and leases: what keeps a master where it is (``rekindle tier hold``, ``lease`` and their like)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from foundation.errors import InputError
from scripts.commands import keeping_hot
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.schemas_tiering import Hold, Lease

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="Id of an asset (`ast_…`).")]


def holds(context: typer.Context, *, as_json: Json = False) -> None:
    """List what is held, why and until when."""
    with connect(settings_of(context)) as client:
        _print_holds(client.projects.holds(), as_json=as_json)


def hold(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="Why; shown to everybody who asks.")],
    *,
    asset: Annotated[str | None, typer.Option(help="Hold this asset.")] = None,
    project: Annotated[str | None, typer.Option(help="Hold all assets of this project.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Ends by itself at the start of this day, UTC."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep an asset, or a whole project, where it is, whatever the rules say.

    rekindle tier hold "litigation 17/2026" --project "The Long Night"
    """
    if (asset is None) is (project is None):
        raise InputError("Name an asset or a project.", remedy="Give --asset or --project.")
    ends = None if until is None else until.replace(tzinfo=UTC)
    with connect(settings_of(context)) as client:
        made = client.projects.hold(reason, asset=asset, project=project, until=ends)
    if as_json:
        print_json(made)
    else:
        note(f"Held: {made.asset or made.project}. End it: rekindle tier release {made.id}")


def release(
    context: typer.Context,
    hold_id: Annotated[
        str, typer.Argument(metavar="HOLD", help="Id of a hold (`hld_…`) or a keep (`kep_…`).")
    ],
    *,
    as_json: Json = False,
) -> None:
    """End a hold; or a keep, whose copies then go where another copy of the master is seen to be sound."""
    with connect(settings_of(context)) as client:
        if hold_id.startswith("kep_"):
            keeping_hot.end_keep(client, hold_id, as_json=as_json)
            return
        ended = client.projects.release(hold_id)
    if as_json:
        print_json(ended)
    else:
        note(f"{ended.asset or ended.project} is no longer held by it.")


def leases(context: typer.Context, *, as_json: Json = False) -> None:
    """List who works with which master, and until when."""
    with connect(settings_of(context)) as client:
        found = client.projects.leases()
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [(item.asset, item.principal, _day(item.until), item.reason) for item in found]
    print_table("", ["asset", "who", "until", "reason"], rows)


def lease(
    context: typer.Context,
    asset: Asset,
    *,
    days: Annotated[float, typer.Option(min=0.01, max=3650, help="For so many days from now.")] = 7.0,
    reason: Annotated[str, typer.Option(help="What for.")] = "",
    as_json: Json = False,
) -> None:
    """Say that you work with a master: it is not moved meanwhile. Saying it again extends it."""
    with connect(settings_of(context)) as client:
        taken = client.projects.lease(asset, until=datetime.now(UTC) + timedelta(days=days), reason=reason)
    if as_json:
        print_json(taken)
    else:
        note(_told(taken))


def unlease(context: typer.Context, asset: Asset, *, as_json: Json = False) -> None:
    """Say that your work with a master is done."""
    with connect(settings_of(context)) as client:
        client.projects.give_back(asset)
    if as_json:
        print_json({"given_back": asset})
    else:
        note(f"{asset} is free to move.")


def _print_holds(found: list[Hold], *, as_json: bool) -> None:
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [(h.id, h.asset or h.project or "", h.reason, h.principal, _day(h.until)) for h in found]
    print_table("", ["hold", "of", "reason", "by", "until"], rows)


def _told(taken: Lease) -> str:
    return f"{taken.asset} stays where it is until {_day(taken.until)} UTC."


def _day(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
