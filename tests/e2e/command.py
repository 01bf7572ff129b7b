"""Runs the command line as a person would: one process per command, one home per test.

Commands are forks (:mod:`tests.e2e.forked`) unless they are to start from nothing.
"""

import ctypes
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.forked import ForkedCommand, run_forked

QUICK = (
    ("REKINDLE_SIGNALS__SPEECH", "false"),
    ("REKINDLE_SIGNALS__ONSCREEN", "false"),
    ("REKINDLE_SIGNALS__DESCRIPTORS", "false"),
)
"""Settings that leave out what takes long and is not what a test is about."""

_DROP_FROM_BOUNDING_SET, _READ_ALL, _SEARCH_ALL = 24, 1, 2


def obey_permissions() -> None:
    """Give up root's right to read and write everything, from the next exec on; nothing for others."""
    for right in (_READ_ALL, _SEARCH_ALL):
        ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, right, 0, 0, 0)


@dataclass(frozen=True)
class Rekindle:
    """The command line on one home."""

    home: Path
    settings: tuple[tuple[str, str], ...] = ()
    obeys_permissions: bool = False
    own_interpreter: bool = False

    def run(self, *arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        if not (self.own_interpreter or self.obeys_permissions):
            return run_forked(["--home", str(self.home), *arguments], self.environment(), timeout)
        return subprocess.run(
            self.typed(arguments), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout, check=False, env=self.environment(),
            preexec_fn=obey_permissions if self.obeys_permissions else None,
        )  # fmt: skip

    def answered(self, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command whose question is answered by somebody at a terminal."""
        ours, theirs = pty.openpty()
        try:
            os.write(ours, f"{answer}\n".encode())
            typed = ["--home", str(self.home), *arguments]
            return run_forked(typed, self.environment(), 900, terminal=os.ttyname(theirs))
        finally:
            os.close(ours)
            os.close(theirs)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[ForkedCommand]:
        """A command that runs beside the test, as leader of a process group of its own; gone afterwards."""
        typed = ["--home", str(self.home), *arguments]
        with tempfile.TemporaryDirectory() as folder:
            # Its workers are spawned: whoever signals the group reaches them, too.
            process = ForkedCommand(typed, self.environment(), Path(folder), warm_workers=False)
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def typed(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "scripts.rekindle", "--home", str(self.home), *arguments]

    def environment(self) -> dict[str, str]:
        """As a person has it: none of our settings, and standard output that is buffered as usual."""
        hidden = ("REKINDLE_", "PYTHONUNBUFFERED")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        return kept | dict(self.settings)

    def json(self, *arguments: str, exit_code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == exit_code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def search(self, query: str, *arguments: str) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = self.json("search", query, *arguments)["hits"]
        return hits
