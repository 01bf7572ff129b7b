"""Page digests through kills at every step of a checkpoint, and through processes that write at once."""

import functools
import itertools
import os
import random
import shutil
import signal
import sqlite3
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TypeVar

import pytest

import catalog.page_watch
import catalog.sql
from catalog.factory import open_catalog
from foundation.errors import CatalogBusy
from foundation.home import Home
from foundation.ids import PrincipalId
from tests.unit.catalog.pages import add, checked, flip, make, opened, page_of, unknown

T = TypeVar("T")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make(Home(tmp_path_factory.mktemp("made")))


def child(work: Callable[[], None]) -> int:
    """Do something in a forked child; returns its process id."""
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - the child must not go on with the tests
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return process


def ended(process: int) -> int:
    """The exit code of a child that came to its end; negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def die_at(step: int) -> None:
    """Let this process be killed at its n-th step of a checkpoint, right before or right after it."""
    steps = itertools.count()

    def deadly(call: Callable[..., T]) -> Callable[..., T]:
        @functools.wraps(call)
        def counted(*args: object, **kwargs: object) -> T:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            done = call(*args, **kwargs)
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return counted

    for name in ("pwrite", "fsync", "utime"):
        setattr(os, name, deadly(getattr(os, name)))
    catalog.page_watch._checkpoint = deadly(catalog.page_watch._checkpoint)


def written_and_killed(home: Home, step: int, *, is_read: bool) -> int:
    """Write to a home in a process that is killed; with a reader that keeps the log in use, or without."""

    def work() -> None:
        with ExitStack() as stack:
            if is_read:
                reader = stack.enter_context(opened(home))
                stack.enter_context(reader.read()).people.all()
            die_at(step)
            add(home, "during.mov")

    return ended(child(work))


@pytest.mark.slow
@pytest.mark.parametrize("is_read", [False, True])
def test_killed_at_each_step_of_a_checkpoint(made: Home, tmp_path: Path, *, is_read: bool) -> None:
    page, wanted = page_of(made.catalog, "cues", "overflow"), 0
    for step in itertools.count():
        home = Home(Path(shutil.copytree(made.root, tmp_path / str(step))))
        code = written_and_killed(home, step, is_read=is_read)
        if step % 2:
            add(home, "later.mov")
        assert checked(home) == [], f"step {step}"
        assert unknown(home) == 0, f"step {step}"
        flip(home.catalog, page, 100, 0xFF)
        assert any(f"page {page} (table cues)" in said for said in checked(home)), f"step {step}"
        if code == 0:
            break
        assert code == -signal.SIGKILL
        wanted = step
    assert wanted > 10


def write_on(home: Home, seed: int, until: float) -> None:
    """Open, write a few times and close, again and again; one in seven times it dies instead."""
    chance = random.Random(seed)
    catalog.sql.CHECKPOINT_BYTES = 200_000
    while time.monotonic() < until:
        store = open_catalog(home)
        for _ in range(chance.randrange(1, 30)):
            # A checkpoint of another program waits for our reader, and our writer for that checkpoint.
            with suppress(CatalogBusy), ExitStack() as stack:
                if chance.random() < 0.2:
                    stack.enter_context(store.read()).audit.tail(1)
                with store.write() as writer:
                    for _ in range(chance.randrange(1, 8)):
                        writer.audit.append(PrincipalId("prn_x"), "do", "y" * chance.randrange(9000), {})
        if chance.random() < 1 / 7:
            os.kill(os.getpid(), signal.SIGKILL)
        store.close()


def write_foreignly(home: Home, seed: int, until: float) -> None:
    """Read, write and make checkpoints as other programs do, without the writer lock."""
    chance = random.Random(seed)
    while time.monotonic() < until:
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(home.catalog)) as raw, raw:
            raw.execute("SELECT count(*) FROM audit").fetchall()
            if chance.random() < 0.5:
                raw.execute(f"UPDATE locations SET name = 'n{chance.random()}'")
                raw.commit()
            mode = chance.choice(("PASSIVE", "FULL", "RESTART", "TRUNCATE"))
            if chance.random() < 0.5:
                raw.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        time.sleep(chance.uniform(0, 0.1))


@pytest.mark.parametrize(
    ("seed", "has_foreign"),
    [
        (1, False),
        (2, True),
        *[pytest.param(seed, seed % 2 == 0, marks=pytest.mark.slow) for seed in range(3, 13)],
    ],
)
def test_processes_that_write_at_once_raise_no_alarm(
    made: Home, tmp_path: Path, seed: int, *, has_foreign: bool
) -> None:
    home = Home(Path(shutil.copytree(made.root, tmp_path / "home")))
    until = time.monotonic() + 2
    work = [functools.partial(write_on, home, seed * 100 + number, until) for number in range(2)]
    if has_foreign:
        work.append(functools.partial(write_foreignly, home, seed, until))
    processes = [child(each) for each in work]
    said = []
    while time.monotonic() < until:
        said += checked(home)
    for process in processes:
        assert ended(process) in (0, -signal.SIGKILL)
    assert said + checked(home) == []
    if not has_foreign:
        assert unknown(home) == 0
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100, 0xFF)
    assert any(f"page {page} (table cues)" in line for line in checked(home))
