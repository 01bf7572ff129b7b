"""Keep-hot copies: made like moves, wherever they go; never the last copy to be deleted."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.factory import open_restorer
from archive_tiering.hot.release import LAST, WITHDRAWN
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import (
    AssetState,
    Instance,
    Keep,
    Lease,
    LocationKind,
    MoveState,
    ProjectState,
    RestoreState,
)
from foundation.errors import BadSettings, BudgetExceeded
from foundation.ids import LOCAL_PRINCIPAL, AssetId, KeepId, LeaseId, mint
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import removal
from tests.contract.test_mover import DATA, opened

PAIRS = ("folder to folder", "folder to s3", "s3 to folder", "s3 to s3")
"""Where the copy lies does not sleep in any of them but for its class, which hot copies do not take."""


@pytest.fixture(params=PAIRS)
def everywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Removal]:
    made = removal("folder to folder", tmp_path, None)
    yield made
    made.catalog.close()


def a_keep(asset: AssetId | None, **facts: object) -> Keep:
    return replace(Keep(KeepId(mint("kep")), TARGET, asset_id=asset), **facts)


def copies(archive: Removal, asset: AssetId) -> dict[str, Instance]:
    with archive.catalog.read() as view:
        return {copy.location_id: copy for copy in view.assets.instances(asset)}


def made(archive: Removal, asset: AssetId, **facts: object) -> Keep:
    keep = archive.desk().hot.keep(a_keep(asset, **facts))
    assert [move.state for move in archive.run()][-1] is MoveState.DONE
    return keep


def test_a_copy_is_made_and_the_master_stays(everywhere: Removal) -> None:
    asset = everywhere.add("reel/a.mov", DATA, ("reel/a.srt", b"1\n"))
    keep = made(everywhere, asset)
    there = copies(everywhere, asset)
    assert set(there) == {SOURCE, TARGET}
    assert everywhere.read_source("reel/a.mov") == DATA
    assert everywhere.read("source/reel/a.mov") == DATA
    assert there[TARGET].name == "source/reel/a.mov"
    assert {item.storage_class for item in there[TARGET].objects} == {"STANDARD"}
    with everywhere.catalog.read() as view:
        count = view.keeps.count(keep)
        assert (count.assets, count.hot, count.copying, count.asleep) == (1, 1, 0, 0)
        assert view.keeps.kept(asset) == {there[TARGET].id}
    assert everywhere.desk().hot.step() == (0, 0)


def test_it_goes_when_nothing_keeps_it_and_the_master_is_sound(everywhere: Removal) -> None:
    asset = everywhere.add("a.mov", DATA)
    keep = made(everywhere, asset)
    desk = everywhere.desk()
    desk.hot.release(keep.id, LOCAL_PRINCIPAL)
    assert desk.hot.step() == (0, 1)
    assert desk.hot.step() == (0, 0)
    assert set(copies(everywhere, asset)) == {SOURCE}
    assert (everywhere.read("source/a.mov"), everywhere.read_source("a.mov")) == (None, DATA)
    assert [name for name in everywhere.audited() if name.startswith("keep.")] == [
        "keep.add", "keep.copied", "keep.release", "keep.let-go",
    ]  # fmt: skip


def test_a_plan_leaves_a_hot_copy_alone_and_still_moves_the_master(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    made(archive, asset)
    archive.rules(
        "version: 1\nrules:\n  - name: wrapped\n    when: {project: {state: wrapped}, "
        "location: target}\n    to: {location: source}\n    pays_back_within: 1000 years\n"
    )
    plan = archive.desk().plan()
    assert (plan.moving, plan.refused) == (0, 0)


def test_the_last_copy_never_goes(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    keep = made(archive, asset)
    Path(archive.home.parent / "near" / "a.mov").write_bytes(b"overwritten")
    desk = archive.desk()
    desk.hot.release(keep.id, LOCAL_PRINCIPAL)
    assert desk.hot.step() == (0, 0)
    assert archive.read("source/a.mov") == DATA
    with archive.catalog.read() as view:
        assert [copy.stays for copy in view.keeps.unkept(9)] == [LAST]


def test_what_is_withdrawn_while_its_other_copy_is_looked_at_keeps_both(
    archive: Removal, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = archive.add("a.mov", DATA)
    keep = made(archive, asset)
    desk, look = archive.desk(), LocalFolder.head
    desk.hot.release(keep.id, LOCAL_PRINCIPAL)

    def withdrawn_meanwhile(store: LocalFolder, key: str, version: str = "") -> ObjectInfo:
        with archive.catalog.write() as tx:
            tx.assets_writer.set_state(asset, AssetState.WITHDRAWN)
        return look(store, key, version)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(LocalFolder, "head", withdrawn_meanwhile)
        assert desk.hot.step() == (0, 0)
    assert set(copies(archive, asset)) == {SOURCE, TARGET}
    assert archive.read("source/a.mov") == DATA
    with archive.catalog.write() as tx:
        tx.assets_writer.set_state(asset, AssetState.PRESENT)
        assert [copy.stays for copy in tx.keeps.unkept(9)] == [WITHDRAWN]
    assert desk.hot.step() == (0, 1)


def test_of_two_copies_that_count_on_each_other_one_stays(archive: Removal, tmp_path: Path) -> None:
    (tmp_path / "third").mkdir()
    archive.locate("loc_third", "third", str(tmp_path / "third"), LocationKind.FOLDER)  # type: ignore[arg-type]
    asset = archive.add("a.mov", DATA)
    keeps = [made(archive, asset), made(archive, asset, location_id="loc_third")]
    Path(archive.home.parent / "near" / "a.mov").unlink()
    desk = archive.desk()
    for keep in keeps:
        desk.hot.release(keep.id, LOCAL_PRINCIPAL)
    desk.hot.step()
    desk.hot.step()
    left = [path for path in tmp_path.rglob("a.mov") if path.read_bytes() == DATA]
    assert len(left) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_bytes_are_left(tmp_path: Path, seed: int) -> None:
    chance, archive = random.Random(seed), removal("folder to folder", tmp_path, None)
    asset = archive.add("a.mov", DATA)
    near, far = (archive.home.parent / name for name in ("near/a.mov", "far/source/a.mov"))
    keeps: list[Keep] = []
    for _ in range(12):
        match chance.randrange(5):
            case 0:
                keeps.append(archive.desk().hot.keep(a_keep(asset)))
            case 1 if keeps:
                archive.desk().hot.release(keeps.pop().id, LOCAL_PRINCIPAL)
            case 2:
                archive.run()
            case 3:
                archive.clock.advance(hours=2)
            case _:
                archive.desk().hot.step()
        assert near.read_bytes() == DATA, f"seed {seed}"
        assert not far.exists() or far.read_bytes() == DATA, f"seed {seed}"
    for keep in keeps:
        archive.desk().hot.release(keep.id, LOCAL_PRINCIPAL)
    archive.run()
    archive.desk().hot.step()
    assert not far.exists(), f"seed {seed}"
    archive.catalog.close()


def test_a_keep_ends_by_itself_and_a_leased_copy_stays_meanwhile(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    made(archive, asset, until=archive.clock() + timedelta(days=1))
    archive.clock.advance(hours=25)
    with archive.catalog.write() as tx:
        tx.leases.take(Lease(LeaseId("lse_1"), asset, archive.clock() + timedelta(hours=1)))
    assert archive.desk().hot.step() == (0, 0)
    archive.clock.advance(hours=2)
    assert archive.desk().hot.step() == (0, 1)


def test_a_project_brings_its_newcomers_along(archive: Removal) -> None:
    first = archive.add("a.mov", DATA)
    archive.wrap(first)
    with archive.catalog.read() as view:
        project = view.projects.get("North").id
    archive.desk().hot.keep(a_keep(None, project_id=project))
    archive.run()
    second = archive.add("b.mov", DATA + b"b")
    archive.wrap(second)
    assert archive.desk().hot.step() == (1, 0)
    archive.run()
    assert set(copies(archive, second)) == {SOURCE, TARGET}
    with archive.catalog.write() as tx:
        tx.projects.set_state(project, ProjectState.ACTIVE)


def test_a_released_keep_stops_what_is_under_way(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    keep = archive.desk().hot.keep(a_keep(asset))
    archive.desk().hot.release(keep.id, LOCAL_PRINCIPAL)
    assert [move.state for move in archive.run()] == [MoveState.CANCELLED]
    assert archive.read("source/a.mov") is None


def test_what_lies_there_already_is_not_touched(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    other = archive.home.parent / "far" / "source" / "a.mov"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"somebody else's")
    archive.desk().hot.keep(a_keep(asset))
    (move,) = archive.run()
    assert (move.state, other.read_bytes()) == (MoveState.FAILED, b"somebody else's")
    assert archive.desk().hot.step() == (0, 0)


def test_what_is_being_moved_is_copied_afterwards(archive: Removal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive_tiering.hot.copies._AT_ONCE", 1)
    moving, still = archive.add("a.mov", DATA), archive.add("b.mov", DATA)
    archive.wrap(moving)
    _, applied = archive.begin()
    assert applied.begun == 1
    keeps = [archive.desk().hot.keep(a_keep(asset)) for asset in (moving, still)]
    assert archive.desk().hot.step() == (0, 0)
    with archive.catalog.read() as view:
        assert [view.keeps.count(keep).copying for keep in keeps] == [0, 1]
    archive.run()
    assert archive.desk().hot.step() == (0, 0)
    assert (set(copies(archive, moving)), set(copies(archive, still))) == ({TARGET}, {SOURCE, TARGET})


def test_money_and_cold_places_are_refused(glacier: object, tmp_path: Path) -> None:
    archive = removal("folder to s3", tmp_path, glacier)  # type: ignore[arg-type]
    archive.settings.tiering.__dict__["budget_usd"] = Decimal(0)
    asset = archive.add("a.mov", DATA)
    with pytest.raises(BudgetExceeded):
        archive.desk().hot.keep(a_keep(asset))
    with archive.catalog.read() as view:
        assert view.keeps.active() == []
    archive.catalog.close()
    (tmp_path / "v").mkdir()
    vault = removal("folder to vault", tmp_path / "v", None)
    with pytest.raises(BadSettings):
        vault.desk().hot.keep(a_keep(vault.add("a.mov", DATA)))
    vault.catalog.close()


def test_a_copy_on_record_is_told_from_one_that_was_made(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    made(archive, asset)
    with archive.catalog.write() as tx:
        (copy,) = [each for each in tx.assets.instances(asset) if each.location_id == TARGET]
        tx.keeps.forget(copy.id)
        assert [each.id for each in tx.assets.instances(asset)] != [copy.id]
        assert tx.keeps.unkept(9) == []


def test_a_restore_finds_it_warm_and_costs_nothing(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    made(archive, asset)
    master = copies(archive, asset)[SOURCE]
    cold = tuple(
        replace(item, storage_class="GLACIER", restore=RestoreState.NEEDED) for item in master.objects
    )
    with archive.catalog.write() as tx:
        tx.assets_writer.replace_instance(replace(master, objects=cold))
    quote = open_restorer(archive.catalog, archive.settings, clock=archive.clock).quote([asset])
    assert (quote.cost, quote.objects) == (0, 0)


def test_what_sleeps_is_copied_once_it_is_awake(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    master = copies(archive, asset)[SOURCE]
    for state, moves in ((RestoreState.NEEDED, 0), (RestoreState.RESTORED, 1)):
        objects = tuple(replace(item, restore=state) for item in master.objects)
        with archive.catalog.write() as tx:
            tx.assets_writer.replace_instance(replace(master, objects=objects))
        if state is RestoreState.NEEDED:
            keep = archive.desk().hot.keep(a_keep(asset))
            with archive.catalog.read() as view:
                assert view.keeps.count(keep).asleep == 1
        else:
            assert archive.desk().hot.step() == (1, 0)
        assert len(archive.moves()) == moves
    archive.run()
    assert set(copies(archive, asset)) == {SOURCE, TARGET}
