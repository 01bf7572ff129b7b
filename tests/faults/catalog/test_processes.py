"""Processes that write at once, die in the middle, or hold the lock for long."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import ChangeKind
from catalog.query import AssetFilter
from catalog.repository import Catalog, TextQuery
from foundation.errors import CatalogBusy, StateConflict
from foundation.home import Home
from tests.contract.catalog.examples import location

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    place = Home(tmp_path / "home")
    store = open_catalog(place)
    with store.write() as writer:
        writer.locations.add(location("films"))
    store.close()
    return place


def spawn(home: Home, prefix: str, count: int, *more: str) -> subprocess.Popen[str]:
    arguments = [str(home.root), "films", prefix, str(count), *more]
    command = [sys.executable, "-m", "tests.faults.catalog.writing_process", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def acknowledged(process: subprocess.Popen[str]) -> list[str]:
    """What the process said before it ended; a line cut short by the kill was never said."""
    assert process.stdout is not None
    said = process.stdout.read()
    process.wait()
    return [line for line in said.splitlines(keepends=True) if line.endswith(".mp4\n")]


def verify(store: Catalog, names: list[str]) -> None:
    """All that was acknowledged is whole, and nothing is half there."""
    assert store.check() == []
    with store.read() as view:
        known = dict(view.assets.known_page(view.locations.get("films").id, limit=100_000))
        assert {name.strip() for name in names} <= set(known)
        told = [
            change.asset_id for change in view.changes.after(0, 100_000) if change.kind == ChangeKind.VECTORS
        ]
        assert sorted(told) == sorted(item.asset_id for item in known.values())
        for item in known.values():
            assert len(view.facts.cues(item.asset_id)) == 20
            assert len(view.facts.vector_files(item.asset_id)) == 1
        found = view.words.speech(TextQuery(("sentence",)), AssetFilter(), 100_000)
        assert {match.asset_id for match in found} == {item.asset_id for item in known.values()}


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_it_acknowledged(home: Home) -> None:
    chance = random.Random(20)
    names: list[str] = []
    for round_ in range(8):
        process = spawn(home, f"round{round_}", 10_000)
        assert process.stdout is not None
        names.append(process.stdout.readline())
        time.sleep(chance.uniform(0, 0.4))
        os.kill(process.pid, signal.SIGKILL)
        names += acknowledged(process)
        store = open_catalog(home)
        verify(store, names)
        store.close()
    assert len(names) > 20


@pytest.mark.slow
def test_four_processes_write_at_once(home: Home) -> None:
    processes = [spawn(home, f"writer{number}", 25) for number in range(4)]
    names = [name for process in processes for name in acknowledged(process)]
    assert [process.returncode for process in processes] == [0] * 4
    assert len(names) == 100
    store = open_catalog(home)
    verify(store, names)
    store.close()


def test_readers_do_not_wait_for_a_writer_that_holds_its_transaction(home: Home) -> None:
    process = spawn(home, "held", 1, "hold")
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "holding\n"
        store = open_catalog(home, lock_seconds=0.2)
        for _ in range(20):
            with store.read() as view:
                assert view.assets.count(AssetFilter()) == 0
        with pytest.raises(CatalogBusy), store.write():
            pass
    finally:
        os.kill(process.pid, signal.SIGKILL)
        acknowledged(process)
    with store.write() as writer:
        assert writer.assets.count(AssetFilter()) == 0
    store.close()


def test_a_forked_child_is_told_to_open_its_own(home: Home) -> None:
    store = open_catalog(home)
    child = os.fork()
    if child == 0:
        try:
            with store.read():
                os._exit(1)
        except StateConflict:
            os._exit(0)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with store.read() as view:
        assert view.assets.count(AssetFilter()) == 0
    store.close()
