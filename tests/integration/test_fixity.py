"""Flipped bits in real files: found, confirmed, named, and put right from the other copy."""

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive_tiering.factory import open_fixity, open_restorer, open_store
from archive_tiering.fixity.derived import FINGERPRINT, PROXY, SHOTS, WALK, vector_stage
from catalog.factory import open_catalog
from catalog.model import (
    CATALOG,
    DERIVED,
    CheckHow,
    CheckOutcome,
    FindingState,
    LocationKind,
    StageRun,
)
from embeddings.encoder import stage_of
from foundation.errors import FixityMismatch, LocationNotFound, StateConflict
from foundation.ids import LOCAL_PRINCIPAL
from foundation.settings import FixityPlaceSettings, Settings
from indexer import recipe
from tests.fakes.clock import FakeClock
from tests.fakes.fixity_archive import EVERYTHING, FILM, LONG_AGO, Archive, flip
from tests.fakes.migrated import with_catalog


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    settings, clock = Settings(home=tmp_path / "home"), FakeClock()
    catalog = open_catalog(with_catalog(settings.layout), clock=clock)
    yield Archive(settings, catalog, clock, tmp_path)
    catalog.close()


def test_stages_are_named_as_the_indexer_names_them() -> None:
    assert (WALK, PROXY, SHOTS, FINGERPRINT) == (
        recipe.WALK,
        recipe.PROXY,
        recipe.SHOTS,
        recipe.FINGERPRINT,
    )
    for kind in ("visual", "text", "face"):
        assert vector_stage(kind, "a" * 64) == stage_of(kind, "a" * 64)


def test_whole_masters_are_good_and_say_how_that_is_known(archive: Archive) -> None:
    archive.master(archive.nas, "a.mov")
    archive.master(archive.nas, "b.mov")
    assert archive.run(archive.nas) == {CheckOutcome.GOOD: 2}
    assert archive.item(archive.nas, "a.mov").how is CheckHow.READ
    assert archive.item(archive.nas, "a.mov").read_at == archive.clock()
    assert archive.desk.findings() == []


def test_a_flipped_bit_in_a_master_is_named_and_mended_from_the_other_copy(archive: Archive) -> None:
    asset = archive.master(archive.nas, "a.mov")
    archive.master(archive.copy, "a copy.mov", of=asset)
    bad = archive.path(archive.nas, "a.mov")
    flip(bad)
    damaged = bad.read_bytes()
    assert archive.run(archive.nas) == {CheckOutcome.WRONG: 1}
    finding = archive.only()
    assert (finding.state, finding.key, finding.asset_id) == (FindingState.CONFIRMED, "a.mov", asset.id)
    assert finding.expected == hashlib.sha256(FILM).hexdigest()
    assert finding.found == hashlib.sha256(damaged).hexdigest()
    assert bad.read_bytes() == damaged
    assert "fixity repair" in archive.desk.advice(finding)
    (offer,) = archive.desk.offers(finding)
    assert (offer.location, offer.key, offer.asleep, offer.read_at) == ("copy", "a copy.mov", False, None)
    archive.run(archive.copy)
    assert archive.desk.offers(finding)[0].read_at == archive.clock()
    done = archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert (done.state, done.aside) == (FindingState.REPAIRED, f".rekindle-{finding.id}-bad")
    assert bad.read_bytes() == FILM
    assert bad.with_name(str(done.aside)).read_bytes() == damaged
    assert bad.stat().st_mtime == LONG_AGO
    assert archive.run(archive.nas) == {CheckOutcome.GOOD: 1}
    assert archive.desk.findings() == []
    assert [action for action in archive.audited() if action.startswith("fixity")] == [
        "fixity.found",
        "fixity.confirmed",
        "fixity.repaired",
    ]
    with pytest.raises(StateConflict):
        archive.desk.repair(finding.id, LOCAL_PRINCIPAL)


