"""Follows an index run: progress bar, stages under way, failures, Ctrl-C."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from foundation.errors import StateConflict
from scripts.terminal import err, note
from search_api.client import Client
from search_api.schemas_work import Run

ENDED = frozenset({"finished", "interrupted", "cancelled"})
_PAUSE_SECONDS = 0.2
_SEARCHABLE_SECONDS = 15.0
_MOST_ACTIVE = 6


class Workers(Protocol):
    """Whoever does the work of a run in this process, if anybody."""

    def keep_going(self) -> None:
        """Called between looks: start work here if nobody else does it."""

    def stop(self) -> None:
        """Ask for an orderly end."""


class Meter:
    """Draws how far a run is: rate, remaining time, failures, and what is worked on."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("left"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TimeElapsedColumn(),
            TextColumn("{task.fields[failures]}", style="red"),
        )
        self._task = self._bar.add_task("discovering", total=None, rate="", failures="")
        self._began = time.monotonic()

    def draw(self, run: Run) -> RenderableType:
        """Return the picture of this state of the run."""
        elapsed = max(0.001, time.monotonic() - self._began)
        under_way = sum(job.progress for job in run.active)
        self._bar.update(
            self._task,
            description=run.stage or run.state,
            total=run.total or None,
            completed=run.done + run.failed + under_way,
            rate=f"{run.done / elapsed * 60:.0f}/min",
            failures=f"{run.failed} failed" if run.failed else "",
        )
        lines = [
            Text(f"  {job.stage or job.kind:<10} {job.progress:4.0%}  {job.name or ''}", style="dim")
            for job in run.active[:_MOST_ACTIVE]
        ]
        return Group(self._bar, *lines)


def follow_run(client: Client, run: Run, workers: Workers, *, draw: bool) -> Run:
    """Wait for a run's end.

    The first Ctrl-C cancels the run and waits for what is being written; a second one ends the process.

    Returns:
        The run in its last state.
    """
    with _screen(err() if draw else None) as screen:
        try:
            run = _until_ended(client, run, workers, screen)
            wait_until_searchable(client)
        except KeyboardInterrupt:
            note("\nStopping in order; press Ctrl-C again to stop at once. Nothing done is lost.")
            # A run that ended in this very moment is what it is.
            with suppress(StateConflict):
                client.cancel_run(run.id)
            workers.stop()
            run = client.run(run.id)
        return run


def wait_until_searchable(client: Client) -> None:
    """Wait until the vector index has taken in what was written, for as long as it gets on with that."""
    behind, moved_at = client.status().behind, time.monotonic()
    while behind and time.monotonic() - moved_at < _SEARCHABLE_SECONDS:
        time.sleep(_PAUSE_SECONDS)
        before, behind = behind, client.status().behind
        moved_at = time.monotonic() if behind != before else moved_at
    if behind:
        note(f"{behind} changes wait to become searchable; the home's logs/rekindle.log says why.")


def _until_ended(client: Client, run: Run, workers: Workers, screen: Live | None) -> Run:
    meter = Meter()
    while True:
        if screen is not None:
            screen.update(meter.draw(run), refresh=True)
        if run.state in ENDED:
            return run
        workers.keep_going()
        time.sleep(_PAUSE_SECONDS)
        run = client.run(run.id)


@contextmanager
def _screen(console: Console | None) -> Iterator[Live | None]:
    if console is None or not console.is_terminal:
        yield None
        return
    with Live(console=console, auto_refresh=False) as screen:
        yield screen
