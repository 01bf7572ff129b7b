"""Masters that Intelligent-Tiering archives while they wait to move: an end that says why, or a wait."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive_tiering.factory import open_restorer
from catalog.model import Move, MoveState, RestoreState
from foundation.ids import AssetId
from tests.contract.removal import SOURCE, Removal
from tests.contract.removals import removal
from tests.fakes.glacier_moto import GlacierServer, raw_client
from tests.faults.tiering.test_move_faults import acting_after, acting_before, finish

DATA = bytes(range(256)) * 1024
NEEDED = RestoreState.NEEDED
BESIDE = "a.wav"


def tiered(pair: str, root: Path, glacier: GlacierServer, *, egress: bool) -> Removal:
    """An archive whose masters are in INTELLIGENT_TIERING; ``egress`` says whether reading is billed."""
    archive = removal(pair, root, glacier)
    client = raw_client(glacier.url)

    def put(key: str, data: bytes) -> object:
        bucket, _, prefix = uri_of(archive).removeprefix("s3://").partition("/")
        where = {"Bucket": bucket, "Key": f"{prefix}/{key}"}
        return client.put_object(**where, Body=data, StorageClass="INTELLIGENT_TIERING")

    archive.put = put
    counted = archive.settings.tiering.model_copy(update={"count_egress": egress})
    archive.settings = archive.settings.model_copy(update={"tiering": counted})
    return archive


def uri_of(archive: Removal) -> str:
    with archive.catalog.read() as view:
        return view.locations.by_id(SOURCE).uri


def falls_asleep(archive: Removal, glacier: GlacierServer, key: str) -> Callable[[], None]:
    where = urlsplit(f"{uri_of(archive)}/{key}")
    return lambda: glacier.archive(where.netloc, where.path.lstrip("/"))


def restored(archive: Removal, asset: AssetId) -> None:
    """Somebody quotes it, agrees, and time passes until it is there."""
    restorer = open_restorer(archive.catalog, archive.settings, clock=archive.clock)
    restorer.request(restorer.quote([asset]).id)
    archive.clock.advance(hours=13)
    restorer.poll()


@pytest.fixture(params=["s3 in place", "s3 in place, versioned", "s3 to s3", "s3 to folder"])
def pair(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[True, False], ids=["egress", "free"])
def archive(
    pair: str, request: pytest.FixtureRequest, tmp_path: Path, glacier: GlacierServer
) -> Iterator[Removal]:
    made = tiered(pair, tmp_path, glacier, egress=bool(request.param))
    yield made
    made.catalog.close()


def demand_ended(archive: Removal, asset: AssetId, moves: list[Move]) -> None:
    (move,) = moves
    assert move.state is MoveState.FAILED, move
    assert "a.mov" in (move.error or "")
    (item,) = archive.copy_of(asset).objects
    assert (archive.copy_of(asset).location_id, item.restore) == (SOURCE, NEEDED), "quotes tell the truth"
    assert (archive.read_source("a.mov"), list(archive.listing(SOURCE))) == (DATA, ["a.mov"])
    with archive.catalog.read() as view:
        assert view.moves.spent(f"{archive.clock():%Y-%m}") == 0


def test_what_fell_asleep_before_it_was_read_ends_its_move(archive: Removal, glacier: GlacierServer) -> None:
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    falls_asleep(archive, glacier, "a.mov")()
    demand_ended(archive, asset, archive.run())


def test_what_falls_asleep_before_it_is_copied_ends_its_move(
    archive: Removal, glacier: GlacierServer
) -> None:
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    asleep = acting_before("stage", falls_asleep(archive, glacier, "a.mov"))
    archive.mover(asleep).run(threading.Event())
    demand_ended(archive, asset, finish(archive))


@pytest.mark.parametrize("pair", ["s3 in place", "s3 in place, versioned"])
def test_a_half_that_falls_asleep_is_waited_for(archive: Removal, glacier: GlacierServer) -> None:
    asset = archive.add("a.mov", DATA, (BESIDE, DATA[1:]))
    archive.wrap(asset)
    archive.begin()
    asleep = acting_after("stage", falls_asleep(archive, glacier, BESIDE))
    archive.mover(asleep).run(threading.Event())
    for _ in range(10):
        archive.clock.advance(hours=2)
        (move,) = archive.run()
    assert (move.state, move.attempts) == (MoveState.COPYING, 0)
    assert "once it is restored" in (move.error or "")
    assert [item.restore for item in archive.copy_of(asset).objects] == [RestoreState.NONE, NEEDED]
    restored(archive, asset)
    (move,) = finish(archive)
    assert (move.state, move.error) == (MoveState.DONE, None)
    assert {item.storage_class for item in archive.listing(SOURCE).values()} == {"DEEP_ARCHIVE"}
    assert (archive.read("a.mov"), archive.read(BESIDE)) == (DATA, DATA[1:])


def test_a_bucket_moves_what_sleeps_by_itself(tmp_path: Path, glacier: GlacierServer) -> None:
    archive = tiered("s3 tagged", tmp_path, glacier, egress=False)
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    falls_asleep(archive, glacier, "a.mov")()
    (move,) = archive.run()
    assert (move.state, move.error) == (MoveState.DONE, None)
    archive.catalog.close()
