"""Draws an index run on a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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

from search_api.schemas_work import Run

_MOST_ACTIVE = 6


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


@contextmanager
def shown_on(console: Console) -> Iterator[Callable[[Run], None]]:
    """Give what draws the state of a run, for the length of the block."""
    meter = Meter()
    with Live(console=console, auto_refresh=False) as screen:
        yield lambda run: screen.update(meter.draw(run), refresh=True)
