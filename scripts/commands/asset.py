"""``rekindle asset``: what people say of assets."""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated

import typer

from scripts.checked import checked
from scripts.commands import asset_rights, withdrawing
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas import Statement
from search_api.schemas_knowledge import NewStatement, Saying

Asset = Annotated[str, typer.Argument(metavar="ASSET", help="Id of an asset (`ast_…`).")]
Assets = Annotated[list[str], typer.Argument(metavar="ASSETS…", help="Ids of assets (`ast_…`).")]
Corrects = Annotated[
    str | None,
    typer.Option(metavar="STATEMENT", help="Id of the statement that this one takes the place of."),
]
_PERSON = "person:"
"""What the source of a statement begins with that somebody made."""


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("statements")(statements)
    group.command("label")(label)
    group.command("unlabel")(unlabel)
    group.command("describe")(describe)
    group.command("say")(say)
    group.command("take-back")(take_back)
    asset_rights.fill(group)
    withdrawing.fill(group)


def statements(context: typer.Context, asset: Asset, *, as_json: Json = False) -> None:
    """List what is known of an asset, and who says so: a person or a stage."""
    with connect(settings_of(context)) as client:
        found = client.statements(asset)
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    rows = [(item.field, item.value, item.timecode or "all of it", item.source, item.id) for item in found]
    print_table("", ["field", "value", "of", "source", "id"], rows)


def label(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="LABEL", help="What lifecycle rules ask for: `label:`.")],
    assets: Assets,
    *,
    as_json: Json = False,
) -> None:
    """Put a label on assets. It counts for lifecycle rules, and is found by search.

    ```console
    rekindle asset label keep-hot ast_01K9X2V7QJ8M4T6W0N3B5C7D9F
    ```
    """
    said = checked(NewStatement, {"field": "label", "value": text})
    _for_each(context, assets, lambda client, asset: client.knowledge.say(asset, said), as_json=as_json)


def unlabel(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="LABEL", help="The label, in any case.")],
    assets: Assets,
    *,
    as_json: Json = False,
) -> None:
    """Take a label off assets that a person put on. One that a sidecar gives has to go from the sidecar."""
    with connect(settings_of(context)) as client:
        gone = [done for asset in assets for done in _unlabelled(client, asset, text)]
    if as_json:
        print_json([item.model_dump(mode="json") for item in gone])
    else:
        note(f"{len(gone)} labels taken off.")


def _unlabelled(client: Client, asset: str, text: str) -> Iterable[Statement]:
    """Take back what people said. What stands then is told: it may have been superseded until now."""
    for item in _labels(client, asset, text):
        if item.source.startswith(_PERSON):
            yield client.knowledge.take_back(asset, item.id)
    for item in _labels(client, asset, text):
        if not item.source.startswith(_PERSON):
            note(f"{asset} is still labelled {item.value!r}: its sidecar says so, take it out there.")


def _labels(client: Client, asset: str, text: str) -> list[Statement]:
    found = client.statements(asset)
    return [item for item in found if item.field == "label" and item.value.casefold() == text.casefold()]


def describe(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What is to be seen or heard.")],
    assets: Assets,
    *,
    in_frame: Annotated[int | None, typer.Option(min=0, help="First frame of the range it is about.")] = None,
    out_frame: Annotated[int | None, typer.Option(min=1, help="Frame after the last.")] = None,
    language: Annotated[str | None, typer.Option(help="BCP-47 tag of the text, like `en`.")] = None,
    corrects: Corrects = None,
    as_json: Json = False,
) -> None:
    """Describe assets, or a range of one: searches find it at once, by full text.

    ```console
    rekindle asset describe "the ferry leaves" ast_01K9X2V7QJ8M4T6W0N3B5C7D9F --in-frame 250 --out-frame 400
    ```
    """
    said = checked(
        NewStatement,
        {
            "field": "description", "value": text, "language": language, "supersedes": corrects,
            "in_frame": in_frame, "out_frame": out_frame,
        },
    )  # fmt: skip
    _for_each(context, assets, lambda client, asset: client.knowledge.say(asset, said), as_json=as_json)


def say(
    context: typer.Context,
    field: Annotated[
        Saying, typer.Argument(metavar="FIELD", help="`title`, `recorded`, `keyword`, `creator`, `place`, …")
    ],
    value: Annotated[str, typer.Argument(help="What it is; for `recorded` a date like 1987 or 1987-06-14.")],
    assets: Assets,
    *,
    corrects: Corrects = None,
    as_json: Json = False,
) -> None:
    """Say one thing of assets. A title or date takes the place of what stages and sidecars say.

    `recorded` is when it was shot: `year:` filters go by it from then on.

    ```console
    rekindle asset say recorded 1987-06 ast_01K9X2V7QJ8M4T6W0N3B5C7D9F
    ```
    """
    said = checked(NewStatement, {"field": field, "value": value, "supersedes": corrects})
    _for_each(context, assets, lambda client, asset: client.knowledge.say(asset, said), as_json=as_json)


def take_back(
    context: typer.Context,
    asset: Asset,
    statement: Annotated[
        list[str], typer.Argument(metavar="STATEMENTS…", help="Ids, as `asset statements` shows them.")
    ],
    *,
    as_json: Json = False,
) -> None:
    """Take back what a person said; what it took the place of stands again."""
    with connect(settings_of(context)) as client:
        gone = [client.knowledge.take_back(asset, each) for each in statement]
    _print(gone, "Taken back", as_json=as_json)


def _for_each(
    context: typer.Context,
    assets: Sequence[str],
    act: Callable[[Client, str], Statement],
    *,
    as_json: bool,
) -> None:
    with connect(settings_of(context)) as client:
        _print([act(client, asset) for asset in assets], "Noted", as_json=as_json)


def _print(found: Sequence[Statement], done: str, *, as_json: bool) -> None:
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    for item in found:
        note(f"{done}: {item.field} {item.value!r} ({item.id}).")
