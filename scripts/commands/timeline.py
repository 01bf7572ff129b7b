"""``rekindle timeline``: moments to editing programs and back."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import BadTimeline, TimelineUnsupported
from scripts.commands.found_options import Found, HitLimit, HitsFile, SavedName, SearchText, text_of
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from search_api import schemas_timelines as t
from search_api.client import Client

Moments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MOMENT]…",
        help="`ASSET` or `ASSET@IN-OUT`: frames (`@120-240`), timecode or seconds (`@4.8s-9.6s`).",
    ),
]
_READS: dict[str, t.ReadFormat] = {".edl": "edl", ".otio": "otio"}


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("export")(export)
    group.command("read")(read)


def export(
    context: typer.Context,
    moments: Moments = None,
    *,
    search: SearchText = None,
    saved: SavedName = None,
    hits: HitsFile = None,
    limit: HitLimit = 20,
    form: Annotated[str, typer.Option("--format", help="`edl`, `otio` or `fcpxml`.")] = "edl",
    against: Annotated[str, typer.Option(help="`proxy` or `master`.")] = "proxy",
    handles: Annotated[int, typer.Option(min=0, help="Frames added at either end of every moment.")] = 0,
    name: Annotated[str, typer.Option(help="Title of the timeline.")] = "Rekindle",
    rate: Annotated[
        str | None,
        typer.Option(help="Frames per second of the timeline (`25`, `29.97`); else as most moments."),
    ] = None,
    media_root: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where the editor finds the media.")
    ] = None,
    collect: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Copy the proxies there, under names to relink by.")
    ] = None,
    whole_reels: Annotated[
        bool, typer.Option("--whole-reels", help="EDL: do not cut reel names to eight characters (Resolve).")
    ] = False,
    per_rate: Annotated[bool, typer.Option("--per-rate", help="One EDL for each frame rate.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write here, not to standard output."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write moments as a timeline that Resolve, Premiere, Avid or Final Cut Pro read.

    ```console
    rekindle timeline export --search "a harbour at night" --handles 25 -o harbour.edl
    rekindle timeline export ast_01K9X2V7QJ8M4T6W0N3B5C7D9F@120-240 --format otio --against master
    ```
    """
    with connect(settings_of(context)) as client:
        wanted = [t.moment_of(text) for text in moments or ()]
        wanted += Found(search, saved, hits, limit).moments(client)
        root = str(collect.absolute()) if collect is not None else media_root
        request = t.TimelineRequest.model_validate(
            {
                "moments": wanted, "format": form, "against": against, "name": name, "handles": handles,
                "rate": rate, "media_root": root, "whole_reels": whole_reels,
            }
        )  # fmt: skip
        made = _per_rate(client, request) if per_rate else {"": client.timelines.make(request)}
        collected = [] if collect is None else list(_collect(client, request, collect))
    written = _write(made, output)
    if as_json:
        print_json({"files": written, "collected": collected, "moments": len(wanted)})
    for path in (*written, *collected) if not as_json else ():
        note(path)


def read(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An `.edl` or `.otio` file.")],
    *,
    rate: Annotated[
        str | None, typer.Option(help="Frames per second by which an EDL counts sound-only clips.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which assets, and which ranges of them, a timeline of an editing program uses.

    Clips are found by our own mark, by file name, else by reel and timecode. What cannot be found is listed
    with the reason.
    """
    kind = _READS.get(file.suffix.lower())
    if kind is None:
        raise BadTimeline(f"{file.name!r} is neither .edl nor .otio.")
    with connect(settings_of(context)) as client:
        found = client.timelines.read(text_of(file), kind, rate=rate)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            clip.name,
            clip.timecode or "–",
            _range(clip),
            clip.asset.name if clip.asset else clip.unresolved or "–",
        )
        for clip in found.clips
    ]
    print_table(found.name, ["clip", "timecode", "range", "asset"], rows)
    note(f"{found.resolved} of {len(found.clips)} clips are known.")


def _per_rate(client: Client, request: t.TimelineRequest) -> dict[str, str]:
    """One file for each rate that the moments have, by a word for the rate."""
    try:
        return {"": client.timelines.make(request)}
    except TimelineUnsupported as error:
        rates = error.detail.get("rates")
        if not isinstance(rates, dict):
            raise
    files = {}
    for rate, places in rates.items():
        part = request.model_copy(update={"moments": [request.moments[n] for n in places], "rate": rate})
        files[rate.replace("/", "-")] = client.timelines.make(part)
    return files


def _collect(client: Client, request: t.TimelineRequest, folder: Path) -> Iterator[str]:
    """Copy the proxies of all moments; their names are those that the timeline gives them."""
    described = json.loads(
        client.timelines.make(request.model_copy(update={"format": "otio", "against": "proxy"}))
    )
    names = {
        clip["metadata"]["rekindle"]["asset"]: clip["name"]
        for track in described["tracks"]["children"]
        for clip in track["children"]
        if clip["OTIO_SCHEMA"].startswith("Clip")
    }
    folder.mkdir(parents=True, exist_ok=True)
    for asset, name in names.items():
        target = folder / name
        client.save(f"/v1/assets/{asset}/proxy", target)
        yield str(target)


def _write(made: dict[str, str], output: Path | None) -> list[str]:
    if output is None:
        sys.stdout.write("".join(made.values()))
        return []
    written = []
    for word, text in made.items():
        path = output.with_stem(f"{output.stem}_{word}") if word else output
        path.write_text(text, encoding="utf-8")
        written.append(str(path))
    return written


def _range(clip: t.TimelineClip) -> str:
    if clip.in_frame is not None:
        return f"{clip.in_frame}-{clip.out_frame}"
    return "–" if clip.start is None else f"{clip.start:.3f}s-{clip.end or 0:.3f}s"
