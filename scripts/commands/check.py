"""``rekindle check``: is everything whole, and if not, make it so."""

from typing import Annotated

import typer

from archive_tiering.moves.replay import Replayed
from foundation.errors import EXIT_INCOMPLETE
from scripts.session import Json, settings_of
from scripts.terminal import note, print_json, print_table
from scripts.verification import mend_catalog, rebuild_index, reopen, replay_moves, unknown_pages, verify


def check(
    context: typer.Context,
    *,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Flip a single bit of the catalog back, take note of moves that it does not know, "
            "rebuild the vector index, have lost files made.",
        ),
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also digest every proxy, still and sound file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Verify the catalog, the derived files and the vector index. No master is read, nothing is spent.

    ```console
    rekindle check
    rekindle check --repair
    ```

    Where a single bit of the catalog is flipped, `--repair` puts it back: the page's digest proves which one.
    A catalog that was put back from a backup learns where masters lie that were moved since: manifests of
    moves tell it, and `--repair` asks the stores whether the copies are there.
    The vector index is a projection: `--repair` builds it anew beside the old one, without any model.
    A proxy, keyframe or vector file that is missing or damaged is made again by the next `rekindle index`.
    """
    settings = settings_of(context)
    if repair:
        for mended in mend_catalog(settings):
            note(f"Flipped back in the catalog: {mended}.")
        _tell(replay_moves(settings))
        note("Building a new generation of the vector index …")
        rebuild_index(settings)
    if unknown := unknown_pages(settings):
        note(f"{unknown} pages of the catalog have no digest yet: they are learnt as they are, if sound.")
    faults = verify(settings, deep=deep)
    if repair and (lost := reopen(settings, faults)):
        note(f"The next `rekindle index` makes again what {lost} assets have lost.")
    if as_json:
        print_json([fault.as_dict() for fault in faults])
    elif faults:
        print_table(
            "", ["what", "wrong", "what to do"], [(item.what, item.wrong, item.remedy) for item in faults]
        )
    else:
        note("Everything is whole.")
    if faults:
        raise typer.Exit(EXIT_INCOMPLETE)


def _tell(replayed: Replayed) -> None:
    if replayed.moved:
        note(f"{len(replayed.moved)} masters were moved since; the catalog knows where they lie now.")
    for name, reason in replayed.refused.items():
        note(f"{name}: its manifest tells of a move, and it stays on record where it was. {reason}")
    for name, reason in replayed.waiting.items():
        note(f"{name}: it cannot be seen whether it was moved. {reason}")
