"""A disk that is full, or becomes so: said in a sentence, nothing half-written, and the next run finishes."""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.command import QUICK, Rekindle
from tests.e2e.stopping import SEED, assert_sound, files_in, make_footage, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


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


def fill(disk: Path, kilobytes_left: int) -> Path:
    """Leave that little room on a disk."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            file.truncate(max(0, file.tell() - (kilobytes_left << 10)))
    return ballast


@pytest.mark.parametrize("kilobytes", [64, 1024, 4096])
def test_a_disk_that_is_too_small_from_the_start(tmp_path: Path, kilobytes: int) -> None:
    make_footage(tmp_path / "footage", 1)
    with small_disk(tmp_path / "disk", 8) as disk:
        fill(disk, kilobytes)
        rekindle = Rekindle(disk / "home", QUICK)
        done = rekindle.run("index", str(tmp_path / "footage"), "--json")
        assert done.returncode in (0, 6), done.stderr
        assert "Traceback" not in done.stderr
        said = json.loads(done.stdout)["dead_letters"][0] if done.returncode == 0 else json.loads(done.stderr)
        assert said["code"] == "no-space"
        assert said["remedy"]


def test_a_disk_that_fills_up_and_is_emptied_again(tmp_path: Path) -> None:
    names = make_footage(tmp_path / "footage", 4)
    chance = random.Random(SEED)
    with small_disk(tmp_path / "disk", 700) as disk:
        rekindle = Rekindle(disk / "home", QUICK)
        for attempt in range(3):
            growth, left = chance.randrange(1, 12), chance.choice([0, 100, 1000, 20_000])
            note = f"seed {SEED}, attempt {attempt}: {left} kB left after {growth} more files"
            wanted = files_in(rekindle.home) + growth
            with rekindle.started("index", str(tmp_path / "footage"), "--json") as process:
                wait_until(lambda at=wanted: files_in(rekindle.home) >= at, process)  # type: ignore[misc]
                ballast = fill(disk, left)
                said, complaint = process.communicate(timeout=120)
            assert process.returncode in (0, 6), f"{note}: {complaint}"
            assert "Traceback" not in complaint, f"{note}: {complaint}"
            codes = {letter["code"] for letter in json.loads(said)["dead_letters"]} if said else {"no-space"}
            assert codes <= {"no-space"}, note
            ballast.unlink()
        ended = rekindle.json("index")
        assert (ended["state"], ended["failed"]) == ("finished", 0), f"{note}: {ended}"
        assert_sound(rekindle, names, note)
