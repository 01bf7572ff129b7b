"""``rekindle people``: names for faces."""

from typing import Annotated

import typer

from foundation.errors import BadQuery, PersonNotFound
from foundation.ids import is_id
from scripts.commands import prohibit
from scripts.crew import crew
from scripts.following import follow_run
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas import Face
from search_api.schemas_people import Person

Who = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the person.")]
AssetId = Annotated[str, typer.Argument(metavar="ASSET", help="Id of the asset.")]
Ordinals = Annotated[
    list[int], typer.Argument(metavar="FACES…", help="Ordinals of the faces, as `people unnamed` shows them.")
]
Limit = Annotated[int, typer.Option(min=1, max=500, help="Most to show.")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("list")(show)
    group.command("clusters")(clusters)
    group.command("cluster")(cluster)
    group.command("faces")(faces)
    group.command("unnamed")(unnamed)
    group.command("name")(name)
    group.command("unname")(unname)
    group.command("confirm")(confirm)
    group.command("reject")(reject)
    group.command("recluster")(recluster)
    group.command("merge")(merge)
    group.command("merges")(merges)
    group.command("unmerge")(unmerge)
    group.command("forget")(forget)
    prohibit.fill(group)


def show(context: typer.Context, *, as_json: Json = False) -> None:
    """List everybody with a name."""
    with connect(settings_of(context)) as client:
        people = client.people.all()
    if as_json:
        print_json([person.model_dump(mode="json") for person in people])
    else:
        print_table("", ["name", "faces", "id"], [(item.name, str(item.faces), item.id) for item in people])


def clusters(
    context: typer.Context,
    *,
    named: Annotated[
        bool | None, typer.Option("--named/--unnamed", help="Only those with, or without, a name.")
    ] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List groups of faces that are alike, the largest first. Name one with `people name`."""
    with connect(settings_of(context)) as client:
        found = client.people.clusters(named=named, limit=limit)
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [
        (
            item.id,
            item.person.name if item.person else "–",
            str(item.faces),
            str(item.assets),
            f"{item.best.asset} {item.best.timecode or ''}".strip(),
        )
        for item in found
    ]
    print_table("", ["cluster", "name", "faces", "assets", "best seen in"], rows)


def cluster(context: typer.Context, *, as_json: Json = False) -> None:
    """Put faces that are in no group yet into one. Every index run ends with that by itself."""
    settings = settings_of(context)
    with connect(settings) as client, crew(settings) as workers:
        follow_run(client, client.people.cluster_now(), workers, draw=not as_json)
        found = client.people.clusters(limit=500)
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
    else:
        note(f"{sum(item.faces for item in found)} faces in {len(found)} clusters.")


def faces(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="Name or id of a person, or id of a cluster.")],
    *,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the faces of a person or cluster, clearest first."""
    with connect(settings_of(context)) as client:
        find = client.people.cluster_faces if is_id(subject, "clu") else client.people.faces
        found = find(subject, limit=limit)
    _print_faces(found, as_json=as_json)


def unnamed(context: typer.Context, *, limit: Limit = 50, as_json: Json = False) -> None:
    """List faces that nobody has named yet, clearest first."""
    with connect(settings_of(context)) as client:
        found = client.people.unnamed(limit=limit)
    _print_faces(found, as_json=as_json)


def _print_faces(found: list[Face], *, as_json: bool) -> None:
    if as_json:
        print_json([face.model_dump(mode="json") for face in found])
        return
    rows = [
        (face.asset, str(face.ordinal), face.timecode or "–", f"{face.quality:.2f}", face.cluster or "–")
        for face in found
    ]
    print_table("", ["asset", "face", "seen at", "quality", "cluster"], rows)


def name(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="NAME", help="Who it is; added when new.")],
    target: Annotated[str, typer.Argument(metavar="CLUSTER|ASSET", help="Id of a cluster or asset.")],
    ordinals: Annotated[
        list[int] | None, typer.Argument(metavar="[FACES]…", help="Ordinals of faces, for an asset.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Say whose faces a cluster holds, or who some faces of an asset show.

    ```console
    rekindle people name "Ada Lovelace" clu_01K9X2V7QJ8M4T6W0N3B5C7D9F
    rekindle people name "Ada Lovelace" ast_01K9X2V7QJ8M4T6W0N3B5C7D9F 0 3
    ```

    The name holds for all footage, before and after; nothing is indexed again.
    """
    if not is_id(target, "clu") and not ordinals:
        raise BadQuery("No face was named.", remedy="Add the ordinals that `people unnamed` shows.")
    with connect(settings_of(context)) as client:
        if is_id(target, "clu"):
            named = client.people.name_cluster(target, person).person
        else:
            named = _confirmed(client, person, target, ordinals or [])
    if as_json:
        print_json(named)
    elif named is not None:
        note(f"{named.name}: {named.faces} faces.")


def _confirmed(client: Client, person: str, asset: str, ordinals: list[int]) -> Person:
    try:
        return client.people.confirm(person, asset, ordinals)
    except PersonNotFound:
        return client.people.confirm(client.people.add(person).id, asset, ordinals)


def unname(
    context: typer.Context,
    cluster_id: Annotated[str, typer.Argument(metavar="CLUSTER", help="Id of the cluster.")],
    *,
    as_json: Json = False,
) -> None:
    """Take the name of a cluster away. Faces that were confirmed one by one keep it."""
    with connect(settings_of(context)) as client:
        found = client.people.unname_cluster(cluster_id)
    if as_json:
        print_json(found)
    else:
        note(f"{found.id} has no name: {found.faces} faces.")


def confirm(
    context: typer.Context, person: Who, asset: AssetId, ordinals: Ordinals, *, as_json: Json = False
) -> None:
    """Say that faces show this person for sure. `people recluster` judges the others by them."""
    with connect(settings_of(context)) as client:
        found = client.people.confirm(person, asset, ordinals)
    _tell(found, as_json=as_json)


def reject(
    context: typer.Context, person: Who, asset: AssetId, ordinals: Ordinals, *, as_json: Json = False
) -> None:
    """Say that faces do not show this person. That sticks, however often they are detected again."""
    with connect(settings_of(context)) as client:
        found = client.people.reject(person, asset, ordinals)
    _tell(found, as_json=as_json)


def recluster(context: typer.Context, person: Who, *, as_json: Json = False) -> None:
    """Group a person's faces anew around the confirmed ones; those that do not fit become nameless."""
    settings = settings_of(context)
    with connect(settings) as client, crew(settings) as workers:
        follow_run(client, client.people.recluster(person), workers, draw=not as_json)
        found = client.people.get(person)
    _tell(found, as_json=as_json)


def merge(
    context: typer.Context,
    gone: Annotated[str, typer.Argument(help="Person or cluster that counts as the other from now on.")],
    kept: Annotated[str, typer.Argument(help="Person or cluster that stays.")],
    *,
    as_json: Json = False,
) -> None:
    """Say that two persons, or two clusters, are one. `people unmerge` parts them again."""
    with connect(settings_of(context)) as client:
        made = client.people.merge(gone, kept)
    if as_json:
        print_json(made)
    else:
        note(f"{gone} counts as {kept}. To undo: rekindle people unmerge {made.id}")


def merges(context: typer.Context, *, as_json: Json = False) -> None:
    """List what was merged, newest first."""
    with connect(settings_of(context)) as client:
        found = client.people.merges()
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [(item.id, item.gone, item.kept, "undone" if item.undone_at else "holds") for item in found]
    print_table("", ["merge", "gone", "kept", "state"], rows)


def unmerge(
    context: typer.Context,
    merge_id: Annotated[str, typer.Argument(metavar="MERGE", help="Id, as `people merges` shows it.")],
    *,
    as_json: Json = False,
) -> None:
    """Part what was merged: what was said of each before is theirs again."""
    with connect(settings_of(context)) as client:
        undone = client.people.unmerge(merge_id)
    if as_json:
        print_json(undone)
    else:
        note(f"{undone.gone} and {undone.kept} are two again.")


def forget(context: typer.Context, person: Who, *, as_json: Json = False) -> None:
    """Forget a name; the faces become nameless and stay. To remove the faces: `people erase`."""
    with connect(settings_of(context)) as client:
        client.people.remove(person)
    if as_json:
        print_json({"forgotten": person})
    else:
        note(f"{person} is forgotten.")


def _tell(person: Person, *, as_json: bool) -> None:
    """Show a person as they are now."""
    if as_json:
        print_json(person)
    else:
        note(f"{person.name}: {person.faces} faces.")