def test_the_only_copy_is_kept_as_it_is(archive: Archive) -> None:
    archive.master(archive.nas, "a.mov")
    flip(archive.path(archive.nas, "a.mov"))
    archive.run(archive.nas)
    before = archive.path(archive.nas, "a.mov").read_bytes()
    assert archive.desk.advice(archive.only()).startswith("There is no other copy")
    with pytest.raises(StateConflict, match="no other copy"):
        archive.desk.repair(archive.only().id, LOCAL_PRINCIPAL)
    assert archive.path(archive.nas, "a.mov").read_bytes() == before


def test_a_bad_master_in_s3_is_replaced_by_hand_and_the_advice_says_how(archive: Archive) -> None:
    """What the advice tells a person to type is what a repair is refused with, and no repair is promised."""
    asset = archive.master(archive.copy, "a.mov")
    bucket = archive.location("bucket", LocationKind.S3)
    finding = archive.found_wrong(asset, bucket, archive.object_in_s3(asset, bucket))
    advice = archive.desk.advice(finding)
    assert f"aws s3 cp {archive.path(archive.copy, 'a.mov')} {finding.uri}" in advice
    assert "fixity repair" not in advice
    with pytest.raises(StateConflict, match="does not write over objects in S3") as refused:
        archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert refused.value.remedy in advice


@pytest.mark.parametrize("bad", ["copy", "bucket"])
def test_where_the_other_copy_sleeps_the_advice_is_to_bring_it_back_first(archive: Archive, bad: str) -> None:
    asset = archive.master(archive.copy, "a.mov")
    bucket, vault = archive.location("bucket", LocationKind.S3), archive.location("deep", LocationKind.S3)
    archive.object_in_s3(asset, vault, storage_class="GLACIER")
    item = archive.object_in_s3(asset, bucket, storage_class="GLACIER")
    if bad == "copy":
        flip(archive.path(archive.copy, "a.mov"))
        archive.run(archive.copy)
        finding = archive.only()
    else:
        archive.forget(asset, archive.copy)
        finding = archive.found_wrong(asset, bucket, item)
    advice = archive.desk.advice(finding)
    assert f"rekindle restore quote {asset.id}" in advice
    assert "fixity repair" not in advice
    quote = open_restorer(archive.catalog, archive.settings, clock=archive.clock).quote([asset.id])
    assert quote.objects == 1, "the good copy, also where the bad one could be read as it is"
    with pytest.raises(StateConflict, match="sleep") as refused:
        archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert refused.value.remedy in advice


def test_another_copy_that_is_bad_too_changes_nothing(archive: Archive) -> None:
    asset = archive.master(archive.nas, "a.mov")
    archive.master(archive.copy, "a.mov", of=asset)
    for place in (archive.nas, archive.copy):
        flip(archive.path(place, "a.mov"), at=5)
    archive.run(archive.nas)
    with pytest.raises(FixityMismatch):
        archive.desk.repair(archive.only().id, LOCAL_PRINCIPAL)
    assert [path.name for path in (archive.folder / "nas").iterdir()] == ["a.mov"]


def test_nothing_is_done_on_an_old_report(archive: Archive) -> None:
    asset = archive.master(archive.nas, "a.mov")
    archive.master(archive.copy, "a.mov", of=asset)
    bad = archive.path(archive.nas, "a.mov")
    flip(bad)
    archive.run(archive.nas)
    finding = archive.only()
    archive.clock.advance(days=40)
    flip(bad)
    with pytest.raises(StateConflict, match="does not read wrong now"):
        archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert [path.name for path in (archive.folder / "nas").iterdir()] == ["a.mov"]
    assert archive.desk.findings() == []


def test_a_changed_file_is_no_finding_and_ends_one(archive: Archive) -> None:
    archive.master(archive.nas, "a.mov")
    path = archive.path(archive.nas, "a.mov")
    flip(path)
    archive.run(archive.nas)
    assert archive.only().state is FindingState.CONFIRMED
    path.write_bytes(b"another film")
    assert archive.run(archive.nas) == {CheckOutcome.CHANGED: 1}
    assert archive.desk.findings() == []
    (ended,) = archive.desk.findings(open_only=False)
    assert (ended.state, ended.note) == (FindingState.OUTDATED, "Another object lies there by now.")


