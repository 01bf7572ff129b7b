"""Tells a tape robot to fetch a file: the one program that this package starts.

A vault's ``.vault.json`` names the command, but who may write into a vault does not decide what runs here:
only programs that the settings list are started. There is no shell; arguments are passed as they are.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from foundation.errors import BadSettings, StorageUnreachable
from foundation.settings import inherited

_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "TZ")
_TOLD = 400


class Recall:
    """Runs a vault's recall command.

    Args:
        command: Program (absolute path) and arguments; ``{path}`` in an argument stands for the file.
        timeout: Seconds until the command is stopped.
        allowed: Programs that may be started.

    Raises:
        BadSettings: The program is not among them.
    """

    def __init__(self, command: Sequence[str], timeout: float, allowed: Sequence[str]) -> None:
        if command[0] not in allowed:
            raise BadSettings(
                f"A vault asks to run {command[0]!r}, which is not allowed.",
                remedy=f"If you trust it: REKINDLE_TIERING__RECALL_COMMANDS='[\"{command[0]}\"]'.",
            )
        self._command = tuple(command)
        self._timeout = timeout

    def __call__(self, path: Path) -> None:
        """Ask for a file; returns when the robot has taken the order.

        Raises:
            StorageUnreachable: The command failed, or took too long.
        """
        arguments = [part.replace("{path}", str(path)) for part in self._command]
        environment = inherited(_KEPT)
        try:
            process = subprocess.Popen(  # noqa: S603 - the settings list the program, and there is no shell
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            raise StorageUnreachable(f"The recall command cannot be started: {error.strerror}.") from error
        try:
            _, said = process.communicate(timeout=self._timeout)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise StorageUnreachable(f"The recall command took longer than {self._timeout:g} s.") from error
        if process.returncode:
            words = said.decode(errors="replace").strip()[:_TOLD]
            raise StorageUnreachable(f"The recall command ended with {process.returncode}: {words}")
