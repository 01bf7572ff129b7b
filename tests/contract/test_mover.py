"""What every move must do, wherever it comes from and wherever it goes."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.prices.budgets import month_cap
from archive_tiering.writers.master_writer import BY_CLASS, BY_STORE_ETAG, BY_STORE_SHA256, READ_BACK
from catalog.model import BudgetScope, ChangeKind, Entry, EntryKind, Move, MoveState
from foundation.errors import BudgetExceeded, QuoteExpired
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL, RestoreId
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import KINDS, PAIRS, removal

DATA = bytes(range(256)) * 1024
"""256 KiB: more than the classes for archives bill as small."""
SHA256 = hashlib.sha256(DATA).hexdigest()


def opened(pair: str, request: pytest.FixtureRequest, root: Path) -> Iterator[Removal]:
    server = request.getfixturevalue("glacier") if "s3" in pair or "deep" in pair else None
    other = request.getfixturevalue("elsewhere") if "elsewhere" in pair else None
    made = removal(pair, root, server, other)
    yield made
    made.catalog.close()


@pytest.fixture(params=PAIRS)
def everywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


@pytest.fixture(params=KINDS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


def test_a_wrapped_master_moves_and_stays_what_it_was(everywhere: Removal) -> None:
    archive, name = everywhere, "reel/a % b.mov"
    asset = archive.add(name, DATA)
    archive.wrap(asset)
    before = archive.copy_of(asset)
    plan, applied = archive.begin()
    assert (plan.moving, applied.begun, applied.skipped) == (1, 1, 0)
    (move,) = archive.run()
    assert (move.state, move.error) == (MoveState.DONE, None)
    (item,) = move.objects
    assert item.sha256 == SHA256
    assert item.verified in (READ_BACK, BY_STORE_SHA256, BY_STORE_ETAG, BY_CLASS)
    assert item.copy_sha256 == (SHA256 if item.verified == READ_BACK else None)
    after = archive.copy_of(asset)
    assert (after.id, after.asset_id) == (before.id, asset)
    assert archive.read(name) == DATA
    with archive.catalog.read() as view:
        found = view.assets.get(asset)
        assert (found.storage_class, found.location_id) == (move.to_class, move.to_location)
        assert view.changes.after(0, 1000)[-1].kind is ChangeKind.PAYLOAD
    assert "tier.moved" in archive.audited()
    only_the_copy_is_left(archive, move, name)


def only_the_copy_is_left(archive: Removal, move: Move, name: str) -> None:
    across = move.from_location != move.to_location
    if across:
        assert (list(archive.listing(SOURCE)), archive.read_source(name)) == ([], None)
    listed = archive.listing(move.to_location)
    assert list(listed) == [name]
    assert list(archive.home.parent.rglob(".rekindle-*")) == []
    assert archive.read(f".rekindle/aside/{move.id}/{name}") is None
    (item,), found = archive.copy_of(move.asset_id).objects, listed[name]
    known = (item.uri, item.version, item.etag, item.size, item.mtime_ns, item.storage_class)
    assert known == (found.uri, found.version, found.etag, found.size, found.mtime_ns, found.storage_class)


def test_what_lies_beside_a_master_goes_along_to_another_place(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA, ("a.srt", b"1\n"))
    archive.wrap(asset)
    archive.begin()
    (move,) = archive.run()
    classes = {item.key: item.storage_class for item in archive.copy_of(asset).objects}
    assert move.state is MoveState.DONE
    if move.from_location != move.to_location:
        assert set(archive.listing(TARGET)) == {"a.mov", "a.srt"}
    else:
        assert classes == {"a.mov": move.to_class, "a.srt": "STANDARD"}
    assert archive.read("a.srt") == b"1\n"


def test_a_bag_says_what_was_moved(archive: Removal) -> None:
    asset = archive.add("odd % name.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    (move,) = archive.run()
    assert move.manifest == f"moves/{move.id}"
    folder = Home(archive.home).asset(asset) / move.manifest
    assert (folder / "bagit.txt").read_text().startswith("BagIt-Version: 1.0\n")
    assert (folder / "manifest-sha256.txt").read_text() == f"{SHA256}  data/odd %25 name.mov\n"
    info = (folder / "bag-info.txt").read_text()
    assert f"External-Identifier: {asset}\n" in info
    assert "Rule 'wrapped', line 3" in info
    for line in (folder / "tagmanifest-sha256.txt").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    beside = archive.home.parent / "far" / ".rekindle" / "moves" / move.id / "manifest-sha256.txt"
    assert beside.exists() is (move.to_class == "VAULT_COLD")


def test_bytes_that_are_not_on_record_do_not_move(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA, sha256="0" * 64)
    archive.wrap(asset)
    archive.begin()
    (move,) = archive.run()
    assert move.state is MoveState.FAILED
    assert SHA256 in (move.error or "")
    assert archive.read_source("a.mov") == DATA
    assert archive.copy_of(asset).location_id == SOURCE
    assert move.from_location == move.to_location or list(archive.listing(TARGET)) == []


def test_a_project_that_is_worked_on_again_stays(archive: Removal) -> None:
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    archive.unwrap()
    (move,) = archive.run()
    assert (move.state, archive.read_source("a.mov")) == (MoveState.CANCELLED, DATA)


@pytest.mark.parametrize("file", ["proxy.mp4", "vectors/toy.parquet"])
def test_a_damaged_proxy_or_index_file_keeps_the_master(archive: Removal, file: str) -> None:
    asset = archive.add("a.mov", DATA)
    archive.wrap(asset)
    archive.begin()
    (Home(archive.home).asset(asset) / file).write_bytes(b"damaged")
    (move,) = archive.run()
    assert move.state is MoveState.CANCELLED
    assert "cannot be verified" in (move.error or "")
    assert archive.read_source("a.mov") == DATA


def test_a_plan_is_applied_once_and_only_while_it_holds(archive: Removal) -> None:
    archive.wrap(archive.add("a.mov", DATA), archive.add("b.mov", DATA + b"b"))
    plan, first = archive.begin()
    again = archive.desk().apply(plan.id)
    assert (first.begun, again.begun, again.running, again.reserved) == (2, 0, 2, 0)
    assert [move.state for move in archive.run()] == [MoveState.DONE, MoveState.DONE]
    assert archive.desk().apply(plan.id).skipped == 2
    archive.clock.advance(hours=25)
    with pytest.raises(QuoteExpired):
        archive.desk().apply(plan.id)


def test_plans_are_json(archive: Removal) -> None:
    archive.wrap(archive.add("a.mov", DATA))
    plan, _ = archive.begin()
    assert json.loads(json.dumps(plan.summary)) == plan.summary


def test_what_restores_have_spent_is_not_there_for_moves(archive: Removal) -> None:
    archive.wrap(archive.add("a.mov", DATA))
    desk = archive.desk()
    plan = replace(desk.plan(), cost=Decimal("0.01"))
    with archive.catalog.write() as tx:
        tx.plans.put(plan)
        month = f"{tx.now:%Y-%m}"
        cap = month_cap(tx, archive.settings.tiering, month)
        spent = Entry("run_1", RestoreId("run_1"), EntryKind.READ, cap, "USD", month, LOCAL_PRINCIPAL)
        tx.spending.charge(spent, ())
    with pytest.raises(BudgetExceeded, match="leaves 0"):
        desk.apply(plan.id)
    with archive.catalog.write() as tx:
        tx.spending.release("run_1")
    reserved = desk.apply(plan.id).reserved
    with archive.catalog.read() as view:
        (move,) = view.moves.find()
        assert move.project == view.projects.get("North").id
        counted = view.spending.reserved(BudgetScope.PROJECT, move.project, month)
    assert reserved <= counted < reserved + Decimal("0.000001")
