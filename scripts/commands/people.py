"""``rekindle people``: names for faces."""

from typing import Annotated

import typer

from foundation.errors import PersonNotFound
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas_work import Person


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("list")(show)
    group.command("unnamed")(unnamed)
    group.command("name")(name_faces)
    group.command("forget")(forget)


def show(context: typer.Context, *, as_json: Json = False) -> None:
    """List everybody with a name."""
    with connect(settings_of(context)) as client:
        people = client.people()
    if as_json:
        print_json([person.model_dump(mode="json") for person in people])
    else:
        print_table("", ["name", "faces", "id"], [(item.name, str(item.faces), item.id) for item in people])


def unnamed(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most faces to show.")] = 50,
    as_json: Json = False,
) -> None:
    """List faces that nobody has named yet, clearest first."""
    with connect(settings_of(context)) as client:
        faces = client.unnamed_faces(limit=limit)
    if as_json:
        print_json([face.model_dump(mode="json") for face in faces])
        return
    rows = [(face.asset, str(face.ordinal), face.timecode or "–", f"{face.quality:.2f}") for face in faces]
    print_table("", ["asset", "face", "seen at", "quality"], rows)


def name_faces(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who it is.")],
    asset: Annotated[str, typer.Argument(help="Id of the asset.")],
    faces: Annotated[
        list[int], typer.Argument(help="Ordinals of the faces, as `people unnamed` shows them.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Say whose face it is; the person is added when new.

    rekindle people name "Ada Lovelace" ast_01K9X2V7QJ8M4T6W0N3B5C7D9F 0 3
    """
    with connect(settings_of(context)) as client:
        person = _find(client, name) or client.add_person(name)
        named = client.name_faces(person.id, asset, faces)
    if as_json:
        print_json(named)
    else:
        note(f"{named.name}: {named.faces} faces.")


def forget(
    context: typer.Context, name: Annotated[str, typer.Argument(help="Who.")], *, as_json: Json = False
) -> None:
    """Forget a person; the faces become nameless."""
    with connect(settings_of(context)) as client:
        person = _find(client, name)
        if person is None:
            raise PersonNotFound(f"Nobody is called {name!r}.")
        client.remove_person(person.id)
    if as_json:
        print_json({"forgotten": person.id})
    else:
        note(f"{person.name} is forgotten.")


def _find(client: Client, name: str) -> Person | None:
    return next((item for item in client.people() if item.name.casefold() == name.casefold()), None)
