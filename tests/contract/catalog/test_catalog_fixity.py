"""Turns, use, totals and findings of fixity: what every catalog must do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from catalog.model import (
    CATALOG,
    DERIVED,
    Asset,
    Checked,
    CheckHow,
    CheckOutcome,
    Finding,
    FindingState,
    FixityItem,
    FixityUse,
    Location,
    Rendition,
    RenditionRole,
)
from catalog.repository import Catalog
from foundation.errors import FindingNotFound, StateConflict
from foundation.ids import FindingId, mint
from tests.contract.catalog.examples import NOON, location, register
from tests.fakes.clock import FakeClock

GOOD = Checked(CheckOutcome.GOOD, CheckHow.READ, 1000)


@pytest.fixture
def reels(catalog: Catalog, films: Location) -> list[Asset]:
    with catalog.write() as writer:
        made = [register(writer, films, f"reel{number}.mov") for number in range(3)]
        assert writer.fixity.enrol(films.id) == (3, 3000)
    return made


def check(catalog: Catalog, place: str, checked: Checked = GOOD, *, limit: int = 1) -> list[str]:
    """Let somebody check what is due; returns the addresses."""
    owner = mint("own")
    with catalog.write() as writer:
        items = writer.fixity.due(place, limit)
        writer.fixity.claim(items, owner, seconds=60)
    with catalog.write() as writer:
        assert all(writer.fixity.record(item, checked, owner) for item in items)
    return [item.uri for item in items]


def addresses(items: Sequence[FixityItem]) -> list[str]:
    return [item.uri for item in items]


def a_finding(place: str = "loc_x", **facts: object) -> Finding:
    finding = Finding(
        FindingId(mint("fnd")), place, "/films/a", "a", "Other bytes.", FindingState.FOUND, NOON
    )
    return replace(finding, **facts)


def test_items_take_turns_whatever_the_clock_says(
    catalog: Catalog, films: Location, reels: list[Asset], clock: FakeClock
) -> None:
    assert len(reels) == 3
    first = [check(catalog, films.id)[0] for _ in range(3)]
    assert len(set(first)) == 3
    clock.advance(days=400)
    second = [check(catalog, films.id)[0] for _ in range(2)]
    clock.advance(days=-800)
    second += check(catalog, films.id)
    third = [check(catalog, films.id)[0] for _ in range(3)]
    assert first == second == third


def test_what_is_new_waits_behind_what_is_there(
    catalog: Catalog, films: Location, reels: list[Asset]
) -> None:
    assert len(reels) == 3
    check(catalog, films.id, limit=3)
    with catalog.write() as writer:
        register(writer, films, "new.mov")
        assert writer.fixity.enrol(films.id) == (4, 4000)
        assert writer.fixity.enrol(films.id) == (4, 4000)
        due = addresses(writer.fixity.due(films.id, 9))
    assert due[-1] == "/films/new.mov"


def test_items_know_the_object_as_it_is_listed(catalog: Catalog, films: Location, reels: list[Asset]) -> None:
    with catalog.write() as writer:
        (copy,) = writer.assets.instances(reels[0].id)
        fresh = replace(copy.objects[0], etag="other", sha256="5" * 64)
        writer.assets_writer.replace_instance(replace(copy, objects=(fresh,)))
    with catalog.read() as view:
        item = view.fixity.due(films.id, 1)[0]
        assert (item.listed, item.asset_id, item.instance_id) == (fresh, reels[0].id, copy.id)
        assert view.fixity.item(films.id, item.uri) == item
        assert view.fixity.item(films.id, "elsewhere") is None


def test_what_is_gone_is_forgotten(catalog: Catalog, films: Location, reels: list[Asset]) -> None:
    with catalog.write() as writer:
        (copy,) = writer.assets.instances(reels[1].id)
        moved = replace(copy, name="b.mov", objects=(replace(copy.objects[0], uri="/films/b.mov"),))
        writer.assets_writer.replace_instance(moved)
        assert writer.fixity.enrol(films.id) == (3, 3000)
        due = addresses(writer.fixity.due(films.id, 9))
    assert due == ["/films/reel0.mov", "/films/reel2.mov", "/films/b.mov"]


def test_a_leased_item_is_nobody_elses_until_the_lease_runs_out(
    catalog: Catalog, films: Location, reels: list[Asset], clock: FakeClock
) -> None:
    assert len(reels) == 3
    with catalog.write() as writer:
        mine = writer.fixity.due(films.id, 2)
        writer.fixity.claim(mine, "own_a", seconds=60)
        assert len(writer.fixity.due(films.id, 9)) == 1
    clock.advance(seconds=50)
    with catalog.write() as writer:
        assert writer.fixity.renew("own_a", seconds=60)
    clock.advance(seconds=61)
    with catalog.write() as writer:
        again = writer.fixity.due(films.id, 9)
        assert [item.attempts for item in again] == [1, 1, 0]
        writer.fixity.claim(again, "own_b", seconds=60)
        assert not writer.fixity.record(mine[0], GOOD, "own_a")
        assert not writer.fixity.renew("own_a", seconds=60)
        writer.fixity.release("own_b")
        assert len(writer.fixity.due(films.id, 9)) == 3


def test_checks_are_remembered(
    catalog: Catalog, films: Location, reels: list[Asset], clock: FakeClock
) -> None:
    assert len(reels) == 3
    check(catalog, films.id)
    clock.advance(days=10)
    told = Checked(CheckOutcome.GOOD, CheckHow.STORE_METADATA, 1000, "as listed")
    check(catalog, films.id, told)
    check(catalog, films.id, Checked(CheckOutcome.CHANGED, None, 1000, digests={"": "0" * 64}))
    with catalog.read() as view:
        totals = view.fixity.totals(films.id, NOON)
        later = view.fixity.totals(films.id, NOON + timedelta(days=1))
        changed = view.fixity.item(films.id, "/films/reel2.mov")
    assert (totals.objects, totals.size) == (3, 3000)
    assert (totals.read, totals.told, totals.never, totals.oldest) == (1, 1, 2, None)
    assert totals.outcomes == {"good": 2, "changed": 1}
    assert (later.read, later.told) == (0, 1)
    assert changed is not None
    assert (changed.digests, changed.read_at) == ({"": "0" * 64}, None)
    check(catalog, films.id, limit=3)
    with catalog.read() as view:
        assert view.fixity.totals(films.id, NOON).oldest == clock()


def test_use_adds_up(catalog: Catalog) -> None:
    with catalog.write() as writer:
        for _ in range(2):
            writer.fixity.add_use("loc_a", "2026-03", FixityUse(3, 1, 2, 5))
        assert writer.fixity.use("loc_a", "2026-03") == FixityUse(6, 2, 4, 10)
        assert writer.fixity.use("loc_a", "2026-04") == FixityUse()


def test_the_last_day_is_a_day(catalog: Catalog) -> None:
    with catalog.write() as writer:
        for period in ("2026-02", "2026-03", "2026-02-28", "2026-03-10", "2026-03-12"):
            writer.fixity.add_use("loc_a", period, FixityUse(weight=7))
        assert writer.fixity.last_day("loc_a", "2026-03-12") == ("2026-03-10", FixityUse(weight=7))
        assert writer.fixity.last_day("loc_a", "2026-03-01") == ("2026-02-28", FixityUse(weight=7))
        assert writer.fixity.last_day("loc_a", "2026-02-28") is None


def test_what_lies_in_the_home_takes_turns_too(catalog: Catalog, films: Location, reels: list[Asset]) -> None:
    assert films
    with catalog.write() as writer:
        proxy = Rendition(RenditionRole.PROXY, "proxy.mp4", 700, "1" * 64, "video/mp4")
        writer.facts_writer.put_rendition(reels[0].id, proxy)
        writer.assets_writer.mark_indexed(reels[0].id)
        assert writer.fixity.enrol(DERIVED) == (1, 700)
        assert writer.fixity.enrol(CATALOG) == (1, 0)
        assert addresses(writer.fixity.due(DERIVED, 9)) == [reels[0].id]
        assert addresses(writer.fixity.due(CATALOG, 9)) == ["catalog.db"]


def test_a_finding_from_first_sight_to_repair(catalog: Catalog) -> None:
    finding = a_finding()
    with catalog.write() as writer:
        with pytest.raises(FindingNotFound):
            writer.fixity.finding(finding.id)
        with pytest.raises(StateConflict):
            writer.fixity.put_finding(replace(finding, state=FindingState.CONFIRMED))
        writer.fixity.put_finding(finding)
        with pytest.raises(StateConflict):
            writer.fixity.put_finding(replace(finding, state=FindingState.REPAIRED))
        again = writer.fixity.put_finding(a_finding(state=FindingState.CONFIRMED, confirmed_at=NOON))
        assert (again.id, again.state, again.confirmed_at) == (finding.id, FindingState.CONFIRMED, NOON)
        writer.fixity.put_finding(again)
        done = writer.fixity.put_finding(replace(again, state=FindingState.REPAIRED, aside=".aside"))
        with pytest.raises(StateConflict):
            writer.fixity.put_finding(replace(done, state=FindingState.FOUND))
        told = [(notice.event.value, notice.subject) for notice in writer.notices.after(0, 9)]
    assert told == [("fixity.found", finding.id), ("fixity.repaired", finding.id)]


def test_what_is_found_after_a_repair_is_another_finding(catalog: Catalog) -> None:
    finding = a_finding()
    with catalog.write() as writer:
        writer.fixity.put_finding(finding)
        writer.fixity.put_finding(replace(finding, state=FindingState.OUTDATED))
        second = writer.fixity.put_finding(a_finding())
        other = writer.fixity.put_finding(a_finding("loc_y", key="b"))
        assert second.id != finding.id
        assert writer.fixity.findings() == [
            other,
            second,
            replace(finding, state=FindingState.OUTDATED, updated_at=NOON),
        ]
        assert writer.fixity.findings(place="loc_y") == [other]
        open_ones = (FindingState.FOUND, FindingState.CONFIRMED)
        assert writer.fixity.findings(place="loc_x", uri="/films/a", states=open_ones) == [second]


def test_findings_follow_their_asset_and_go_with_it(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        kept, gone = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        finding = writer.fixity.put_finding(a_finding(asset_id=gone.id))
        writer.fixity.enrol(films.id)
        writer.assets_writer.merge(gone.id, kept.id)
        assert writer.fixity.finding(finding.id).asset_id == kept.id
        assert {item.asset_id for item in writer.fixity.due(films.id, 9)} == {kept.id}


def test_locations_do_not_wait_for_each_other(catalog: Catalog, films: Location, reels: list[Asset]) -> None:
    other = location("tapes")
    with catalog.write() as writer:
        writer.locations.add(other)
        assert writer.fixity.enrol(other.id) == (0, 0)
        assert len(writer.fixity.due(films.id, 9)) == len(reels)
        assert writer.fixity.due(other.id, 9) == []
