"""Commands that run while a test goes on."""

import subprocess

from tests.e2e.command import Rekindle


class Started:
    """A command that runs in the background, killed at the block's end if it still runs."""

    def __init__(self, rekindle: Rekindle, *arguments: str) -> None:
        self._child = subprocess.Popen(
            rekindle.typed(arguments), env=rekindle.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> subprocess.Popen[str]:
        return self._child

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()
