"""Packs that take long to export: made once for all workers of a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.e2e.command import Rekindle


@pytest.fixture(scope="session")
def miniclip_packs(testdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packs with miniclip, as ``rekindle packs add`` installs it; to be copied, not to be written to."""
    mine = tmp_path_factory.getbasetemp()
    home = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "miniclip"
    done = home.with_suffix(".done")
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            Rekindle(home).json("packs", "add", "visual", f"local-dir:{testdata / 'models' / 'miniclip'}")
            done.touch()
    return home / "packs"
