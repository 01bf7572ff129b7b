"""The UI as a child process: Streamlit on a port of its own."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx

from foundation.errors import ApiUnreachable
from foundation.settings import Settings

APP = Path(__file__).resolve().parent.parent / "ui" / "app.py"
_START_SECONDS = 60.0


def api_address(host: str, port: int) -> str:
    """Return the address a browser on this machine reaches a listener at."""
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not used
    return f"http://[{loopback}]:{port}" if ":" in loopback else f"http://{loopback}:{port}"


def ui_log(settings: Settings) -> Path:
    """Return where the UI writes its log."""
    return settings.layout.logs / "ui.log"


class Ui:
    """Streamlit, from when it answers until the block ends.

    Args:
        api: Address of the API the UI speaks to.
        port: Port of the UI; 0 takes a free one.
        log: Where it writes what it has to say.
    """

    def __init__(self, api: str, port: int, log: Path) -> None:
        self._api = api
        self._port = port or _free_port()
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self._port}"

    def has_ended(self) -> bool:
        """Say whether the child is gone."""
        return self._child is None or self._child.poll() is not None

    def __enter__(self) -> Self:
        command = self._command()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter, arguments in a list
                command, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _command(self) -> list[str]:
        return [
            sys.executable, "-m", "streamlit", "run", str(APP),
            "--server.port", str(self._port), "--server.address", "127.0.0.1", "--server.headless", "true",
            "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none",
            "--client.toolbarMode", "minimal",
            "--", "--api", self._api,
        ]  # fmt: skip

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not self.has_ended():
            try:
                if httpx.get(f"{self.address}/_stcore/health", timeout=2.0, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise ApiUnreachable(
            f"The UI did not start on port {self._port}.", remedy="Choose another with REKINDLE_API__UI_PORT."
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
