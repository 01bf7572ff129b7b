"""A ledger put back from a backup: no master goes for what it knows as running; manifests tell the rest."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive_tiering.factory import open_replay
from archive_tiering.moves.replay import News, Replayed
from archive_tiering.writers.master_writer import MasterWriter
from catalog.factory import open_catalog
from catalog.lifecycle import MOVE_ENDED
from catalog.model import (
    Asset,
    AssetKind,
    AssetState,
    Instance,
    InstanceKind,
    MoveState,
    ObjectRole,
    StoredObject,
)
from foundation.home import Home
from foundation.ids import AssetId, InstanceId, MoveId, mint
from tests.contract.removal import SOURCE, TARGET, Removal
from tests.contract.removals import KINDS, PAIRS
from tests.contract.test_mover import DATA, opened

STEPS = ("stage", "verify", "publish")


@pytest.fixture(params=PAIRS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


def backed_up(archive: Removal, to: Path) -> None:
    with closing(sqlite3.connect(Home(archive.home).catalog)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def put_back(archive: Removal, kept: Path) -> None:
    archive.catalog.close()
    for beside in archive.home.glob("catalog.*"):
        beside.unlink()
    Home(archive.home).catalog.write_bytes(kept.read_bytes())
    archive.catalog = open_catalog(Home(archive.home), clock=archive.clock)


def telling(writer: MasterWriter, step: str, before: Callable[[], None]) -> MasterWriter:
    """The writer, which says when it is about to take a step."""
    taken = getattr(writer, step)

    def told(*details: object) -> object:
        before()
        return taken(*details)

    setattr(writer, step, told)
    return writer


def run_to_the_end(archive: Removal) -> list[MoveState]:
    for _ in range(30):
        if all(move.state in MOVE_ENDED for move in archive.run()):
            break
        archive.clock.advance(hours=2)
    return [move.state for move in archive.moves()]


@pytest.mark.parametrize("step", STEPS)
def test_no_master_goes_for_a_ledger_of_before(archive: Removal, tmp_path: Path, step: str) -> None:
    asset, kept = archive.add("a.mov", DATA), tmp_path / "kept.db"
    archive.wrap(asset)
    archive.begin()

    def keep() -> None:
        if not kept.exists():
            backed_up(archive, kept)

    archive.mover(lambda writer: telling(writer, step, keep)).work(threading.Event())
    keep()
    assert run_to_the_end(archive) == [MoveState.DONE]
    assert archive.read("a.mov") == DATA
    put_back(archive, kept)
    run_to_the_end(archive)
    assert archive.read("a.mov") == DATA


def replayed(archive: Removal) -> Replayed:
    return open_replay(archive.catalog, archive.settings).replay()


def news(archive: Removal) -> list[News]:
    return open_replay(archive.catalog, archive.settings).news()


def lies_at(archive: Removal, asset: AssetId, name: str) -> bool:
    """Say whether the catalog has the master as it is listed where its moves went."""
    (copy,) = [copy for copy in copies(archive, asset) if copy.available]
    (move,) = archive.moves()
    found = archive.listing(move.to_location)[name]
    (item,) = copy.objects
    return (copy.location_id, item.uri, item.etag, item.version, item.storage_class, item.restore) == (
        move.to_location, found.uri, found.etag, found.version, found.storage_class, found.restore,
    )  # fmt: skip


def copies(archive: Removal, asset: AssetId) -> list[Instance]:
    with archive.catalog.read() as view:
        return view.assets.instances(asset)


def moved_since(archive: Removal, tmp_path: Path, name: str = "reel/a % b.mov") -> AssetId:
    """A master that was moved after the catalog's backup, which is in place again."""
    asset = archive.add(name, DATA)
    archive.wrap(asset)
    backed_up(archive, tmp_path / "kept.db")
    archive.begin()
    assert run_to_the_end(archive) == [MoveState.DONE]
    assert news(archive) == []
    put_back(archive, tmp_path / "kept.db")
    return asset


def test_a_manifest_tells_an_older_catalog_where_the_master_lies(archive: Removal, tmp_path: Path) -> None:
    asset = moved_since(archive, tmp_path)
    assert [item.name for item in news(archive)] == ["reel/a % b.mov"]
    assert replayed(archive).moved == ("reel/a % b.mov",)
    assert lies_at(archive, asset, "reel/a % b.mov")
    (move,) = archive.moves()
    assert (move.state, move.rule, move.cost) == (MoveState.DONE, "wrapped", 0)
    assert archive.audited()[-1] == "tier.moved"
    assert news(archive) == []
    assert archive.catalog.check() == []


@pytest.fixture(params=KINDS)
def each_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("runs_first", [False, True])
def test_a_move_that_the_older_ledger_knows_as_running_has_ended(
    each_kind: Removal, tmp_path: Path, step: str, runs_first: bool
) -> None:
    archive = each_kind
    asset, kept = archive.add("a.mov", DATA), tmp_path / "kept.db"
    archive.wrap(asset)
    archive.begin()

    def keep() -> None:
        if not kept.exists():
            backed_up(archive, kept)

    archive.mover(lambda writer: telling(writer, step, keep)).work(threading.Event())
    keep()
    run_to_the_end(archive)
    put_back(archive, kept)
    archive.clock.advance(hours=2)
    if runs_first:
        run_to_the_end(archive)
    replayed(archive)
    assert lies_at(archive, asset, "a.mov")
    assert run_to_the_end(archive) == [MoveState.DONE]
    assert archive.read("a.mov") == DATA
    assert news(archive) == []


