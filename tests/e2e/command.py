"""Runs the command line as a person would: one process per command, one home per test."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Rekindle:
    """The command line on one home."""

    home: Path
    settings: tuple[tuple[str, str], ...] = ()

    def run(self, *arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("REKINDLE_")}
        return subprocess.run(
            [sys.executable, "-m", "scripts.rekindle", "--home", str(self.home), *arguments],
            capture_output=True, text=True, timeout=timeout, check=False, env=kept | dict(self.settings),
        )  # fmt: skip

    def json(self, *arguments: str, exit_code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == exit_code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout)

    def search(self, query: str, *arguments: str) -> list[dict[str, Any]]:
        hits: list[dict[str, Any]] = self.json("search", query, *arguments)["hits"]
        return hits
