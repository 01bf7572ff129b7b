"""Commands as forks of one process that has imported what they need; most of a short command is imports.

Each still is a process of its own, with the environment, the output and the exit code of its own. So is each
of its index workers, but for the environment, which is that of the process that all are forks of.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path


def run_forked(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float, *, terminal: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``rekindle`` with these arguments, as :func:`subprocess.run` would.

    Args:
        arguments: What is typed behind the program's name.
        environment: All of its environment.
        timeout: Seconds that it may take.
        terminal: Path of the terminal that somebody sits before; nobody does where None.

    Raises:
        TimeoutExpired: It took longer, and was killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        child = ForkedCommand(arguments, environment, Path(folder), warm_workers=True, terminal=terminal)
        try:
            said, complaint = child.communicate(timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
        return subprocess.CompletedProcess(list(arguments), child.wait(), said, complaint)


class ForkedCommand:
    """A command that runs beside the test; what it is asked for it answers as :class:`subprocess.Popen` does.

    Args:
        arguments: Of ``rekindle``.
        environment: All of it.
        folder: Takes what it prints, until that was read.
        warm_workers: Its index workers are forks as well, and then not of its process group.
        terminal: Path of the terminal that somebody sits before; nobody does where None.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        warm_workers: bool,
        terminal: str | None = None,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.e2e.warm"])
        self._arguments = list(arguments)
        self._said, self._complaint = folder / "stdout", folder / "stderr"
        texts = (self._said, self._complaint)
        given = (self._arguments, dict(environment), texts, warm_workers, terminal)
        self._process = context.Process(target=_command, args=given)
        self._process.start()
        while self._process.exitcode is None and os.getpgid(self.pid) != self.pid:
            time.sleep(0.001)

    @property
    def pid(self) -> int:
        """Its own, and that of its process group."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """What it ended with, the negative number of a signal that killed it, or None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Likewise."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """What it ends with.

        Raises:
            TimeoutExpired: It still runs.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._arguments, timeout or 0, *map(_read, self._texts()))
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has said and what it complained of, once it ended; raises as :meth:`wait` does."""
        self.wait(timeout)
        said, complaint = map(_read, self._texts())
        return said.decode(), complaint.decode()

    def kill(self) -> None:
        """End it, and wait until it has."""
        self._process.kill()
        self._process.join()

    def _texts(self) -> tuple[Path, Path]:
        return self._said, self._complaint


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _command(
    arguments: list[str],
    environment: dict[str, str],
    texts: tuple[Path, Path],
    warm_workers: bool,
    terminal: str | None,
) -> None:
    from scripts.rekindle import main  # the test's own process never loads it

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(texts, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    if terminal is not None:
        sys.stdin = os.fdopen(os.open(terminal, os.O_RDWR | os.O_NOCTTY))
    sys.argv = ["rekindle", *arguments]
    if warm_workers:
        _bear_workers_warm()
    main(arguments)


def _bear_workers_warm() -> None:
    """Workers, which would be spawned, are born of the server that bore this process."""
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    forks = multiprocessing.get_context("forkserver")
    multiprocessing.get_context = lambda method=None: forks  # type: ignore[method-assign,assignment]
