"""``rekindle search``: moments in plain language."""

from typing import Annotated

import typer

from scripts.commands.search_options import (
    Collapse,
    Colour,
    Duration,
    Kind,
    Location,
    PerAsset,
    Person,
    Signals,
    Speech,
    StorageClass,
    Year,
    question,
)
from scripts.examples import Examples
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json
from search_api.schemas import SearchReply

Query = Annotated[
    str,
    typer.Argument(
        help='Plain words, "quoted phrases", person:"…", said:"…", onscreen:"…", year:1987..1992, '
        "in:LOCATION, class:cold, kind:video, before 1990, longer than two minutes, -word, NOT, OR, "
        "A then B within 20s. Write -- before one that begins with a minus. May be left out with --like."
    ),
]
Limit = Annotated[int, typer.Option(min=1, max=200, help="Most hits to show.")]
Cursor = Annotated[str | None, typer.Option(help="`next_cursor` of the page before.")]
Like = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE|ASSET[@SECONDS]",
        help="A picture file, or a moment (`ast_…@12.5`, `ast_…@10-14`); may be repeated.",
    ),
]
Unlike = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE|ASSET[@SECONDS]", help="What it should not be like; may be repeated."),
]
UnlikeText = Annotated[
    list[str] | None, typer.Option(help="Words for what it should not be like; may be repeated.")
]


def search(
    context: typer.Context,
    query: Query = "",
    *,
    limit: Limit = 20,
    per_asset: PerAsset = 3,
    cursor: Cursor = None,
    signals: Signals = "",
    location: Location = None,
    storage_class: StorageClass = None,
    year: Year = None,
    duration: Duration = None,
    kind: Kind = None,
    has_speech: Speech = None,
    black_and_white: Colour = None,
    person: Person = None,
    collapse: Collapse = True,
    like: Like = None,
    unlike: Unlike = None,
    unlike_text: UnlikeText = None,
    as_json: Json = False,
) -> None:
    """Find moments by what is seen, said, written on screen, or known.

    ```console
    rekindle search "a man talking to camera outdoors"
    rekindle search '"ask not" country' --speech
    rekindle search 'person:"Ada Lovelace" said:"good morning" from the 1980s -titles'
    rekindle search "(car OR bus) in the rain NOT crowd, then a bridge within 20s"
    rekindle search --like still.jpg --unlike ast_01K9X2V7QJ8M4T6W0N3B5C7D9F@12.5
    rekindle search "at night" --like ast_01K9X2V7QJ8M4T6W0N3B5C7D9F@10-14 --unlike-text people
    ```

    Every hit says why it matched, where its master lives, and what bringing it back takes and costs.
    """
    request = question(
        query,
        per_asset=per_asset,
        signals=signals,
        location=location,
        storage_class=storage_class,
        year=year,
        duration=duration,
        kind=kind,
        has_speech=has_speech,
        black_and_white=black_and_white,
        person=person,
        collapse=collapse,
    ).model_copy(update={"limit": limit, "cursor": cursor})
    examples = Examples(like or (), unlike or (), unlike_text or ())
    with connect(settings_of(context)) as client:
        reply = examples.search(client, request)
    if as_json:
        print_json(reply)
    else:
        _show(reply)
    for remark in _remarks(reply):
        note(remark)


def _show(reply: SearchReply) -> None:
    from scripts.hits import print_reply  # noqa: PLC0415 - drawn only for people

    print_reply(reply)


def _remarks(reply: SearchReply) -> list[str]:
    remarks = list(reply.notes)
    if not reply.hits and not remarks:
        remarks.append(_why_nothing(reply))
    return remarks


def _why_nothing(reply: SearchReply) -> str:
    if reply.understood.filters:
        return "The filters exclude everything."
    if "on" in reply.signals.values():
        return "Nothing in the archive comes near; `rekindle status` says what there is."
    return "No signal is on; `rekindle status` says how to turn them on."