def test_a_place_that_came_up_empty_gives_no_findings_and_costs_no_turns(archive: Archive) -> None:
    for name in ("a.mov", "b.mov"):
        archive.master(archive.nas, name)
    (archive.folder / "nas").rename(archive.folder / "gone")
    assert archive.desk.step(archive.nas.id, EVERYTHING).unreachable is not None
    (archive.folder / "nas").mkdir()
    step = archive.desk.step(archive.nas.id, EVERYTHING)
    assert (step.objects, step.unreachable) == (0, "The place is empty: most likely it is not mounted.")
    assert archive.desk.findings() == []
    assert archive.item(archive.nas, "a.mov").checked_at is None
    (archive.folder / "nas").rmdir()
    (archive.folder / "gone").rename(archive.folder / "nas")
    assert archive.run(archive.nas) == {CheckOutcome.GOOD: 2}


def test_one_missing_master_is_left_to_the_walk(archive: Archive) -> None:
    for name in ("a.mov", "b.mov"):
        archive.master(archive.nas, name)
    archive.path(archive.nas, "a.mov").unlink()
    assert archive.run(archive.nas) == {CheckOutcome.MISSING: 1, CheckOutcome.GOOD: 1}
    assert archive.desk.findings() == []


def test_a_vault_is_read_when_it_is_awake_and_never_woken(archive: Archive) -> None:
    asset = archive.master(archive.vault, "a.mov")
    archive.master(archive.copy, "a.mov", of=asset)
    flip(archive.path(archive.vault, "a.mov"))
    assert archive.run(archive.vault) == {CheckOutcome.GOOD: 1}
    with archive.catalog.read() as view:
        (item,) = view.fixity.due(archive.vault.id, 9)
    assert (item.how, item.read_at) == (CheckHow.STORE_METADATA, None)
    store = open_store(archive.vault, archive.settings, clock=archive.clock)
    assert str(store.head("a.mov").restore) == "needed"
    store.request_restore("a.mov", retrieval_tier="bulk", days=1)
    archive.clock.advance(minutes=1)
    with archive.catalog.write() as tx:
        copy = next(c for c in tx.assets.instances(asset.id) if c.location_id == archive.vault.id)
        awake = replace(copy.objects[0], restore=store.head("a.mov").restore)
        tx.assets_writer.replace_instance(replace(copy, objects=(awake,)))
    assert archive.run(archive.vault) == {CheckOutcome.WRONG: 1}
    finding = archive.only()
    assert (finding.key, finding.state) == ("a.mov", FindingState.CONFIRMED)
    assert archive.desk.repair(finding.id, LOCAL_PRINCIPAL).state is FindingState.REPAIRED
    assert archive.path(archive.vault, "a.mov").read_bytes() == FILM


@pytest.mark.parametrize(("path", "stage"), [("proxy.mp4", PROXY), ("keyframes/f1.jpg", SHOTS)])
def test_a_flipped_bit_in_a_derived_file_is_named_and_made_again(
    archive: Archive, path: str, stage: str
) -> None:
    asset = archive.master(archive.nas, "a.mov")
    folder = archive.derive(asset)
    assert archive.run(DERIVED) == {CheckOutcome.GOOD: 1}
    flip(folder / path, at=3)
    assert archive.run(DERIVED) == {CheckOutcome.WRONG: 1}
    finding = archive.only()
    assert (finding.key, finding.stage, finding.asset_id) == (path, stage, asset.id)
    asked = archive.desk.repair(finding.id, LOCAL_PRINCIPAL)
    assert asked.note == "The next `rekindle index` makes it again."
    with archive.catalog.read() as view:
        assert {WALK, stage}.isdisjoint(view.facts.stage_runs(asset.id))
    archive.derive(asset)
    with archive.catalog.write() as tx:
        tx.facts_writer.finish_stage(StageRun(asset.id, stage, "2", "x"))
    assert archive.run(DERIVED) == {CheckOutcome.GOOD: 1}
    assert archive.desk.findings() == []


