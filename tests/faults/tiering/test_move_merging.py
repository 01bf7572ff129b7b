"""Assets that are merged, withdrawn or erased, and copies that are replaced, before a source is deleted."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.model import Asset, AssetKind, AssetState, Instance, InstanceKind, MoveState
from foundation.ids import AssetId, InstanceId, mint
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import removal
from tests.fakes.glacier_moto import raw_client
from tests.faults.tiering.test_move_faults import acting_after, acting_before, finish

DATA = bytes(range(256)) * 1024
CUT = b"a new cut" * 50_000
IN_PLACE = ("s3 in place", "s3 in place, versioned")


@pytest.fixture(params=["folder to vault", "folder to s3", "s3 to s3", *IN_PLACE])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    server = request.getfixturevalue("glacier") if "s3" in request.param else None
    made = removal(request.param, tmp_path, server)
    yield made
    made.catalog.close()


def begun(archive: Removal) -> AssetId:
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    return asset


def set_state(archive: Removal, asset: AssetId, state: AssetState) -> None:
    with archive.catalog.write() as tx:
        tx.assets_writer.set_state(asset, state)


def met_and_withdrawn(archive: Removal) -> Callable[[], None]:
    """A walk meets the copy before the catalog has it, and somebody withdraws what it registered."""

    def walk() -> None:
        found = archive.listing(TARGET)["a.mov"]
        met = Asset(AssetId(mint("ast")), AssetKind.VIDEO, "a.mov", TARGET)
        (origin,) = archive.moves()
        (item,) = archive.copy_of(origin.asset_id).objects
        essence = type(item)(item.role, found.uri, found.key, found.size, found.etag, found.mtime_ns)
        copy = Instance(InstanceId(mint("ins")), met.id, TARGET, "a.mov", InstanceKind.FILE, (essence,))
        with archive.catalog.write() as tx:
            tx.assets_writer.register(met, copy)
            tx.assets_writer.set_state(met.id, AssetState.WITHDRAWN)

    return walk


def state_of(archive: Removal, asset: AssetId) -> AssetState:
    with archive.catalog.read() as view:
        return view.assets.get(asset).state


def demand_both_until_it_is_back(archive: Removal, asset: AssetId) -> None:
    for _ in range(3):
        archive.clock.advance(hours=2)
        (move,) = archive.run()
        assert (move.state, move.attempts) == (MoveState.DELETING, 0)
        assert "withdrawn" in (move.error or "")
        assert archive.read("a.mov") == DATA
        assert before(archive) == DATA, "nothing of a withdrawn asset is deleted"
    set_state(archive, asset, AssetState.PRESENT)
    (move,) = finish(archive)
    assert (move.state, move.error, archive.read("a.mov")) == (MoveState.DONE, None, DATA)
    assert before(archive) is None


def before(archive: Removal) -> bytes | None:
    """The bytes as they were before the move: at the source, or what a change of class keeps of them."""
    (move,) = archive.moves()
    if move.from_location != move.to_location:
        return archive.read_source("a.mov")
    (item,) = move.objects
    if not item.version:
        return archive.read(f".rekindle/aside/{move.id}/a.mov")
    bucket, _, key = item.uri.removeprefix("s3://").partition("/")
    client = raw_client(archive.settings.s3.endpoint_url or "")
    kept = client.list_object_versions(Bucket=bucket, Prefix=key).get("Versions", ())
    return DATA if item.version in [found["VersionId"] for found in kept] else None


@pytest.mark.parametrize("archive", ["folder to vault", "folder to s3", "s3 to s3"], indirect=True)
def test_a_merge_that_withdraws_its_asset_keeps_the_source(archive: Removal) -> None:
    asset = begun(archive)
    archive.mover(acting_after("publish", met_and_withdrawn(archive))).run(threading.Event())
    assert state_of(archive, asset) is AssetState.WITHDRAWN
    assert archive.copy_of(asset).location_id == TARGET
    demand_both_until_it_is_back(archive, asset)


def test_an_asset_that_is_withdrawn_after_the_switch_keeps_the_source(archive: Removal) -> None:
    asset = begun(archive)
    withdraw = acting_before("keep_manifest", lambda: set_state(archive, asset, AssetState.WITHDRAWN))
    archive.mover(withdraw).run(threading.Event())
    demand_both_until_it_is_back(archive, asset)


def test_an_asset_that_is_erased_after_the_switch_has_nothing_deleted(archive: Removal) -> None:
    asset = begun(archive)
    kept = list(archive.moves())
    erase = acting_before("keep_manifest", lambda: set_state(archive, asset, AssetState.ERASED))
    archive.mover(erase).run(threading.Event())
    assert archive.moves() == []
    assert archive.read("a.mov") == DATA
    if kept[0].to_location != SOURCE:
        assert archive.read_source("a.mov") == DATA


def test_a_merge_in_the_middle_of_the_deletion_hands_the_move_on(archive: Removal) -> None:
    asset = begun(archive)
    other = archive.add("b.mov", DATA)
    merge = acting_before("keep_manifest", lambda: merged(archive, asset, other))
    archive.mover(merge).run(threading.Event())
    (move,) = finish(archive)
    assert (move.state, move.error, move.asset_id) == (MoveState.DONE, None, other)
    assert archive.read("a.mov") == DATA


def merged(archive: Removal, asset: AssetId, into: AssetId) -> None:
    with archive.catalog.write() as tx:
        tx.assets_writer.merge(asset, into)


@pytest.mark.parametrize("archive", IN_PLACE, indirect=True)
def test_what_replaces_a_master_in_its_new_class_is_no_reason_to_delete_the_old_one(archive: Removal) -> None:
    begun(archive)
    replaced = acting_before("delete_verified", lambda: put_cold(archive))
    archive.mover(replaced).run(threading.Event())
    (move,) = archive.moves()
    assert (move.state, "Both are kept" in (move.error or "")) == (MoveState.DONE, True)
    assert (archive.read("a.mov"), before(archive)) == (CUT, DATA)


@pytest.mark.parametrize("archive", ["folder to s3", "s3 to s3"], indirect=True)
def test_a_copy_that_is_replaced_under_its_mark_is_no_reason_to_delete_the_source(archive: Removal) -> None:
    begun(archive)
    replaced = acting_before("keep_manifest", lambda: put_cold(archive))
    archive.mover(replaced).run(threading.Event())
    archive.clock.advance(hours=2)
    (move,) = archive.run()
    assert (move.state, archive.read_source("a.mov")) == (MoveState.DELETING, DATA)


def put_cold(archive: Removal) -> None:
    """Somebody puts another object in the copy's place, in its class and with its metadata."""
    (move,) = archive.moves()
    with archive.catalog.read() as view:
        uri = view.locations.by_id(move.to_location).uri
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client = raw_client(archive.settings.s3.endpoint_url or "")
    where = {"Bucket": bucket, "Key": f"{prefix}/a.mov"}
    marked = client.head_object(**where)["Metadata"]
    client.put_object(**where, Body=CUT, StorageClass=move.to_class, Metadata=marked)
