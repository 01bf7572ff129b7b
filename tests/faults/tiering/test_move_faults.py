"""Moves on disks, stores and clocks that misbehave, and in processes that die: no master is ever lost."""

import contextlib
import errno
import hashlib
import os
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from archive_tiering.writers import folder as write_folder
from archive_tiering.writers.master_writer import MasterWriter, Order
from catalog.model import Asset, AssetKind, AssetState, Hold, Instance, InstanceKind, Move, MoveState
from foundation.ids import AssetId, HoldId, InstanceId, mint
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import removal
from tests.fakes.glacier_moto import GlacierServer
from tests.faults.tiering.dying import Death, Killed, dying_catalog, dying_writer

DATA = bytes(range(256)) * 1024
SEEDS = [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 40))]

BUCKETS = ("folder to deep archive", "s3 in place", "s3 in place, versioned", "s3 tagged")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Removal]:
    made = removal("folder to vault", tmp_path, None)
    yield made
    made.catalog.close()


def s3_archive(pair: str, tmp_path: Path, glacier: GlacierServer) -> Removal:
    return removal(pair, tmp_path, glacier)


def demand_sound(archive: Removal, asset: AssetId, key: str, data: bytes, where: str) -> None:
    """The master is whole where the catalog says, or (before that) at the source."""
    copy = archive.copy_of(asset)
    read = archive.read_source if copy.location_id == SOURCE else archive.read
    assert read(key) == data, where
    (item,) = copy.objects
    assert item.sha256 in (None, hashlib.sha256(data).hexdigest()), where


def finish(archive: Removal) -> list[Move]:
    """Let time pass and fresh processes work until nothing is left to do."""
    for _ in range(20):
        archive.clock.advance(hours=2)
        if all(move.finished_at is not None for move in archive.run()):
            break
    return archive.moves()


@pytest.mark.parametrize("seed", SEEDS)
def test_death_at_any_step_loses_nothing(vault: Removal, seed: int) -> None:
    dice = random.Random(seed)
    masters = {f"{n}.mov": DATA[n:] for n in range(2)}
    assets = {key: vault.add(key, data) for key, data in masters.items()}
    vault.wrap(*assets.values())
    vault.begin()
    for turn in range(20):
        death = Death(dice.randint(1, 12), after=dice.random() < 0.5)
        mover = vault.mover(dying_writer(death), dying_catalog(vault.catalog, death))
        with contextlib.suppress(Killed):
            mover.run(threading.Event())
        for key, data in masters.items():
            demand_sound(vault, assets[key], key, data, f"seed {seed}, turn {turn}")
        vault.clock.advance(minutes=dice.choice([1, 5, 130]))
    moves = finish(vault)
    assert [move.state for move in moves] == [MoveState.DONE] * 2, f"seed {seed}: {moves}"
    assert list(vault.listing(SOURCE)) == []
    assert sorted(vault.listing(TARGET)) == sorted(masters)
    assert list(vault.home.parent.rglob(".rekindle-*")) == [], f"seed {seed}"


@pytest.mark.parametrize("pair", BUCKETS)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_death_at_any_step_in_a_bucket(pair: str, seed: int, tmp_path: Path, glacier: GlacierServer) -> None:
    archive, dice = s3_archive(pair, tmp_path, glacier), random.Random(seed)
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    for turn in range(8):
        death = Death(dice.randint(1, 12), after=dice.random() < 0.5)
        mover = archive.mover(dying_writer(death), dying_catalog(archive.catalog, death))
        with contextlib.suppress(Killed):
            mover.run(threading.Event())
        demand_sound(archive, asset, "a.mov", DATA, f"seed {seed}, turn {turn}")
        archive.clock.advance(minutes=130)
    (move,) = finish(archive)
    assert move.state is MoveState.DONE, f"seed {seed}: {move.error}"
    assert archive.read("a.mov") == DATA
    assert list(archive.listing(move.to_location)) == ["a.mov"]
    archive.catalog.close()


