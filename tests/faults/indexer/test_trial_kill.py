"""Kill -9 while another pack encodes: what was acknowledged stays, and the same command goes on."""

import multiprocessing
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.model import VectorFile
from foundation.settings import IndexerSettings
from indexer.engine_local import reclaim
from indexer.worker_process import work_in_process
from search_api.bootstrap import build_services
from search_api.services.pack_desk import PackDesk
from tests import material
from tests.fakes.pack_folder import make_visual_pack
from tests.indexing import Archive

pytestmark = pytest.mark.usefixtures("warm_workers")

KILLS = 4


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path, indexer=IndexerSettings(workers=1, lease_seconds=60, attempts=2 * KILLS))
    for number in range(6):
        material.clip(made.root / f"{number}.mp4", 3, cuts=(1, 2), text=str(number))
    made.services.packs.use("visual", "starter")
    made.services.packs.add(make_visual_pack(tmp_path / "tiny"))
    made.index()
    yield made
    made.services.close()


def encoded(archive: Archive) -> dict[str, VectorFile]:
    with archive.read() as reader:
        return {file.asset_id: file for file in reader.facts.vector_files() if file.encoder == "tiny"}


def killed(archive: Archive, seconds: float) -> None:
    """A worker that is killed so long after it took its first job."""
    settings = archive.services.settings
    worker = multiprocessing.get_context("spawn").Process(target=work_in_process, args=(settings, None, ()))
    worker.start()
    deadline = time.monotonic() + 60
    while not leased(archive) and worker.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(seconds)
    worker.kill()
    worker.join()
    reclaim(archive.services.catalog, archive.services.home)


def leased(archive: Archive) -> bool:
    with archive.read() as reader:
        return bool(reader.jobs.active(None))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_nothing_acknowledged_is_lost_and_nothing_is_skipped(archive: Archive, seed: int) -> None:
    chance = random.Random(seed)
    api = build_services(archive.services.settings)
    desk: PackDesk = api.pack_desk
    run = desk.begin("visual", "tiny")[1]
    for _ in range(KILLS):
        before = encoded(archive)
        killed(archive, chance.uniform(0.0, 0.4))
        after = encoded(archive)
        assert {asset: after.get(asset) for asset in before} == before
        held = {item.role: item.coverage for item in desk.audit("visual")}
        assert held["trial"].expected == held["trial"].encoded + held["trial"].missing == 18
        assert held["serving"].is_whole
        run = desk.begin("visual", "tiny")[1]
    ended = archive.finish(run.id)
    assert (ended.state, ended.failed) == ("finished", 0)
    assert next(item for item in desk.audit("visual") if item.role == "trial").coverage.is_whole
    assert not list(archive.services.home.derived.glob("*/*/vectors/.*"))
    api.close()
