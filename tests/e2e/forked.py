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
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.e2e.warm"])
    with tempfile.TemporaryDirectory() as folder:
        said, complaint = Path(folder) / "stdout", Path(folder) / "stderr"
        given = (list(arguments), dict(environment), said, complaint, terminal)
        child = context.Process(target=_command, args=given)
        child.start()
        child.join(timeout)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(
                list(arguments), timeout, said.read_bytes(), complaint.read_bytes()
            )
        return subprocess.CompletedProcess(
            list(arguments), child.exitcode, said.read_text("utf-8"), complaint.read_text("utf-8")
        )


def _command(
    arguments: list[str], environment: dict[str, str], said: Path, complaint: Path, terminal: str | None
) -> None:
    from scripts.rekindle import main  # the test's own process never loads it

    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, said), (2, complaint)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    if terminal is not None:
        sys.stdin = os.fdopen(os.open(terminal, os.O_RDWR))
    sys.argv = ["rekindle", *arguments]
    # Its workers, which would be spawned, are born warm as well: of the server that bore this process.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    forks = multiprocessing.get_context("forkserver")
    multiprocessing.get_context = lambda method=None: forks  # type: ignore[method-assign,assignment]
    main(arguments)
