"""A ledger put back from a backup knows moves as running that came to their end: no master goes for that."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive_tiering.writers.master_writer import MasterWriter
from catalog.factory import open_catalog
from catalog.lifecycle import MOVE_ENDED
from catalog.model import MoveState
from foundation.home import Home
from tests.contract.removal import Removal
from tests.contract.removals import PAIRS
from tests.contract.test_mover import DATA, opened

STEPS = ("stage", "verify", "publish")


@pytest.fixture(params=PAIRS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


def backed_up(archive: Removal, to: Path) -> None:
    with closing(sqlite3.connect(Home(archive.home).catalog)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def put_back(archive: Removal, kept: Path) -> None:
    archive.catalog.close()
    for beside in archive.home.glob("catalog.*"):
        beside.unlink()
    Home(archive.home).catalog.write_bytes(kept.read_bytes())
    archive.catalog = open_catalog(Home(archive.home), clock=archive.clock)


def telling(writer: MasterWriter, step: str, before: Callable[[], None]) -> MasterWriter:
    """The writer, which says when it is about to take a step."""
    taken = getattr(writer, step)

    def told(*details: object) -> object:
        before()
        return taken(*details)

    setattr(writer, step, told)
    return writer


def run_to_the_end(archive: Removal) -> list[MoveState]:
    for _ in range(30):
        if all(move.state in MOVE_ENDED for move in archive.run()):
            break
        archive.clock.advance(hours=2)
    return [move.state for move in archive.moves()]


@pytest.mark.parametrize("step", STEPS)
def test_no_master_goes_for_a_ledger_of_before(archive: Removal, tmp_path: Path, step: str) -> None:
    asset, kept = archive.add("a.mov", DATA), tmp_path / "kept.db"
    archive.wrap(asset)
    archive.begin()

    def keep() -> None:
        if not kept.exists():
            backed_up(archive, kept)

    archive.mover(lambda writer: telling(writer, step, keep)).work(threading.Event())
    keep()
    assert run_to_the_end(archive) == [MoveState.DONE]
    assert archive.read("a.mov") == DATA
    put_back(archive, kept)
    run_to_the_end(archive)
    assert archive.read("a.mov") == DATA
