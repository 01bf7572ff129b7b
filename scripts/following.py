"""Follows an index run: progress bar, stages under way, failures, Ctrl-C."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from foundation.errors import StateConflict
from scripts.terminal import err, note
from search_api.client import Client
from search_api.schemas_work import Run

ENDED = frozenset({"finished", "interrupted", "cancelled"})
_SHORTEST_PAUSE, _PAUSE_SECONDS = 0.02, 0.2
_SEARCHABLE_SECONDS = 15.0


class Workers(Protocol):
    """Whoever does the work of a run in this process, if anybody."""

    def keep_going(self) -> None:
        """Called between looks: start work here if nobody else does it."""

    def stop(self) -> None:
        """Ask for an orderly end."""


def follow_run(client: Client, run: Run, workers: Workers, *, draw: bool) -> Run:
    """Wait for a run's end.

    The first Ctrl-C cancels the run and waits for what is being written; a second one ends the process.

    Returns:
        The run in its last state.
    """
    with _screen(draw=draw) as show:
        try:
            run = _until_ended(client, run, workers, show)
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


def _until_ended(client: Client, run: Run, workers: Workers, show: Callable[[Run], None]) -> Run:
    pause = _SHORTEST_PAUSE
    while True:
        show(run)
        if run.state in ENDED:
            return run
        workers.keep_going()
        time.sleep(pause)
        # Where nothing is new, a run takes a moment; long ones are looked at less often.
        pause = min(1.5 * pause, _PAUSE_SECONDS)
        run = client.run(run.id)


@contextmanager
def _screen(*, draw: bool) -> Iterator[Callable[[Run], None]]:
    console = err() if draw else None
    if console is None or not console.is_terminal:
        yield lambda _: None
        return
    from scripts.meter import shown_on  # noqa: PLC0415 - drawn only for people

    with shown_on(console) as show:
        yield show
