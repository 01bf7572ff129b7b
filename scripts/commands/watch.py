"""``rekindle watch``: index again every few minutes."""

import time
from typing import Annotated

import typer

from scripts.crew import crew
from scripts.following import follow_run
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.targets import resolved
from scripts.terminal import note, print_json


def watch(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME|PATH]…", help="Locations or paths; everything if left out."),
    ] = None,
    *,
    every: Annotated[float, typer.Option(metavar="MINUTES", min=0.01, help="Pause between two runs.")] = 5.0,
    rounds: Annotated[int, typer.Option(min=0, help="Stop after this many runs; 0 goes on for ever.")] = 0,
    as_json: Json = False,
) -> None:
    """Index again and again until interrupted; cold masters are listed, never brought back.

    ```console
    rekindle watch rushes --every 10
    ```

    Files that are still being written can be left alone with `REKINDLE_INDEXER__SETTLE_SECONDS`.
    """
    settings = settings_of(context)
    done = 0
    with connect(settings) as client, crew(settings) as workers:
        wanted = resolved(client, targets or [])
        while True:
            started = client.start_run(wanted, cold=False)
            run = follow_run(client, started, workers, draw=not as_json)
            done += 1
            if as_json:
                print_json(run)
            else:
                note(f"{run.state}: {run.discovered} found, {run.unchanged} unchanged, {run.failed} failed.")
            if run.state != "finished" or done == rounds:
                return
            time.sleep(every * 60)
