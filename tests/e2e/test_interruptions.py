"""Whatever stops the command, nothing is lost and nothing is half-written; the next run finishes.

Every failure names the seed that its moments were drawn from.
"""

import json
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.settings import load
from scripts.processes import connect
from tests.e2e.command import QUICK, Rekindle
from tests.e2e.stopping import (
    CLIPS,
    KILLS,
    SEED,
    assert_sound,
    files_in,
    kill_group,
    make_footage,
    wait_until,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


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
    for attempt in range(4):
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
    fresh = make_footage(tmp_path / "fresh", 3, seconds=6)
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
    assert {durations[name] for name in fresh} == {150}
    assert {durations[name] for name in names - gone - fresh} == {75}


def frames_of(rekindle: Rekindle) -> Iterator[dict[str, object]]:
    with connect(load(rekindle.home)) as client:
        for asset in client.assets(limit=200).assets:
            yield {"name": asset.name, "frames": client.asset(asset.id).technical.frames}
