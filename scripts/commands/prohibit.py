"""``rekindle people suppress | erase | prohibited | allow``: the do-not-identify list."""

import time
from typing import Annotated

import typer

from scripts.crew import crew
from scripts.following import follow_run
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas_people import Prohibition

Subject = Annotated[str, typer.Argument(help="Name or id of a person, or id of a cluster.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_PAUSE_SECONDS = 0.2
_INDEX_SECONDS = 300.0


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("suppress")(suppress)
    group.command("erase")(erase)
    group.command("prohibited")(prohibited)
    group.command("allow")(allow)


def suppress(context: typer.Context, subject: Subject, *, yes: Yes = False, as_json: Json = False) -> None:
    """Remove somebody, and leave their face alone in all footage to come.

    Name, faces, clusters and vectors go. Templates of the face stay, to know it again and pass over it; they
    serve nothing else. `people erase` keeps none.
    """
    _remove(context, subject, "suppressed", yes=yes, as_json=as_json)


def erase(context: typer.Context, subject: Subject, *, yes: Yes = False, as_json: Json = False) -> None:
    """Remove somebody for good, keeping no biometric data at all.

    Name, faces, clusters and vectors go from catalog, files and index. Where they were seen is kept as asset,
    range and box, so that indexing again does not bring them back there. In new footage the face is one that
    nobody knows.
    """
    _remove(context, subject, "erased", yes=yes, as_json=as_json)


def _remove(context: typer.Context, subject: str, reason: str, *, yes: bool, as_json: bool) -> None:
    if not yes:
        typer.confirm(f"Remove {subject} for good? This cannot be undone.", abort=True, err=True)
    settings = settings_of(context)
    with connect(settings) as client, crew(settings) as workers:
        removal = client.people.prohibit(subject, reason)
        follow_run(client, removal.run, workers, draw=not as_json)
        entry = _settled(client, removal.prohibition.id)
    if as_json:
        print_json(entry)
    elif entry.purged_at is None:
        note(f"{subject} is removed; files follow with the next index run ({entry.id}).")
    else:
        note(f"{subject} is removed: {entry.places} appearances ({entry.id}).")


def _settled(client: Client, entry_id: str) -> Prohibition:
    """The entry, once the vector index is rid of what was removed, or that takes too long to wait for."""
    waited_until = time.monotonic() + _INDEX_SECONDS
    found = client.people.prohibitions()
    while found.index_pending and time.monotonic() < waited_until:
        time.sleep(_PAUSE_SECONDS)
        found = client.people.prohibitions()
    if found.index_pending:
        note("The vector index is still being rebuilt; it goes on whenever Rekindle runs.")
    return next(entry for entry in found.prohibitions if entry.id == entry_id)


def prohibited(context: typer.Context, *, as_json: Json = False) -> None:
    """List the do-not-identify list, newest first. It holds no names."""
    with connect(settings_of(context)) as client:
        found = client.people.prohibitions().prohibitions
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in found])
        return
    rows = [
        (
            entry.id,
            entry.reason,
            str(entry.places),
            "yes" if entry.recognises else "no",
            "done" if entry.purged_at else "under way",
        )
        for entry in found
    ]
    print_table("", ["entry", "reason", "appearances", "template kept", "removal"], rows)


def allow(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(help="Id of the entry, as `people prohibited` shows it.")],
    *,
    as_json: Json = False,
) -> None:
    """Take an entry off the list; the next index run looks for faces again where it applied."""
    with connect(settings_of(context)) as client:
        client.people.allow(entry)
    if as_json:
        print_json({"allowed": entry})
    else:
        note("Taken off the list. Run `rekindle index` to look for faces there again.")
