"""Kills movers with SIGKILL at counted events and checks after every death: ``python -m … HOME SEED KILLS``.

Each mover is a forked child that opens the catalog itself. It counts what it does to files and to the catalog
(Python audit events: opens, renames, links, deletions, the catalog's lock) and kills itself at one of them.
Another child then checks that every master is whole where the catalog says that it lies. Clocks run ahead
with every turn, so that the leases of the dead have run out.

Prints one JSON line: kills that struck, turns, and how many moves were left.
"""

import hashlib
import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive_tiering.factory import open_tiering
from catalog.factory import open_catalog
from catalog.model import MoveState
from foundation import logging
from foundation.settings import Settings, load

EVENTS = frozenset({"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.utime", "fcntl.flock"})
MOST_EVENTS = 120
SURVIVED, STRUCK = 0, -signal.SIGKILL


def main(home: Path, seed: int, kills: int) -> None:
    settings, dice = load(home), random.Random(seed)
    logging.configure("error", file=home / "kill.log")
    struck = turns = 0
    while struck < kills and turns < kills * 4:
        turns += 1
        after, ahead = dice.randint(1, MOST_EVENTS), timedelta(hours=turns)
        struck += _in_child(partial(_move, settings, ahead, after)) == STRUCK
        if _in_child(partial(_check, settings)) != SURVIVED:
            sys.exit(f"seed {seed}, turn {turns}: a master is not where it should be")
        if _in_child(partial(_unfinished, settings)) == SURVIVED:
            break
    _in_child(partial(_move, settings, timedelta(days=60), 0))
    left = _in_child(partial(_unfinished, settings))
    facts = {"seed": seed, "struck": struck, "turns": turns, "unfinished": left}
    sys.stdout.write(json.dumps(facts) + "\n")


def _in_child(act: Callable[[], int]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = act()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _move(settings: Settings, ahead: timedelta, after: int) -> int:
    catalog = open_catalog(settings.layout, clock=lambda: datetime.now(UTC) + ahead)
    desk = open_tiering(catalog, settings, clock=lambda: datetime.now(UTC) + ahead)
    left = [after]

    def count(event: str, _: object) -> None:
        if event in EVENTS and left[0]:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    desk.mover.run(threading.Event())
    return SURVIVED


def _check(settings: Settings) -> int:
    """Every copy on record is whole; ``expected.json`` in the home says what it digests to."""
    expected = json.loads((settings.home / "expected.json").read_text())
    catalog = open_catalog(settings.layout)
    assert catalog.check() == []
    with catalog.read() as view:
        for copy in view.plans.scan():
            (instance,) = view.assets.instances(copy.asset_id)
            (item,) = instance.objects
            path = Path(unquote(urlsplit(item.uri).path))
            if hashlib.sha256(path.read_bytes()).hexdigest() != expected[item.key]:
                return 1
    catalog.close()
    return SURVIVED


def _unfinished(settings: Settings) -> int:
    catalog = open_catalog(settings.layout)
    with catalog.read() as view:
        return sum(move.state is not MoveState.DONE for move in view.moves.find())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