@pytest.fixture(params=["folder to vault"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Removal]:
    yield from opened(request.param, request, tmp_path)


def test_the_vault_tells_it_where_the_derived_store_is_lost(vault: Removal, tmp_path: Path) -> None:
    name = "two\nlines  %0A é.mov"
    asset = moved_since(vault, tmp_path, name)
    shutil.rmtree(Home(vault.home).derived)
    assert replayed(vault).moved == (name,)
    assert lies_at(vault, asset, name)


def test_a_master_that_lies_where_the_catalog_has_it_stays_on_record_there(
    vault: Removal, tmp_path: Path
) -> None:
    asset = vault.add("a.mov", DATA)
    vault.wrap(asset)
    os.link(tmp_path / "near" / "a.mov", tmp_path / "kept.mov")
    backed_up(vault, tmp_path / "kept.db")
    vault.begin()
    run_to_the_end(vault)
    put_back(vault, tmp_path / "kept.db")
    (tmp_path / "kept.mov").rename(tmp_path / "near" / "a.mov")
    (tmp_path / "far" / "a.mov").unlink()
    assert list(replayed(vault).refused) == ["a.mov"]
    assert vault.copy_of(asset).location_id == SOURCE
    assert news(vault) == [], "told once"


def test_a_disk_that_is_not_mounted_concludes_nothing(vault: Removal, tmp_path: Path) -> None:
    asset = moved_since(vault, tmp_path, "a.mov")
    for _ in range(2):
        (tmp_path / "far").rename(tmp_path / "elsewhere")
        (tmp_path / "far").mkdir()
        assert list(replayed(vault).waiting) == ["a.mov"]
        (tmp_path / "far").rmdir()
        (tmp_path / "elsewhere").rename(tmp_path / "far")
    assert replayed(vault).moved == ("a.mov",)
    assert lies_at(vault, asset, "a.mov")


def test_another_size_is_another_master(vault: Removal, tmp_path: Path) -> None:
    asset = moved_since(vault, tmp_path, "a.mov")
    (tmp_path / "far" / "a.mov").write_bytes(b"something else")
    assert list(replayed(vault).refused) == ["a.mov"]
    assert vault.copy_of(asset).location_id == SOURCE


def test_a_place_that_cannot_be_seen_is_asked_again(vault: Removal, tmp_path: Path) -> None:
    asset = moved_since(vault, tmp_path, "a.mov")
    (tmp_path / "far" / ".vault.json").write_text("{")
    assert list(replayed(vault).waiting) == ["a.mov"]
    (tmp_path / "far" / ".vault.json").unlink()
    assert replayed(vault).moved == ("a.mov",)
    assert lies_at(vault, asset, "a.mov")


def test_a_manifest_that_was_changed_is_not_believed(vault: Removal, tmp_path: Path) -> None:
    moved_since(vault, tmp_path, "a.mov")
    for info in tmp_path.rglob("bag-info.txt"):
        info.write_text(info.read_text().replace("Rekindle-To: target", "Rekindle-To: source"))
    assert news(vault) == []


def test_what_a_walk_took_for_new_footage_is_this_master(vault: Removal, tmp_path: Path) -> None:
    asset = moved_since(vault, tmp_path, "a.mov")
    found = vault.listing(TARGET)["a.mov"]
    second = Asset(AssetId(mint("ast")), AssetKind.VIDEO, "a.mov", TARGET)
    item = StoredObject(ObjectRole.ESSENCE, found.uri, found.key, found.size, storage_class="VAULT_COLD")
    copy = Instance(InstanceId(mint("ins")), second.id, TARGET, "a.mov", InstanceKind.FILE, (item,))
    with vault.catalog.write() as tx:
        tx.assets_writer.register(second, copy)
        tx.assets_writer.set_available(
            [vault_copy.id for vault_copy in tx.assets.instances(asset)], available=False
        )
    assert replayed(vault).moved == ("a.mov",)
    assert lies_at(vault, asset, "a.mov")
    with vault.catalog.read() as view:
        assert view.assets.get(second.id).id == asset
        assert view.assets.get(asset).state is AssetState.PRESENT


def test_a_later_move_on_record_counts_more_than_an_older_manifest(vault: Removal, tmp_path: Path) -> None:
    asset = moved_since(vault, tmp_path, "a.mov")
    (told,) = news(vault)
    replayed(vault)
    (move,) = vault.moves()
    (tmp_path / "far" / ".rekindle").rename(tmp_path / "far" / "aside")
    with vault.catalog.write() as tx:
        later = replace(move, id=MoveId(mint("mov")), finished_at=told.told.at + timedelta(days=1))
        tx.moves.conclude(later)
        tx.moves.conclude(replace(move, manifest=None))
    assert news(vault) == []
    with vault.catalog.write() as tx:
        tx.moves.conclude(replace(later, state=MoveState.FAILED))
        tx.moves.conclude(replace(move, finished_at=None, state=MoveState.DELETING, manifest=None))
    assert news(vault) == [], "its source is about to be deleted"
    assert vault.copy_of(asset).location_id == TARGET
