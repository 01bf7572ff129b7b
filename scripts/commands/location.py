"""``rekindle location``: roots that hold masters."""

from typing import Annotated

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.targets import absolute
from scripts.terminal import note, print_json, print_table
from search_api.schemas_work import Location


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("add")(add)
    group.command("list")(show)
    group.command("remove")(remove)


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A short name for it.")],
    uri: Annotated[str, typer.Argument(help="A folder, `vault:/folder` or `s3://bucket/prefix`.")],
    *,
    as_json: Json = False,
) -> None:
    """Register a folder, a NAS mount, a folder vault or a bucket.

    Nothing is written into it but by moves that you agree to (`rekindle tier apply`).

    rekindle location add rushes ~/Footage/rushes
    rekindle location add masters s3://bucket/prefix
    rekindle location add vault vault:/mnt/cold
    """
    with connect(settings_of(context)) as client:
        location = client.add_location(absolute(uri), name=name)
    if as_json:
        print_json(location)
    else:
        note(f"{location.name}: {location.uri}. Now: rekindle index {location.name}")


def show(context: typer.Context, *, as_json: Json = False) -> None:
    """List what is registered, in which S3 stores it lies, and whether reading it is billed as egress.

    Buckets in several stores: `rekindle.toml` in the home has a table `s3.locations.NAME` for each that
    differs from `s3`, with its `endpoint_url`, `profile`, `price_table`, `count_egress` and others.

    rekindle location list --json
    """
    settings = settings_of(context)
    with connect(settings) as client:
        locations = client.locations()
    if as_json:
        print_json([location.model_dump(mode="json") for location in locations])
    else:
        rows = [(item.name, item.kind, item.uri, item.endpoint or "", _egress(item)) for item in locations]
        print_table("", ["name", "kind", "address", "store", "egress"], rows)
    for name in settings.s3.unmatched(item.name for item in locations if item.kind == "s3"):
        note(f"Warning: there are S3 settings for {name!r}, and no bucket of that name is registered.")


def _egress(location: Location) -> str:
    return "billed" if location.counts_egress else ""


def remove(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the location.")],
    *,
    as_json: Json = False,
) -> None:
    """Forget a location. Its assets become unavailable; proxies and what is known of them stay."""
    with connect(settings_of(context)) as client:
        client.remove_location(name)
    if as_json:
        print_json({"removed": name})
    else:
        note(f"{name} is forgotten; its masters were not touched.")