class Flipping:
    """A disk or a network that turns one bit of what is copied."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def stage(self, order: Order, chunks: Iterable[bytes]) -> None:
        def flipped() -> Iterator[bytes]:
            for number, chunk in enumerate(chunks):
                yield bytes([chunk[0] ^ 1]) + chunk[1:] if number == 0 else chunk

        self._real.stage(order, flipped())


def flipping(real: MasterWriter) -> MasterWriter:
    return cast("MasterWriter", Flipping(real))


@pytest.mark.parametrize("pair", ["folder to vault", "folder to deep archive", "folder to s3"])
def test_a_bit_that_flips_is_found_and_the_source_stays(
    pair: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = None if pair.endswith("vault") else request.getfixturevalue("glacier")
    archive = removal(pair, tmp_path, server)
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    archive.mover(flipping).run(threading.Event())
    (move,) = archive.moves()
    assert move.state is MoveState.FAILED
    assert (archive.read_source("a.mov"), archive.read("a.mov")) == (DATA, None)
    assert archive.copy_of(asset).location_id == SOURCE
    archive.catalog.close()


def test_a_full_disk_leaves_everything_as_it_was(vault: Removal, monkeypatch: pytest.MonkeyPatch) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(write_folder.os, "fsync", full)
        vault.run()
    (move,) = vault.moves()
    assert (move.state, "No space" in (move.error or "")) == (MoveState.COPYING, True)
    assert vault.read_source("a.mov") == DATA
    assert list(vault.home.parent.rglob(".rekindle-*")) == []
    (move,) = finish(vault)
    assert move.state is MoveState.DONE


def test_a_disk_that_stays_full_ends_the_move_and_gives_its_money_back(
    vault: Removal, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.wrap(vault.add("a.mov", DATA))
    vault.begin()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_folder, "write_flushed", full)
    (move,) = finish(vault)
    assert move.state is MoveState.FAILED
    assert vault.read_source("a.mov") == DATA
    with vault.catalog.read() as view:
        assert view.moves.spent("2026-03") == 0


def test_a_source_that_changes_on_the_way_is_left_alone(vault: Removal) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()
    overwrite = acting_before("verify", lambda: vault.put("a.mov", b"a new cut"))
    vault.mover(overwrite).run(threading.Event())
    (move,) = vault.moves()
    assert move.state in (MoveState.FAILED, MoveState.CANCELLED), move
    assert (vault.read_source("a.mov"), vault.read("a.mov")) == (b"a new cut", None)


def test_a_source_that_changes_after_the_switch_is_kept_beside_the_copy(vault: Removal) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()
    overwrite = acting_before("delete_verified", lambda: vault.put("a.mov", b"a new cut"))
    vault.mover(overwrite).run(threading.Event())
    (move,) = vault.moves()
    assert (move.state, "Both are kept" in (move.error or "")) == (MoveState.DONE, True)
    assert (vault.read_source("a.mov"), vault.read("a.mov")) == (b"a new cut", DATA)


@pytest.mark.parametrize("pair", ["s3 in place", "s3 in place, versioned"])
def test_a_source_that_changes_before_its_class_does_ends_the_move(
    pair: str, tmp_path: Path, glacier: GlacierServer
) -> None:
    archive = s3_archive(pair, tmp_path, glacier)
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    overwrite = acting_before("stage", lambda: archive.put("a.mov", b"a new cut"))
    archive.mover(overwrite).run(threading.Event())
    (move,) = finish(archive)
    assert (move.state, "changed" in (move.error or "")) == (MoveState.FAILED, True)
    assert archive.read("a.mov") == b"a new cut"
    assert archive.listing(SOURCE)["a.mov"].storage_class == "STANDARD"
    archive.catalog.close()


def test_something_else_at_the_target_is_never_replaced(vault: Removal) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()
    (vault.home.parent / "far" / "a.mov").write_bytes(b"another work")
    (move,) = vault.run()
    assert move.state is MoveState.FAILED
    assert (vault.read_source("a.mov"), vault.read("a.mov")) == (DATA, b"another work")


@pytest.mark.parametrize("how", ["symlink", "hard link"])
def test_a_target_that_is_the_source_is_never_taken_for_a_copy(vault: Removal, how: str) -> None:
    vault.wrap(vault.add("a.mov", DATA))
    vault.begin()
    near, far = vault.home.parent / "near" / "a.mov", vault.home.parent / "far" / "a.mov"
    far.symlink_to(near) if how == "symlink" else os.link(near, far)
    (move,) = vault.run()
    assert move.state is MoveState.FAILED
    assert near.read_bytes() == DATA


def test_a_hold_in_the_middle_stops_the_move(vault: Removal) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()

    def hold() -> None:
        with vault.catalog.write() as tx:
            tx.holds.add(Hold(HoldId("hld_1"), "court", asset))

    vault.mover(acting_before("verify", hold)).run(threading.Event())
    (move,) = vault.moves()
    assert move.state is MoveState.CANCELLED
    assert (vault.read_source("a.mov"), list(vault.listing(TARGET))) == (DATA, [])


@pytest.mark.parametrize("jump", [{"hours": 1}, {"days": 1}, {"days": -1}])
def test_a_clock_that_jumps_gives_the_move_to_one_owner(vault: Removal, jump: dict[str, float]) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()

    def elsewhere() -> None:
        vault.clock.advance(**jump)
        vault.run()

    vault.mover(acting_before("verify", elsewhere)).run(threading.Event())
    (move,) = finish(vault)
    assert (move.state, vault.read("a.mov")) == (MoveState.DONE, DATA)
    assert list(vault.home.parent.rglob(".rekindle-*")) == []
    ended = [action for action in vault.audited() if action == "tier.moved"]
    assert ended == ["tier.moved"]


def test_a_walk_that_meets_the_copy_first_makes_no_second_asset(vault: Removal) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()

    def walk() -> None:
        found = vault.listing(TARGET)["a.mov"]
        (item,) = vault.copy_of(asset).objects
        met = Asset(AssetId(mint("ast")), AssetKind.VIDEO, "a.mov", TARGET)
        essence = [type(item)(item.role, found.uri, found.key, found.size, found.etag, found.mtime_ns)]
        copy = Instance(InstanceId(mint("ins")), met.id, TARGET, "a.mov", InstanceKind.FILE, tuple(essence))
        with vault.catalog.write() as tx:
            tx.assets_writer.register(met, copy)

    vault.mover(acting_after("publish", walk)).run(threading.Event())
    (move,) = vault.moves()
    assert (move.state, move.error) == (MoveState.DONE, None)
    assert vault.copy_of(asset).location_id == TARGET
    with vault.catalog.read() as view:
        assert len(list(view.plans.scan())) == 1


def test_a_vault_that_cannot_be_opened_delays_a_move_and_stops_nobody(vault: Removal) -> None:
    vault.wrap(vault.add("a.mov", DATA))
    vault.begin()
    config = vault.home.parent / "far" / ".vault.json"
    config.write_text("not json")
    for _ in range(2):
        (move,) = vault.run()
        vault.clock.advance(hours=2)
    assert (move.state, vault.read_source("a.mov")) == (MoveState.FAILED, DATA)
    assert ".vault.json" in (move.error or "")


def test_an_asset_that_is_erased_on_the_way_takes_its_move_along(vault: Removal) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    vault.begin()

    def erase() -> None:
        with vault.catalog.write() as tx:
            tx.assets_writer.set_state(asset, AssetState.ERASED)

    vault.mover(acting_before("verify", erase)).run(threading.Event())
    assert (vault.moves(), vault.read_source("a.mov")) == ([], DATA)
    assert list(vault.listing(TARGET)) == []


def test_two_workers_share_the_moves(vault: Removal) -> None:
    masters = {f"{n}.mov": DATA[n:] for n in range(8)}
    vault.wrap(*[vault.add(key, data) for key, data in masters.items()])
    vault.begin()
    workers = [threading.Thread(target=vault.mover().run, args=(threading.Event(),)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {move.state for move in vault.moves()} == {MoveState.DONE}
    assert {move.attempts for move in vault.moves()} == {1}
    assert {key: vault.read(key) for key in masters} == masters


@pytest.mark.parametrize("pair", ["folder to deep archive", "s3 in place"])
def test_throttling_and_lost_replies_delay_a_move_only(
    pair: str, tmp_path: Path, glacier: GlacierServer
) -> None:
    archive = s3_archive(pair, tmp_path, glacier)
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    glacier.faults.throttle_share, glacier.faults.lose_write_replies = 0.3, 2
    moves = finish(archive)
    glacier.faults.throttle_share = 0.0
    assert [move.state for move in moves] == [MoveState.DONE], moves[0].error
    assert archive.read("a.mov") == DATA
    assert list(archive.listing(moves[0].to_location)) == ["a.mov"]
    archive.catalog.close()


class _Acting:
    def __init__(self, real: Any, name: str, act: Callable[[], object], *, after: bool) -> None:
        self._real, self._name, self._act, self._after = real, name, act, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name != self._name:
            return real

        def call(*args: Any, **more: Any) -> Any:
            if not self._after:
                self._act()
            result = real(*args, **more)
            if self._after:
                self._act()
            return result

        return call


def acting_before(name: str, act: Callable[[], object]) -> Callable[[MasterWriter], MasterWriter]:
    """A writer whose ``name`` finds that something happened just before, the first time."""
    once = _once(act)
    return lambda real: cast("MasterWriter", _Acting(real, name, once, after=False))


def acting_after(name: str, act: Callable[[], object]) -> Callable[[MasterWriter], MasterWriter]:
    once = _once(act)
    return lambda real: cast("MasterWriter", _Acting(real, name, once, after=True))


def _once(act: Callable[[], object]) -> Callable[[], None]:
    left = [act]

    def call() -> None:
        if left:
            left.pop()()

    return call
