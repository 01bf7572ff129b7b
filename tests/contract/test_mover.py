"""What every move must do, wherever it comes from and wherever it goes."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.moves import applier
from archive_tiering.prices.budgets import month_cap
from archive_tiering.writers.master_writer import BY_CLASS, BY_STORE_ETAG, BY_STORE_SHA256, READ_BACK
from catalog.model import BudgetScope, ChangeKind, Entry, EntryKind, Move, MoveState
from foundation.errors import BudgetExceeded, QuoteExpired
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL, RestoreId
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import KINDS, PAIRS, removal
from tests.fakes.glacier_moto import GlacierServer

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


PRICES = Path(applier.__file__).parents[1] / "data" / "prices.toml"
WRITES = ("write_per_1000 = 0.05\n", "write_per_1000 = 4.00\n")
"""Writing into DEEP_ARCHIVE, as the table has it and at four tenths of a cent per object."""


def with_dear_writes(archive: Removal) -> None:
    dear = archive.home.parent / "dear.toml"
    dear.write_text(PRICES.read_text().replace(*WRITES))
    tiering = archive.settings.tiering.model_copy(update={"price_table": dear})
    archive.settings = archive.settings.model_copy(update={"tiering": tiering})


def test_a_plan_never_costs_more_than_it_said(
    tmp_path: Path, glacier: GlacierServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applier, "_AT_ONCE", 1)
    archive = removal("folder to deep archive", tmp_path, glacier)
    archive.wrap(*[archive.add(f"{n}.mov", DATA[n:]) for n in range(3)])
    plan = archive.desk().plan()
    assert plan.cost == Decimal("0.01")
    with_dear_writes(archive)
    for _ in range(2):
        with pytest.raises(QuoteExpired, match=r"pass the 0\.01 USD"):
            archive.desk().apply(plan.id)
        moves = archive.moves()
        assert (len(moves), sum(move.cost for move in moves) <= plan.cost) == (2, True)
    _, applied = archive.begin()
    assert (applied.begun, applied.reserved > 0) == (1, True), "a new plan goes on where the old one stopped"
    archive.catalog.close()


def test_what_a_plan_said_is_enough_for_all_of_it(archive: Removal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applier, "_AT_ONCE", 2)
    archive.wrap(*[archive.add(f"{n}.mov", DATA[n * 7919 :]) for n in range(7)])
    desk = archive.desk()
    plan = desk.plan()
    route = json.loads(json.dumps(plan.summary))["routes"][0]
    exact = sum((Decimal(line["amount"]) for line in route["charges"]), Decimal(0))
    with archive.catalog.write() as tx:
        tx.plans.put(replace(plan, cost=exact))
    assert desk.apply(plan.id).begun == 7
    with archive.catalog.write() as tx:
        reserved = tx.moves.reserved_by(plan.id)
        assert abs(reserved - exact) < Decimal("0.000001")
        first = tx.moves.find(plan=plan.id)[-1]
        tx.moves.cancel(first.id)
        assert tx.moves.reserved_by(plan.id) == reserved - first.cost
    assert desk.apply(plan.id).begun == 1, "what was given back is there for it again"


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
