"""Listings that lack much: half-mounted disks are not believed, people are; and kills amid the merge."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from catalog.model import Asset, AssetKind, Instance, Job
from foundation.errors import Interrupted, ManyMissing
from foundation.ids import AssetId, InstanceId, mint
from foundation.settings import IndexerSettings
from indexer.candidates import grouped
from indexer.discover import Discoverer
from indexer.lease import Lease
from indexer.listing import Pass
from tests.indexing import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path, indexer=IndexerSettings(workers=1, loss_share=0.1, loss_count=5))
    yield made
    made.services.close()


def fill(archive: Archive, names: list[str]) -> None:
    """Files that are on record as indexed; nothing is walked here."""
    for name in names:
        path = archive.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    remember(archive)


def remember(archive: Archive) -> None:
    listed = archive.services.open_store(archive.location).list()
    with archive.services.catalog.write() as writer:
        known = dict(writer.assets.known_page(archive.location.id, limit=100_000))
        for found in grouped(item for item in listed if isinstance(item, ObjectInfo)):
            if found.name not in known:
                asset = Asset(AssetId(mint("ast")), AssetKind.VIDEO, found.name, archive.location.id)
                copy = Instance(
                    InstanceId(mint("ins")),
                    asset.id,
                    archive.location.id,
                    found.name,
                    found.kind,
                    found.objects,
                )
                writer.assets_writer.register(asset, copy)


def discover(archive: Archive, *, accept_losses: bool = False, prefix: str | None = None) -> Job:
    """One discovery alone; what it orders stays in the ledger."""
    payload = {"location": archive.location.id, "accept_losses": accept_losses, "prefix": prefix}
    with archive.services.catalog.write() as writer:
        run = writer.runs.start()
        writer.jobs.enqueue("discover", mint("key"), payload, run=run, asset=None)
        job = writer.jobs.lease("tester", run=run, seconds=60, kinds=("discover",))
    assert job is not None
    _work(archive, job)
    return job


def _work(archive: Archive, job: Job) -> None:
    from threading import Event

    with Lease(archive.services.catalog, job, "tester", seconds=60, stop=Event()) as lease:
        Discoverer(archive.services).run(lease)


def gone(archive: Archive) -> set[str]:
    with archive.read() as reader:
        return {
            n
            for n, item in dict(reader.assets.known_page(archive.location.id, limit=100_000)).items()
            if not item.available
        }


def clips(folder: str, count: int) -> list[str]:
    return [f"{folder}/{number:03}.mov" for number in range(count)]


def test_a_half_mounted_disk_changes_nothing_until_somebody_says_so(archive: Archive) -> None:
    fill(archive, clips("disk1", 10) + clips("disk2", 10))
    shutil.rmtree(archive.root / "disk2")
    (archive.root / "disk1" / "new.mov").write_text("new")
    with pytest.raises(ManyMissing) as caught:
        discover(archive)
    assert caught.value.detail == {"location": "footage", "missing": 10, "known": 20}
    assert "--accept-losses" in caught.value.remedy
    assert gone(archive) == set()
    with archive.read() as reader:
        assert not reader.jobs.unfinished(None, ["walk"])
    discover(archive, accept_losses=True)
    assert gone(archive) == set(clips("disk2", 10))


@pytest.mark.parametrize(
    ("there", "lost", "believed"),
    [(60, 6, True), (60, 7, False), (10, 5, True), (10, 6, False)],
)
def test_how_much_may_be_missing(archive: Archive, there: int, lost: int, *, believed: bool) -> None:
    names = clips("a", there)
    fill(archive, names)
    for name in names[:lost]:
        (archive.root / name).unlink()
    if believed:
        discover(archive)
    else:
        with pytest.raises(ManyMissing):
            discover(archive)
    assert gone(archive) == (set(names[:lost]) if believed else set())


def test_what_moved_is_not_lost(archive: Archive) -> None:
    fill(archive, clips("a", 12))
    (archive.root / "a").rename(archive.root / "b")
    discover(archive)
    assert gone(archive) == set()
    assert set(archive.assets()) == set(clips("b", 12))


def test_a_part_of_a_location_is_judged_by_what_is_known_there(archive: Archive) -> None:
    fill(archive, clips("a", 8) + clips("a-b", 80))
    shutil.rmtree(archive.root / "a")
    with pytest.raises(ManyMissing):
        discover(archive, prefix="a")
    discover(archive)
    assert gone(archive) == set(clips("a", 8))


def test_an_empty_location_is_never_believed(archive: Archive) -> None:
    fill(archive, clips("a", 3))
    shutil.rmtree(archive.root / "a")
    with pytest.raises(Exception, match="lists as empty"):
        discover(archive, accept_losses=True)
    assert gone(archive) == set()


def test_a_run_that_meets_it_ends_with_its_letter(archive: Archive) -> None:
    fill(archive, clips("a", 8) + clips("b", 2))
    shutil.rmtree(archive.root / "a")
    run = archive.index(prefix=None)
    assert (run.state, run.failed) == ("finished", 1)
    assert {letter.code for letter in archive.letters().values()} == {"many-missing"}


@pytest.mark.parametrize("fault", range(6))
def test_a_kill_amid_the_merge_changes_nothing_and_the_next_try_is_whole(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    dice = random.Random(fault)
    names = clips("a", 15) + clips("b", 15)
    fill(archive, names)
    lost = dice.sample(names, 3)
    for name in lost:
        (archive.root / name).unlink()
    moved = dice.choice([name for name in names if name not in lost])
    (archive.root / "c").mkdir()
    (archive.root / moved).rename(archive.root / "c" / "moved.mov")
    before, dies_at = _state(archive), dice.randrange(1, 28)
    seen = iter(range(1, 1000))
    store = archive.services.open_store(archive.location)
    listing = type(store).list

    def dying(self: object, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        for item in listing(self, prefix):  # type: ignore[arg-type]
            if next(seen) == dies_at:
                raise Interrupted("killed")
            yield item

    with monkeypatch.context() as patched:
        patched.setattr(type(store), "list", dying)
        with pytest.raises(Interrupted):
            discover(archive)
    assert _state(archive) == before, f"seed {fault}"
    discover(archive)
    assert gone(archive) == set(lost), f"seed {fault}"
    assert "c/moved.mov" in archive.assets()
    assert list(archive.services.home.scratch.iterdir()) == []


def _state(archive: Archive) -> object:
    with archive.read() as reader:
        return sorted(dict(reader.assets.known_page(archive.location.id, limit=100_000)).items())


def test_what_an_earlier_try_left_in_scratch_is_no_fact(archive: Archive) -> None:
    fill(archive, clips("a", 3))
    payload = {"location": archive.location.id}
    with archive.services.catalog.write() as writer:
        run = writer.runs.start()
        writer.jobs.enqueue("discover", "k", payload, run=run, asset=None)
        job = writer.jobs.lease("tester", run=run, seconds=60, kinds=("discover",))
    assert job is not None
    left = archive.services.home.scratch / job.id
    left.mkdir()
    (left / "differences.db").write_bytes(b"torn")
    _work(archive, job)
    assert gone(archive) == set()


def test_a_store_that_lists_out_of_order_loses_and_doubles_nothing(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = clips("a", 40)
    fill(archive, names)
    store = archive.services.open_store(archive.location)
    listing = type(store).list

    def shuffled(self: object, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        items = list(listing(self, prefix))  # type: ignore[arg-type]
        random.Random(4).shuffle(items)
        return iter(items)

    monkeypatch.setattr(type(store), "list", shuffled)
    before = _state(archive)
    (archive.root / names[7]).unlink()
    discover(archive)
    assert gone(archive) == {names[7]}
    assert {name for name, _ in before} == set(names)  # type: ignore[attr-defined]
    with archive.read() as reader:
        assert set(dict(reader.assets.known_page(archive.location.id, limit=100_000))) == set(names)


def test_memory_does_not_grow_with_a_location(archive: Archive) -> None:
    """What a pass holds is one segment, whatever the location has."""
    import tracemalloc

    from indexer.differences import Differences
    from indexer.listing import Listing

    def items(count: int) -> Iterator[ObjectInfo]:
        from tests.unit.indexer.test_candidates import info

        return (info(f"films/{number:09}.mxf") for number in range(count))

    peaks = []
    for count in (1_500, 4_500):
        with Differences(archive.services.home.scratch / "m") as found:
            tracemalloc.start()
            Pass(lambda _: True, 1e12, "r", lambda _: None).over(items(count), iter(()), Listing({}), found)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert found.counts().total() == count
    assert peaks[1] < 1.3 * peaks[0]
