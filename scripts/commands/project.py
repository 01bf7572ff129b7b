"""``rekindle project``: groups of assets, and where they stand."""

from typing import Annotated

import typer

from foundation.errors import InputError
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas import SearchRequest
from search_api.schemas_tiering import Project, State

Name = Annotated[str, typer.Argument(metavar="PROJECT", help="Name or id of a project.")]


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("list")(show)
    group.command("create")(create)
    group.command("wrap")(wrap)
    group.command("activate")(activate)
    group.command("hold")(put_on_hold)
    group.command("assign")(assign)


def show(context: typer.Context, *, as_json: Json = False) -> None:
    """List projects, where they stand since when, and how many assets they have."""
    with connect(settings_of(context)) as client:
        found = client.projects.all()
    if as_json:
        print_json([project.model_dump(mode="json") for project in found])
        return
    rows = [(p.name, p.state, f"{p.state_at:%Y-%m-%d %H:%M}", str(p.assets)) for p in found]
    print_table("", ["name", "state", "since", "assets"], rows)


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    *,
    as_json: Json = False,
) -> None:
    """Make a project. Put assets into it with `rekindle project assign`."""
    with connect(settings_of(context)) as client:
        _print(client.projects.create(name), as_json=as_json)


def wrap(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Say that a project is finished: lifecycle rules for wrapped projects count from now on.

    Nothing moves by itself: `rekindle tier plan` shows what would, `rekindle tier apply` does it.
    """
    _set(context, name, "wrapped", as_json=as_json)


def activate(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Say that a project is worked on again."""
    _set(context, name, "active", as_json=as_json)


def put_on_hold(context: typer.Context, name: Name, *, as_json: Json = False) -> None:
    """Put a project on hold: none of its masters is moved, whatever the rules say."""
    _set(context, name, "on hold", as_json=as_json)


def assign(
    context: typer.Context,
    name: Name,
    assets: Annotated[list[str] | None, typer.Argument(help="Ids of assets (`ast_…`).")] = None,
    *,
    location: Annotated[str | None, typer.Option(help="All assets of this location.")] = None,
    path: Annotated[str, typer.Option(help="With --location: only below this path.")] = "",
    query: Annotated[str | None, typer.Option(help="All assets that this search finds.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="With --query: most hits.")] = 100,
    as_json: Json = False,
) -> None:
    """Put assets into a project: by id, by location and path, or by what a search finds.

    ```console
    rekindle project assign "The Long Night" --location nas --path productions/long-night
    rekindle project assign "The Long Night" --query "in:nas a harbour at night"
    ```
    """
    if sum(bool(given) for given in (assets, location, query)) != 1:
        raise InputError("Name assets, or --location, or --query.", remedy="Give one of the three.")
    with connect(settings_of(context)) as client:
        wanted = _found(client, query, limit) if query else list(assets or ())
        if query and not wanted:
            raise InputError(f"{query!r} finds nothing.", remedy="Try the search first: rekindle search.")
        done = client.projects.assign(name, assets=wanted, location=location, path=path)
    if as_json:
        print_json(done)
    else:
        note(f"{done.project.name}: {done.changed} assets came in, it has {done.project.assets} now.")


def _found(client: Client, query: str, limit: int) -> list[str]:
    reply = client.search(SearchRequest(q=query, limit=limit))
    return list(dict.fromkeys(hit.asset.id for hit in reply.hits))


def _set(context: typer.Context, name: str, state: State, *, as_json: bool) -> None:
    with connect(settings_of(context)) as client:
        _print(client.projects.set_state(name, state), as_json=as_json)


def _print(project: Project, *, as_json: bool) -> None:
    if as_json:
        print_json(project)
    else:
        note(f"{project.name} is {project.state} since {project.state_at:%Y-%m-%d %H:%M} UTC.")
