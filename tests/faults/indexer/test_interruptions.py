"""Stopped, killed, robbed of a lease: nothing is lost, nothing is half-written, the next run finishes."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from catalog.model import RenditionRole
from foundation.errors import Interrupted
from foundation.ids import RunId
from foundation.settings import IndexerSettings
from indexer.backfill import Worker
from indexer.engine_local import LocalEngine, reclaim
from indexer.lease import Lease
from indexer.presence import is_gone, new_owner, present
from indexer.worker_process import work_in_process
from tests import material
from tests.indexing import Archive

pytestmark = pytest.mark.usefixtures("warm_workers")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path, indexer=IndexerSettings(workers=2, lease_seconds=60))
    yield made
    made.services.close()


def wait_until(what: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def finished(archive: Archive, run: RunId) -> bool:
    with archive.read() as reader:
        return reader.runs.get(run).state == "finished"


def whole(archive: Archive, names: set[str]) -> None:
    found = archive.assets()
    assert set(found) == names
    with archive.read() as reader:
        for asset in found.values():
            assert asset.indexed_at is not None
            folder = archive.services.home.asset(asset.id)
            for rendition in reader.facts.renditions(asset.id).values():
                assert (folder / rendition.path).stat().st_size == rendition.size
            assert not [
                path for path in folder.rglob("*") if ".part" in path.name or path.name.startswith(".tmp")
            ]


@pytest.mark.slow
def test_the_engine_indexes_with_processes_and_stops(archive: Archive) -> None:
    for n in range(3):
        material.still(archive.root / f"{n}.png", colour=f"#{n}0a0f0")
    run = archive.order()
    engine = LocalEngine(archive.services.settings, run=run)
    engine.start()
    wait_until(lambda: finished(archive, run))
    wait_until(lambda: engine.alive() == 0)
    engine.stop()
    engine.stop()
    whole(archive, {"0.png", "1.png", "2.png"})


@pytest.mark.slow
def test_an_engine_with_nothing_to_walk_starts_no_process(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    material.still(archive.root / "a.png")
    archive.index()
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: pytest.fail("a process was started"))
    run = archive.order()
    engine = LocalEngine(archive.services.settings, run=run)
    engine.start()
    wait_until(lambda: finished(archive, run))
    engine.stop()


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["proxy", "look", None])
def test_kill_9_in_the_middle_and_the_next_run_finishes(archive: Archive, stage: str | None) -> None:
    material.clip(archive.root / "a.mp4", 8, size="1280x720")
    archive.order()
    settings = archive.services.settings
    worker = multiprocessing.get_context("spawn").Process(target=work_in_process, args=(settings, None, ()))
    worker.start()
    wait_until(lambda: _has_begun(archive, stage))
    os.kill(worker.pid or 0, signal.SIGKILL)
    worker.join()
    with archive.read() as reader:
        assert all(asset.indexed_at is None for asset in archive.assets().values())
        assert len(reader.jobs.active(None)) == 1
    assert reclaim(archive.services.catalog, archive.services.home) == 1
    run = archive.index()
    assert (run.state, run.done, run.failed) == ("finished", 1, 0)
    whole(archive, {"a.mp4"})
    assert list(archive.services.home.scratch.iterdir()) == []


def _has_begun(archive: Archive, stage: str | None) -> bool:
    if stage == "look":
        return any(_has_proxy(archive))
    if stage == "proxy":
        return any(archive.services.home.derived.rglob("*.part*"))
    with archive.read() as reader:
        return any(job.kind == "walk" for job in reader.jobs.active(None))


def _has_proxy(archive: Archive) -> Iterator[bool]:
    with archive.read() as reader:
        for asset in archive.assets().values():
            yield RenditionRole.PROXY in reader.facts.renditions(asset.id)


@pytest.mark.slow
def test_the_engine_replaces_a_worker_that_was_killed(archive: Archive) -> None:
    material.clip(archive.root / "a.mp4", 8, size="1280x720")
    run = archive.order()
    engine = LocalEngine(archive.services.settings, run=run)
    engine.start()
    wait_until(lambda: _has_begun(archive, "proxy"))
    for child in multiprocessing.active_children():
        os.kill(child.pid or 0, signal.SIGKILL)
    wait_until(lambda: finished(archive, run))
    engine.stop()
    whole(archive, {"a.mp4"})


@pytest.mark.slow
def test_stopping_puts_the_job_back_without_counting_it(archive: Archive) -> None:
    material.clip(archive.root / "a.mp4", 8, size="1280x720")
    run = archive.order()
    engine = LocalEngine(archive.services.settings, run=run)
    engine.start()
    wait_until(lambda: _has_begun(archive, "proxy"))
    engine.stop()
    with archive.read() as reader:
        assert reader.jobs.active(None) == []
        assert reader.jobs.unfinished(run) == 1
        assert reader.runs.get(run).failed == 0
    again = archive.index()
    assert (again.done, again.failed) == (1, 0)
    whole(archive, {"a.mp4"})


def test_a_job_that_kills_workers_is_given_up(archive: Archive) -> None:
    material.still(archive.root / "a.png")
    run = archive.order()
    discoverer = Worker(archive.services, Event(), run, ("discover",))
    assert discoverer.work_once()
    for n in range(archive.services.settings.indexer.attempts):
        with archive.services.catalog.write() as writer:
            assert writer.jobs.lease(f"{os.uname().nodename}:1:dead{n}", run=run, seconds=60)
        assert reclaim(archive.services.catalog, archive.services.home) == 1
    ended = archive.finish(run)
    assert (ended.state, ended.failed) == ("finished", 1)
    assert [letter.code for letter in archive.letters().values()] == ["worker-lost"]
    assert archive.index().done == 1


def test_a_worker_that_lost_its_lease_writes_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    material.still(archive.root / "a.png")
    run = archive.order()
    Worker(archive.services, Event(), run, ("discover",)).work_once()
    robbed = _robbing(archive)
    monkeypatch.setattr("indexer.proxy.expect_unchanged", robbed)
    Worker(archive.services, Event(), run).work_once()
    asset = archive.assets()["a.png"]
    with archive.read() as reader:
        assert reader.facts.renditions(asset.id) == {}
        assert [job.lease_owner for job in reader.jobs.active(run)] == ["thief"]


def _robbing(archive: Archive) -> Callable[..., None]:
    def rob(*_: object) -> None:
        with archive.services.catalog.write() as writer:
            (job,) = writer.jobs.active(None)
            writer.jobs.release(job.id, job.lease_owner or "")
            assert writer.jobs.lease("thief", run=None, seconds=60)

    return rob


def test_a_lease_is_kept_alive_beside_the_work(archive: Archive) -> None:
    with archive.services.catalog.write() as writer:
        writer.jobs.enqueue("walk", "k", {}, run=None, asset=None)
        job = writer.jobs.lease("me", run=None, seconds=0.6)
    assert job is not None
    stop = Event()
    with Lease(archive.services.catalog, job, "me", seconds=0.6, stop=stop) as lease:
        lease.report("proxy", 0.5)
        time.sleep(1.2)
        with archive.services.catalog.write() as writer:
            assert writer.jobs.lease("other", run=None, seconds=60) is None
            assert [(j.stage, j.progress) for j in writer.jobs.active(None)] == [("proxy", 0.5)]
        stop.set()
        with pytest.raises(Interrupted):
            lease.report("proxy", 0.6)


def test_presence_ends_with_its_process(archive: Archive) -> None:
    home, owner = archive.services.home, new_owner()
    with present(home, owner):
        assert not is_gone(home, owner)
    assert is_gone(home, owner)
    assert not is_gone(home, "another-host:1:x")
