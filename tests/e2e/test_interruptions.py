"""Whatever stops the command, nothing is lost and nothing is half-written; the next run finishes.

Every failure names the seed that its moments were drawn from.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foundation.settings import load
from tests import material
from tests.e2e.command import QUICK, Rekindle
from tests.e2e.soundness import assert_whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEED = int(os.environ.get("REKINDLE_TEST_SEED", "20240607"))
CLIPS = 8
KILLS = 6


def make_footage(folder: Path, count: int = CLIPS, seconds: float = 6) -> set[str]:
    for number in range(count):
        pictures = [f"color=c=0x{(number * 29 + n * 97) % 256:02x}8040" for n in range(3)]
        third = seconds / 3
        clip = material.clip(
            folder / f"clip {number}.mp4", seconds, size="640x360", cuts=(third, 2 * third), pictures=pictures
        )
        material.sidecar(clip.with_suffix(".srt"), [(0.5, 2.5, f"This is clip number {number}, said aloud.")])
    return {f"clip {number}.mp4" for number in range(count)}


def wait_until(what: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 120) -> None:
    """Wait for something, or for the process to end."""
    deadline = time.monotonic() + seconds
    while not what() and process.poll() is None:
        assert time.monotonic() < deadline, f"it never happened (seed {SEED})"
        time.sleep(0.01)


def files_in(home: Path) -> int:
    return sum(1 for _ in (home / "derived").rglob("*"))


def kill_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to the command and everything it started, as a terminal or an impatient person does."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def assert_sound(rekindle: Rekindle, names: set[str], note: str) -> None:
    """Everything indexed once, and `rekindle check` has nothing to say."""
    assert_whole(load(rekindle.home).layout, names, note)
    assert rekindle.json("check", "--deep") == [], note


def test_kill_9_again_and_again(tmp_path: Path) -> None:
    names = make_footage(tmp_path / "footage")
    rekindle = Rekindle(tmp_path / "home", QUICK)
    chance = random.Random(SEED)
    for attempt in range(KILLS):
        note = f"seed {SEED}, kill {attempt}"
        growth, pause = chance.randrange(0, 14), chance.uniform(0.0, 0.8)
        wanted = files_in(rekindle.home) + growth
        with rekindle.started("index", str(tmp_path / "footage"), "--json") as process:
            wait_until(lambda at=wanted: files_in(rekindle.home) >= at, process)  # type: ignore[misc]
            time.sleep(pause if attempt % 2 else pause * 4)
            kill_group(process, signal.SIGKILL)
            process.wait()
    ended = rekindle.json("index", str(tmp_path / "footage"))
    assert (ended["state"], ended["failed"], ended["dead_letters"]) == ("finished", 0, []), note
    assert_sound(rekindle, names, note)
    again = rekindle.json("index")
    assert (again["unchanged"], again["total"], again["failed"]) == (len(names), 0, 0), note
    hits = rekindle.search('"clip number 5"')
    assert hits[0]["asset"]["name"] == "clip 5.mp4", note
    assert len({(hit["asset"]["id"], hit["in_frame"]) for hit in hits}) == len(hits), note


def test_ctrl_c_stops_in_order(tmp_path: Path) -> None:
    names = make_footage(tmp_path / "footage", 4)
    rekindle = Rekindle(tmp_path / "home", QUICK)
    growth = random.Random(SEED).randrange(4, 14)
    with rekindle.started("index", str(tmp_path / "footage"), "--json") as process:
        wait_until(lambda: files_in(rekindle.home) >= growth, process)
        kill_group(process, signal.SIGINT)
        said, complaint = process.communicate(timeout=60)
    note = f"seed {SEED}: {complaint}"
    assert process.returncode == 130, note
    assert "Traceback" not in complaint, note
    assert json.loads(said)["state"] == "cancelled", note
    assert list(load(rekindle.home).layout.scratch.iterdir()) == [], note
    assert rekindle.json("check", "--deep") == [], note
    ended = rekindle.json("index")
    assert (ended["state"], ended["failed"]) == ("finished", 0), note
    assert_sound(rekindle, names, note)


def test_ctrl_c_at_any_moment(tmp_path: Path) -> None:
    """From the first sign of life on, the command ends without a traceback and leaves a home that works."""
    names = make_footage(tmp_path / "footage", 1)
    chance = random.Random(SEED)
    for attempt in range(5):
        rekindle = Rekindle(tmp_path / f"home {attempt}", QUICK)
        moment = chance.uniform(0.0, 4.0)
        with rekindle.started("index", str(tmp_path / "footage"), "--json") as process:
            wait_until((rekindle.home / "logs" / "rekindle.log").exists, process)
            time.sleep(moment)
            kill_group(process, signal.SIGINT)
            _, complaint = process.communicate(timeout=60)
        note = f"seed {SEED}, attempt {attempt}, {moment:.2f} s: {complaint}"
        assert process.returncode in (0, 130, -signal.SIGINT), note
        assert "Traceback" not in complaint, note
    assert rekindle.json("index", str(tmp_path / "footage"))["failed"] == 0
    assert_sound(rekindle, names, f"seed {SEED}")


def test_files_that_vanish_or_change_while_the_run_goes_on(tmp_path: Path) -> None:
    names = make_footage(tmp_path / "footage")
    fresh = make_footage(tmp_path / "fresh", 3, seconds=9)
    rekindle = Rekindle(tmp_path / "home", QUICK)
    gone = {f"clip {CLIPS - 1}.mp4", f"clip {CLIPS - 2}.mp4"}
    with rekindle.started("index", str(tmp_path / "footage"), "--json") as process:
        wait_until(lambda: files_in(rekindle.home) >= 3, process)
        for name in gone:
            (tmp_path / "footage" / name).unlink()
        for name in fresh:
            shutil.copyfile(tmp_path / "fresh" / name, tmp_path / "footage" / name)
        said, complaint = process.communicate(timeout=300)
    assert process.returncode == 0, complaint
    run = json.loads(said)
    assert run["state"] == "finished"
    assert {letter["code"] for letter in run["dead_letters"]} <= {"object-missing", "object-changed"}, run
    ended = rekindle.json("index")
    assert (ended["state"], ended["failed"]) == ("finished", 0), ended
    with_gone = {hit["asset"]["name"] for hit in rekindle.search("clip", "--signals", "name")}
    assert names - gone <= with_gone
    assert rekindle.json("check", "--deep") == []
    durations = {asset["name"]: asset["frames"] for asset in frames_of(rekindle)}
    assert {durations[name] for name in fresh} == {225}
    assert {durations[name] for name in names - gone - fresh} == {150}


def frames_of(rekindle: Rekindle) -> Iterator[dict[str, object]]:
    from scripts.processes import connect

    with connect(load(rekindle.home)) as client:
        for asset in client.assets(limit=200).assets:
            yield {"name": asset.name, "frames": client.asset(asset.id).technical.frames}


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of so many megabytes; skips where this user may not mount one."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "rekindle-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system, so that there is no small disk to fill")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
