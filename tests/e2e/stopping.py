"""Footage to index, and ways to stop the command that does it at a moment of one's choice."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from foundation.settings import load
from tests import material
from tests.e2e.command import Rekindle
from tests.e2e.forked import ForkedCommand
from tests.e2e.soundness import assert_whole

SEED = int(os.environ.get("REKINDLE_TEST_SEED", "20240607"))
CLIPS = 6
KILLS = 5


def make_footage(folder: Path, count: int = CLIPS, seconds: float = 3) -> set[str]:
    for number in range(count):
        pictures = [f"color=c=0x{(number * 29 + n * 97) % 256:02x}8040" for n in range(3)]
        third = seconds / 3
        clip = material.clip(
            folder / f"clip {number}.mp4", seconds, size="640x360", cuts=(third, 2 * third), pictures=pictures
        )
        material.sidecar(clip.with_suffix(".srt"), [(0.5, 2.5, f"This is clip number {number}, said aloud.")])
    return {f"clip {number}.mp4" for number in range(count)}


def wait_until(what: Callable[[], bool], process: ForkedCommand, seconds: float = 120) -> None:
    """Wait for something, or for the process to end."""
    deadline = time.monotonic() + seconds
    while not what() and process.poll() is None:
        assert time.monotonic() < deadline, f"it never happened (seed {SEED})"
        time.sleep(0.01)


def files_in(home: Path) -> int:
    return sum(1 for _ in (home / "derived").rglob("*"))


def kill_group(process: ForkedCommand, number: signal.Signals) -> None:
    """Send a signal to the command and everything it started, as a terminal or an impatient person does."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def assert_sound(rekindle: Rekindle, names: set[str], note: str) -> None:
    """Everything indexed once, and `rekindle check` has nothing to say."""
    assert_whole(load(rekindle.home).layout, names, note)
    assert rekindle.json("check", "--deep") == [], note
