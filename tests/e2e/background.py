"""Commands that run while a test goes on."""

import os
import subprocess
import sys

from tests.e2e.command import Rekindle


class Started:
    """A command that runs in the background, killed at the block's end if it still runs."""

    def __init__(self, rekindle: Rekindle, *arguments: str) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("REKINDLE_")}
        self._child = subprocess.Popen(
            [sys.executable, "-m", "scripts.rekindle", "--home", str(rekindle.home), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept | dict(rekindle.settings),
        )  # fmt: skip

    def __enter__(self) -> subprocess.Popen[str]:
        return self._child

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()
