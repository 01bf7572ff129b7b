"""Cold backfills killed again and again: every master is paid for once, and all of them come in."""

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from catalog.model import LocationKind, RenditionRole
from foundation.settings import IndexerSettings, TieringSettings
from indexer.engine_local import reclaim
from indexer.worker_process import work_in_process
from tests import material
from tests.indexing import Archive

MASTERS = 4


@pytest.mark.slow
@pytest.mark.usefixtures("warm_workers")
@pytest.mark.parametrize("seed", [1, 2])
def test_kill_9_in_the_waves_never_charges_twice(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    (tmp_path / "footage").mkdir()
    terms = {"retrieval": {"standard": 0.2, "bulk": 0.2}, "prices": {"standard": 50, "bulk": 50}}
    (tmp_path / "footage" / ".vault.json").write_text(json.dumps(terms))
    archive = Archive.open(
        tmp_path,
        kind=LocationKind.VAULT,
        indexer=IndexerSettings(workers=1, attempts=50),
        tiering=TieringSettings(backfill_bytes=1),
    )
    try:
        for n in range(MASTERS):
            material.still(archive.root / f"{n}.png", colour=f"#{n}0a0f0")
        run = archive.order(cold=True, budget="5")
        kills = 0
        while kills < 6:
            worker = multiprocessing.get_context("spawn").Process(
                target=work_in_process, args=(archive.services.settings, run, ())
            )
            worker.start()
            worker.join(0.1 + 1.5 * chance.random())
            if worker.exitcode is None:
                os.kill(worker.pid or 0, signal.SIGKILL)
                kills += 1
                worker.join()
                reclaim(archive.services.catalog, archive.services.home)
            else:
                break
            time.sleep(0.05)
        ended = archive.finish(run)
        assert (ended.state, ended.failed, archive.letters()) == ("finished", 0, {})
        _sound(archive)
    finally:
        archive.services.close()


def _sound(archive: Archive) -> None:
    with archive.read() as reader:
        restores = reader.restores.find()
        assert len({(r.uri, r.version) for r in restores}) == len(restores) == MASTERS
        assert [r.asked for r in restores] == [1] * MASTERS
        for restore in restores:
            assert len(reader.spending.entries(restore.id)) == 1
        for asset in archive.assets().values():
            assert RenditionRole.STILL in reader.facts.renditions(asset.id)
