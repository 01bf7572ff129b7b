"""Rights of assets (``rekindle asset rights``, ``grant`` and ``revoke``)."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from scripts.checked import checked
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.schemas_knowledge import NewRight, RightKind, RightsList

Assets = Annotated[list[str], typer.Argument(metavar="ASSETS…", help="Ids of assets (`ast_…`).")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("rights")(rights)
    group.command("grant")(grant)
    group.command("revoke")(revoke)


def rights(context: typer.Context, assets: Assets, *, as_json: Json = False) -> None:
    """List who may show assets, where, in which media, from when until when."""
    with connect(settings_of(context)) as client:
        found = {asset: client.knowledge.rights(asset) for asset in assets}
    _print(found, as_json=as_json)


def grant(
    context: typer.Context,
    assets: Assets,
    *,
    kind: Annotated[RightKind, typer.Option(help="What it rests on: `owned`, `licensed`, `public domain`.")],
    who: Annotated[str, typer.Option(help="Who may show it.")] = "",
    territory: Annotated[str, typer.Option(help="Where.")] = "",
    media: Annotated[str, typer.Option(help="In which media.")] = "",
    begins: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="From the start of this day, UTC.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Ends by itself at the start of this day, UTC."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a right to those assets have. Lifecycle rules ask for it with `rights: active`.

    ```console
    rekindle asset grant ast_01K9X2V7QJ8M4T6W0N3B5C7D9F --kind licensed --who "North Film" --until 2028-01-01
    ```
    """
    bounds = {
        "valid_from": None if begins is None else begins.replace(tzinfo=UTC),
        "valid_until": None if until is None else until.replace(tzinfo=UTC),
    }
    given = {"kind": kind, "who": who, "territory": territory, "media": media}
    added = checked(NewRight, {**given, **bounds})
    with connect(settings_of(context)) as client:
        found = {asset: client.knowledge.add_right(asset, added) for asset in assets}
    _print(found, as_json=as_json)


def revoke(context: typer.Context, assets: Assets, *, as_json: Json = False) -> None:
    """Take all rights of assets away."""
    with connect(settings_of(context)) as client:
        found = {asset: client.knowledge.set_rights(asset, []) for asset in assets}
    if as_json or any(each.rights for each in found.values()):
        _print(found, as_json=as_json)
    else:
        note(f"{len(found)} assets have no rights on record.")


def _print(found: dict[str, RightsList], *, as_json: bool) -> None:
    if as_json:
        print_json([{"asset": asset, **each.model_dump(mode="json")} for asset, each in found.items()])
        return
    rows = [
        (asset, right.kind, right.who, right.territory, right.media, _day(right.valid_from),
         _day(right.valid_until), "active" if right.active else "not in force")
        for asset, each in found.items()
        for right in each.rights
    ]  # fmt: skip
    print_table("", ["asset", "kind", "who", "territory", "media", "from", "until", ""], rows)


def _day(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
