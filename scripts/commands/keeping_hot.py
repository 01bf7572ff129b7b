"""Keep-hot copies (``rekindle tier keep`` and ``keeps``)."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from foundation.errors import EXIT_INTERRUPTED, InputError
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas_tiering import Keep, KeepList

_PAUSE_SECONDS = 0.3


def keep(
    context: typer.Context,
    location: Annotated[str, typer.Argument(help="Where the copies shall lie: a folder or a bucket.")],
    *,
    asset: Annotated[str | None, typer.Option(help="Keep this asset hot.")] = None,
    project: Annotated[str | None, typer.Option(help="Keep all assets of this project hot.")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Ends by itself at the start of this day, UTC."),
    ] = None,
    reason: Annotated[str, typer.Option(help="What for.")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the copies are made.")] = True,
    as_json: Json = False,
) -> None:
    """Keep a verified copy of masters where they can be read at once; the masters stay where they are.

    What sleeps is copied once somebody brings it back. End it with `rekindle tier release`.

    ```console
    rekindle tier keep ssd --project "The Long Night" --until 2027-06-01
    ```
    """
    if (asset is None) is (project is None):
        raise InputError("Name an asset or a project.", remedy="Give --asset or --project.")
    ends = None if until is None else until.replace(tzinfo=UTC)
    with connect(settings_of(context)) as client:
        made = client.projects.keep_hot(location, asset=asset, project=project, until=ends, reason=reason)
        if wait:
            made = _copied(client, made)
    if as_json:
        print_json(made)
    else:
        note(f"{_told(made)} End it: rekindle tier release {made.id}")


def keeps(context: typer.Context, *, as_json: Json = False) -> None:
    """List what is kept hot, where, until when, and how far the copies are."""
    with connect(settings_of(context)) as client:
        found = client.projects.keeps()
    if as_json:
        print_json(found)
        return
    rows = [
        (k.id, k.asset or k.project or "", k.location, f"{k.hot} of {k.assets}", str(k.copying),
         str(k.asleep), "–" if k.until is None else f"{k.until:%Y-%m-%d %H:%M}")
        for k in found.keeps
    ]  # fmt: skip
    print_table("", ["keep", "of", "in", "hot", "copying", "asleep", "until"], rows)
    _tell_leaving(found)


def end_keep(client: Client, keep_id: str, *, as_json: bool) -> None:
    """End a keep, and stay until its copies have gone or were found to have to stay."""
    ended = client.projects.release_keep(keep_id)
    found = client.projects.keeps()
    while found.leaving and not found.staying:
        time.sleep(_PAUSE_SECONDS)
        found = client.projects.keeps()
    if as_json:
        print_json(ended)
        return
    note(f"{ended.asset or ended.project} is no longer kept hot by it.")
    _tell_leaving(found)


def _copied(client: Client, made: Keep) -> Keep:
    try:
        while made.copying:
            time.sleep(_PAUSE_SECONDS)
            made = next((each for each in client.projects.keeps().keeps if each.id == made.id), made)
    except KeyboardInterrupt:
        note("\nStopped; nothing is lost. `rekindle up` goes on with it.")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    return made


def _told(made: Keep) -> str:
    waits = f", {made.asleep} asleep: bring them back with `rekindle restore`" if made.asleep else ""
    return f"{made.hot} of {made.assets} hot in {made.location}{waits}."


def _tell_leaving(found: KeepList) -> None:
    if found.leaving:
        note(f"{found.leaving} copies are kept by nothing and have yet to go. {' '.join(found.staying)}")