def test_a_missing_proxy_is_named(archive: Archive) -> None:
    folder = archive.derive(archive.master(archive.nas, "a.mov"))
    (folder / "proxy.mp4").unlink()
    assert archive.run(DERIVED) == {CheckOutcome.WRONG: 1}
    assert (archive.only().key, archive.only().wrong) == ("proxy.mp4", "It is missing.")


def test_two_keepers_do_not_check_the_same_object(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        archive.master(archive.nas, f"{number}.mov", bytes([number]) * 5000)
    other = archive.open()
    read: list[str] = []
    real = os.open

    def noting(path: str, *flags: int) -> int:
        if str(path).endswith(".mov"):
            read.append(str(path))
            if len(read) == 1:
                other.step(archive.nas.id, EVERYTHING)
        return real(path, *flags)

    monkeypatch.setattr(os, "open", noting)
    archive.desk.step(archive.nas.id, 200_000)
    assert len(read) == len(set(read)) >= 2


def test_a_keeper_that_died_is_followed_up(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.mov", "b.mov"):
        archive.master(archive.nas, name)

    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    keeper = archive.desk._keeper
    monkeypatch.setattr(keeper._plan, "give_back", dies)
    monkeypatch.setattr(keeper, "_take", dies)
    with pytest.raises(Killed):
        archive.desk.step(archive.nas.id, EVERYTHING)
    fresh = archive.open()
    assert fresh.step(archive.nas.id, EVERYTHING).objects == 0
    archive.clock.advance(minutes=3)
    assert fresh.step(archive.nas.id, EVERYTHING).outcomes == {CheckOutcome.GOOD: 2}


def test_the_schedule_spreads_masters_over_days(archive: Archive) -> None:
    for number in range(8):
        archive.master(archive.nas, f"{number}.mov", bytes([number]) * 50_000)
    desk = archive.open(days=4)
    per_day = []
    for _ in range(4):
        keeper, count = desk._keeper, 0
        while done := keeper.round(threading.Event()):
            count += done
        (report,) = [item for item in desk.status() if item.name == "nas"]
        per_day.append(report.totals.read)
        archive.clock.advance(days=1)
        assert count
    assert per_day == [2, 4, 6, 8]


def test_a_months_bytes_are_never_passed(archive: Archive) -> None:
    for number in range(4):
        archive.master(archive.nas, f"{number}.mov", bytes([number]) * 1_000_000)
    own = {"nas": FixityPlaceSettings(month_gb=2_500_000 / (1 << 30))}
    desk = archive.open(locations=own)
    assert archive.run(archive.nas, desk) == {CheckOutcome.GOOD: 2}
    assert archive.run(archive.nas, desk) == {}
    archive.clock.advance(days=31)
    assert archive.run(archive.nas, desk) == {CheckOutcome.GOOD: 2}
    with archive.catalog.read() as view:
        assert view.fixity.use(archive.nas.id, "2026-03").size == 2_000_000


def test_names_of_places(archive: Archive) -> None:
    assert archive.desk.place_of("nas") == archive.nas.id
    assert archive.desk.place_of(DERIVED) == DERIVED
    with pytest.raises(LocationNotFound):
        archive.desk.place_of("elsewhere")


def test_a_flipped_bit_in_the_catalog_is_named(archive: Archive) -> None:
    for number in range(40):
        archive.master(archive.nas, f"{number}.mov", b"x")
    assert archive.run(CATALOG) == {CheckOutcome.GOOD: 1}
    archive.catalog.close()
    home = archive.settings.layout
    page = first_index_page(home.catalog, "instances")
    flip(home.catalog, at=(page - 1) * 4096 + 4)
    catalog = open_catalog(home, clock=archive.clock)
    desk = open_fixity(catalog, archive.settings, clock=archive.clock)
    assert desk.step(CATALOG, EVERYTHING).outcomes == {CheckOutcome.WRONG: 1}
    findings = desk.findings()
    assert any("instances" in finding.key for finding in findings), [f.key for f in findings]
    with pytest.raises(StateConflict):
        desk.repair(findings[0].id, LOCAL_PRINCIPAL)
    catalog.close()


def first_index_page(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE tbl_name = ? AND type = 'index'"
        return int(connection.execute(query, (table,)).fetchone()[0])
