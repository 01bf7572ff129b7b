"""Copies of a catalog that are taken while other processes write."""

import os
import signal
from contextlib import closing
from pathlib import Path

import pytest

from catalog.factory import examined_copy, open_catalog
from foundation.errors import Interrupted
from foundation.home import Home
from tests.faults.catalog.test_processes import acknowledged, home, spawn, verify

__all__ = ["home"]


@pytest.mark.slow
def test_a_copy_under_writes_is_sound_and_holds_what_was_acknowledged(home: Home, tmp_path: Path) -> None:
    process = spawn(home, "busy", 10_000)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(5)]
    with closing(open_catalog(home)) as catalog:
        copies = []
        for number in range(4):
            copy = Home(tmp_path / f"copy{number}").create()
            before = len(said)
            catalog.copy(copy.catalog, lambda *_: said.append(process.stdout.readline()))  # type: ignore[union-attr]
            copies.append((copy, said[:before]))
            said.append(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        acknowledged(process)
    for copy, names in copies:
        assert examined_copy(copy.catalog).faults == ()
        assert [path.name for path in copy.root.iterdir() if path.is_file()] == ["catalog.db"]
        with closing(open_catalog(copy)) as store:
            verify(store, names)


def test_a_copy_may_be_broken_off(home: Home, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        assert 0 < done <= total
        raise Interrupted("Enough.")

    with closing(open_catalog(home)) as catalog:
        with pytest.raises(Interrupted):
            catalog.copy(tmp_path / "copy.db", stop)
        with catalog.write() as writer:
            writer.people.add("Ada")
        assert catalog.check() == []
