"""SIGKILL at every step of real moves in real processes."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.contract.removals import removal
from tests.faults.tiering.conftest import KILLS


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "kills"), [(1, 10), *((seed, 40) for seed in range(2, 2 + KILLS // 34))])
def test_a_killed_mover_loses_no_master(
    tmp_path: Path, seed: int, kills: int, record_property: Callable[[str, object], None]
) -> None:
    masters = {f"reel/{n}.mov": bytes([n]) * (300_000 + n) for n in range(kills)}
    archive = removal("folder to vault", tmp_path, None)
    assets = [archive.add(key, data) for key, data in masters.items()]
    archive.wrap(*assets)
    archive.begin()
    expected = {key: hashlib.sha256(data).hexdigest() for key, data in masters.items()}
    (archive.home / "expected.json").write_text(json.dumps(expected))
    archive.catalog.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.tiering.kill_moves", str(archive.home), str(seed), str(kills)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}: {done.stdout}{done.stderr}"
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["unfinished"] == 0, f"seed {seed}: {told}"
    assert told["struck"] >= kills // 2, told
    record_property("kills", told["struck"])
    assert {key: (tmp_path / "far" / key).read_bytes() for key in masters} == masters
    assert [path for path in (tmp_path / "near").rglob("*") if path.is_file()] == []
    assert list(tmp_path.rglob(".rekindle-*")) == []
