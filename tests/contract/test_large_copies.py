"""Masters above what S3 copies in one request: copied in parts, proven as a whole, nothing left open."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from moto.s3.models import FakeBucket, FakeMultipart, s3_backends

from archive_tiering.moves.mover import OpenWriter
from archive_tiering.prices.moving import Way
from archive_tiering.s3.store import s3_client
from archive_tiering.writers.master_writer import BY_STORE_SHA256, MasterWriter
from archive_tiering.writers.s3 import S3Bucket, S3Writer
from archive_tiering.writers.s3_copying import Limits
from archive_tiering.writers.s3_in_place import S3InPlace
from catalog.model import Location, Move, MoveState
from tests.contract.removal import SOURCE, Removal
from tests.contract.removals import removal
from tests.fakes.glacier_moto import GlacierServer, found_bucket, raw_client
from tests.faults.tiering.dying import Killed

LIMITS = Limits(whole=8 << 20, part=5 << 20)
"""As small as S3 lets parts be."""
DATA = bytes(range(256)) * (11 << 12)
"""11 MiB: three parts."""
COPIES = {"s3 to s3": 1, "s3 in place": 2}
"""How often the bytes are copied: in place first to safety."""

AtPart = Callable[[int], object]


def writers(archive: Removal, at_part: AtPart = lambda number: None) -> OpenWriter:
    """Writers with low limits; ``at_part`` is told before each part, counted from 1."""
    counted = iter(range(1, 100))

    def opened(location: Location, way: Way) -> MasterWriter:
        name, _, prefix = location.uri.removeprefix("s3://").partition("/")
        client = s3_client(archive.settings.s3)
        client.meta.events.register("before-call.s3.UploadPartCopy", lambda **_: at_part(next(counted)))
        bucket = S3Bucket(client, name, prefix, archive.store(location.id), egress=False)
        if way is Way.IN_PLACE:
            return S3InPlace(bucket, LIMITS)
        return S3Writer(bucket, copies=True, limits=LIMITS)

    return opened


def work(archive: Removal, at_part: AtPart = lambda number: None) -> Move:
    archive.clock.advance(hours=2)
    archive.mover(writers=writers(archive, at_part)).run(threading.Event())
    (move,) = archive.moves()
    return move


def at(number: int, act: Callable[[], object]) -> AtPart:
    return lambda now: act() if now == number else None


def killed() -> None:
    raise Killed


def cut_off() -> None:
    raise EndpointConnectionError(endpoint_url="s3")


def named(archive: Removal) -> dict[str, str]:
    """Where the catalog says that the master lies."""
    (move,) = archive.moves()
    bucket, _, key = archive.copy_of(move.asset_id).essence.uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def kept_buckets() -> list[FakeBucket]:
    """As the server keeps them."""
    return [b for regions in s3_backends.values() for one in regions.values() for b in one.buckets.values()]


def open_uploads() -> list[FakeMultipart]:
    return [upload for bucket in kept_buckets() for upload in bucket.multiparts.values()]


@pytest.fixture(params=COPIES)
def pair(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def large(pair: str, glacier: GlacierServer, tmp_path: Path) -> Iterator[Removal]:
    for bucket in kept_buckets():
        bucket.multiparts.clear()
    archive = removal(pair, tmp_path, glacier)
    archive.wrap(archive.add("a.mov", DATA))
    archive.begin()
    glacier.calls.clear()
    yield archive
    archive.catalog.close()


def parts_of(glacier: GlacierServer) -> list[int]:
    """What was answered to each part."""
    return [call.status for call in glacier.calls if call.method == "PUT" and "partNumber" in call.query]


def demand_moved(archive: Removal, move: Move) -> None:
    assert (move.state, move.error) == (MoveState.DONE, None)
    assert [item.verified for item in move.objects] == [BY_STORE_SHA256]
    assert archive.read("a.mov") == DATA
    assert list(archive.listing(move.to_location)) == ["a.mov"]
    assert archive.copy_of(move.asset_id).essence.etag == archive.listing(move.to_location)["a.mov"].etag
    assert open_uploads() == []


def test_parts_are_copied_by_the_store_and_proven(large: Removal, pair: str, glacier: GlacierServer) -> None:
    client, tags = raw_client(glacier.url), [{"Key": "owner", "Value": "post"}]
    client.put_object_tagging(**named(large), Tagging={"TagSet": tags})
    demand_moved(large, work(large))
    assert client.head_object(**named(large))["ContentType"] == "video/mxf"
    backend, bucket = found_bucket(named(large)["Bucket"])
    assert backend.tagger.get_tag_dict_for_resource(bucket.keys["films/a.mov"].arn) == {"owner": "post"}
    assert parts_of(glacier) == [200] * 3 * COPIES[pair]


@pytest.mark.parametrize("act", [killed, cut_off])
def test_what_stops_in_the_middle_goes_on_and_leaves_nothing_open(
    large: Removal, pair: str, act: Callable[[], object]
) -> None:
    for number in range(2, 3 * COPIES[pair] + 1, 3):
        with contextlib.suppress(Killed):
            work(large, at(number, act))
        assert len(open_uploads()) == 1
        assert large.read_source("a.mov") == DATA
    demand_moved(large, work(large))


@pytest.mark.parametrize("pair", ["s3 to s3"])
def test_what_is_given_up_in_the_middle_leaves_nothing_open(large: Removal) -> None:
    with contextlib.suppress(Killed):
        work(large, at(3, killed))
    large.unwrap()
    assert work(large).state is MoveState.CANCELLED
    assert (large.read("a.mov"), large.read_source("a.mov"), open_uploads()) == (None, DATA, [])


@pytest.mark.parametrize("pair", ["s3 to s3"])
def test_parts_of_two_objects_are_never_put_together(large: Removal, glacier: GlacierServer) -> None:
    other = DATA[::-1]
    move = work(large, at(2, lambda: large.put("a.mov", other)))
    assert (move.state, parts_of(glacier)) == (MoveState.FAILED, [200, 412])
    assert (large.read("a.mov"), large.read_source("a.mov"), open_uploads()) == (None, other, [])
    assert large.copy_of(move.asset_id).location_id == SOURCE
