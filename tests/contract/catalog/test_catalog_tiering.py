"""Projects, holds, leases, tier plans and moves: what every catalog must do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.model import (
    Asset,
    BudgetScope,
    Cap,
    Hold,
    Lease,
    Location,
    Move,
    MovedObject,
    MoveState,
    ProjectState,
    RestoreStatus,
    TierPlan,
)
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import (
    AssetNotFound,
    BudgetExceeded,
    HoldNotFound,
    MoveNotFound,
    NameTaken,
    PlanNotFound,
    ProjectNotFound,
    StateConflict,
)
from foundation.ids import (
    DEFAULT_PROJECT,
    LOCAL_PRINCIPAL,
    AssetId,
    HoldId,
    LeaseId,
    MoveId,
    PlanId,
    PrincipalId,
    ProjectId,
    mint,
)
from tests.contract.catalog.examples import NOON, location, register, restore, statement
from tests.fakes.clock import FakeClock

ADA = PrincipalId("prn_ada")
MONTH = "2026-03"
CAPS = (Cap(BudgetScope.MONTH, "", Decimal(5)),)


def a_hold(asset: Asset, **facts: object) -> Hold:
    return replace(Hold(HoldId(mint("hld")), "litigation", asset.id), **facts)


def a_move(writer: CatalogWriter, asset: Asset, *, cost: str = "1.50") -> Move:
    (copy,) = writer.assets.instances(asset.id)
    item = copy.essence
    moved = MovedObject(
        item.key, item.uri, item.size, item.etag, item.version, item.storage_class, item.key, "DEEP_ARCHIVE"
    )
    return Move(
        id=MoveId(mint("mov")),
        asset_id=asset.id,
        instance_id=copy.id,
        identity="1" * 64,
        from_location=copy.location_id,
        from_class=item.storage_class,
        to_location=copy.location_id,
        to_class="DEEP_ARCHIVE",
        method="copy",
        state=MoveState.PLANNED,
        objects=(moved,),
        rule="wrapped",
        rule_line=3,
        cost=Decimal(cost),
        currency="USD",
        created_at=NOON,
        updated_at=NOON,
    )


def a_plan(**facts: object) -> TierPlan:
    plan = TierPlan(
        id=PlanId(mint("pln")),
        rules_sha256="a" * 64,
        rules=({"name": "wrapped", "line": 3},),
        summary={"by_rule": []},
        scanned=3,
        moving=2,
        refused=1,
        size=3000,
        cost=Decimal("0.02"),
        saving=Decimal("12.50"),
        currency="USD",
        created_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )
    return replace(plan, **facts)


def walk(writer: CatalogWriter, move: Move, states: Sequence[MoveState]) -> None:
    for state in states:
        move = replace(move, state=state)
        assert writer.moves.update(move, move.owner or "")


def test_a_project_is_known_by_name_and_keeps_since_when_it_is_wrapped(
    catalog: Catalog, clock: FakeClock
) -> None:
    with catalog.write(ADA) as writer:
        made = writer.projects.create("  The   Long Night ")
        assert (made.name, made.state, made.state_by) == ("The Long Night", ProjectState.ACTIVE, ADA)
        with pytest.raises(NameTaken):
            writer.projects.create("THE LONG NIGHT")
    clock.advance(days=3)
    with catalog.write() as writer:
        wrapped = writer.projects.set_state(made.id, ProjectState.WRAPPED)
        clock.advance(days=3)
        assert writer.projects.set_state(made.id, ProjectState.WRAPPED) == wrapped
        assert wrapped.state_at == NOON + timedelta(days=3)
        assert wrapped.state_by == LOCAL_PRINCIPAL
        assert writer.projects.get("the long night") == writer.projects.get(made.id) == wrapped
        assert [project.name for project in writer.projects.all()] == ["default", "The Long Night"]
        with pytest.raises(ProjectNotFound):
            writer.projects.get("nothing")


def test_assets_are_grouped_by_id_and_by_path(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        elsewhere = location("tapes")
        writer.locations.add(elsewhere)
        names = ("north/a.mov", "north/sub/b.mov", "northern/c.mov", "north_/d.mov")
        assets = [register(writer, films, name) for name in names]
        other = register(writer, elsewhere, "north/a.mov")
        project = writer.projects.create("North")
        assert writer.projects.of(assets[0].id).id == DEFAULT_PROJECT
        assert writer.projects.assign_below(project.id, films.id, "north/") == 2
        assert writer.projects.assign_below(project.id, films.id, "north") == 0
        assert writer.projects.assign(project.id, [other.id, AssetId("ast_none")]) == 1
        inside = [a.id for a in [*assets, other] if writer.projects.of(a.id).id == project.id]
        assert inside == [assets[0].id, assets[1].id, other.id]
        assert writer.projects.get("north").assets == 3
        assert {p.name: p.assets for p in writer.projects.all()} == {"default": 2, "North": 3}
        assert {p.name: p.assets for p in writer.projects.all(counted=False)} == {"default": 0, "North": 0}
        with pytest.raises(AssetNotFound):
            writer.projects.of(AssetId("ast_none"))


def test_holds_end_by_themselves_and_by_hand(catalog: Catalog, films: Location, clock: FakeClock) -> None:
    with catalog.write() as writer:
        film, other = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        project = writer.projects.create("North")
        writer.projects.assign(project.id, [film.id])
        holds = [
            a_hold(film),
            a_hold(film, until=NOON + timedelta(days=1)),
            a_hold(film, asset_id=None, project_id=project.id),
        ]
        for hold in holds:
            writer.holds.add(hold)
        assert [hold.id for hold in writer.holds.active(film.id)] == [hold.id for hold in holds]
        assert writer.holds.active(other.id) == []
        clock.advance(days=1)
        released = writer.holds.release(holds[0].id)
        assert released.released_at == NOON + timedelta(days=1)
        assert writer.holds.release(holds[0].id) == released
        assert [hold.id for hold in writer.holds.active()] == [holds[2].id]
        with pytest.raises(HoldNotFound):
            writer.holds.release(HoldId("hld_none"))


def test_a_lease_is_extended_never_shortened(catalog: Catalog, films: Location, clock: FakeClock) -> None:
    with catalog.write() as writer:
        film = register(writer, films, "a.mov")
        first = writer.leases.take(Lease(LeaseId("lse_1"), film.id, NOON + timedelta(days=2), reason="edit"))
        again = writer.leases.take(Lease(LeaseId("lse_2"), film.id, NOON + timedelta(days=1)))
        assert again == first
        hers = writer.leases.take(Lease(LeaseId("lse_3"), film.id, NOON + timedelta(days=1), ADA))
        assert writer.leases.active(film.id) == [first, hers]
        assert writer.leases.give_back(film.id, ADA)
        assert not writer.leases.give_back(film.id, ADA)
        clock.advance(days=2)
        assert writer.leases.active() == []


def test_holds_leases_and_moves_follow_a_merged_asset_and_go_with_an_erased_one(
    catalog: Catalog, films: Location
) -> None:
    with catalog.write() as writer:
        film, copy = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        writer.holds.add(a_hold(copy))
        writer.leases.take(Lease(LeaseId("lse_1"), film.id, NOON + timedelta(days=1)))
        writer.leases.take(Lease(LeaseId("lse_2"), copy.id, NOON + timedelta(days=2)))
        writer.leases.take(Lease(LeaseId("lse_3"), copy.id, NOON + timedelta(days=3), ADA))
        (begun,) = writer.moves.begin([a_move(writer, copy)], CAPS, MONTH)
        writer.assets_writer.merge(copy.id, film.id)
        assert [hold.reason for hold in writer.holds.active(film.id)] == ["litigation"]
        ends = [(lease.principal, lease.until) for lease in writer.leases.active(film.id)]
        assert ends == [(ADA, NOON + timedelta(days=3)), (LOCAL_PRINCIPAL, NOON + timedelta(days=2))]
        assert writer.moves.find(asset=film.id) == [replace(begun, asset_id=film.id)]


def test_one_active_move_per_copy_and_money_is_reserved_once(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        film, other = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        first = a_move(writer, film)
        assert writer.moves.begin([first], CAPS, MONTH) == [first]
        assert writer.moves.begin([a_move(writer, film)], CAPS, MONTH) == [first]
        assert writer.moves.spent(MONTH) == Decimal("1.50")
    with pytest.raises(BudgetExceeded), catalog.write() as writer:
        writer.moves.begin([a_move(writer, other, cost="3.51")], CAPS, MONTH)
    with catalog.write() as writer:
        assert writer.moves.counts() == {MoveState.PLANNED: (1, 1000)}
        assert writer.moves.cancel(first.id).state is MoveState.CANCELLED
        assert (writer.moves.spent(MONTH), writer.moves.spent("2026-04")) == (0, 0)
        second = a_move(writer, film)
        assert writer.moves.begin([second], CAPS, MONTH) == [second]
        assert [move.id for move in writer.moves.find()] == [second.id, first.id]
        with pytest.raises(MoveNotFound):
            writer.moves.get(MoveId("mov_none"))


def test_restores_and_moves_draw_on_one_budget(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        film, other = register(writer, films, "a.mov"), register(writer, films, "b.mov")
        writer.restores.begin([restore(film, cost="4.00")], CAPS, MONTH)
        with pytest.raises(BudgetExceeded, match="leaves 1"):
            writer.moves.begin([a_move(writer, other, cost="1.01")], CAPS, MONTH)
        (begun,) = writer.moves.begin([a_move(writer, other, cost="1.00")], CAPS, MONTH)
        assert (writer.moves.spent(MONTH), writer.restores.spent(MONTH)) == (1, 5)
        with pytest.raises(BudgetExceeded):
            writer.restores.begin([restore(other, cost="0.01")], CAPS, MONTH)
        writer.moves.cancel(begun.id)
        writer.restores.begin([restore(other, cost="1.00")], CAPS, MONTH)
        assert (writer.moves.spent(MONTH), writer.restores.spent(MONTH)) == (0, 5)


def test_moves_of_several_projects_are_reserved_all_or_none(catalog: Catalog, films: Location) -> None:
    north, south = ProjectId("prj_north"), ProjectId("prj_south")
    caps = (*CAPS, Cap(BudgetScope.PROJECT, north, Decimal(3)), Cap(BudgetScope.PROJECT, south, Decimal(1)))
    accounts = [(BudgetScope.MONTH, ""), (BudgetScope.USER, ADA), (BudgetScope.PROJECT, north)]
    with catalog.write() as writer:
        both = [
            replace(a_move(writer, register(writer, films, name)), project=project, principal=ADA)
            for name, project in (("a.mov", north), ("b.mov", south))
        ]
        with pytest.raises(BudgetExceeded, match=r"costs 1\.50 .* prj_south leaves 1"):
            writer.moves.begin(both, caps, MONTH)
        assert {writer.spending.reserved(*account, MONTH) for account in accounts} == {0}
        writer.moves.begin(both[:1], caps, MONTH)
        assert writer.moves.get(both[0].id).project == north
        assert {writer.spending.reserved(*account, MONTH) for account in accounts} == {Decimal("1.50")}


def test_a_move_that_fails_gives_its_money_back(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        writer.moves.begin([a_move(writer, register(writer, films, "a.mov"))], CAPS, MONTH)
        move = writer.moves.claim("one", seconds=60)
        assert move is not None
        writer.moves.update(replace(move, state=MoveState.FAILED, error="gone"), "one")
        assert (writer.moves.spent(MONTH), writer.spending.reserved(BudgetScope.MONTH, "", MONTH)) == (0, 0)


def test_a_move_belongs_to_whoever_claimed_it_last(
    catalog: Catalog, films: Location, clock: FakeClock
) -> None:
    with catalog.write() as writer:
        begun = a_move(writer, register(writer, films, "a.mov"))
        writer.moves.begin([begun], CAPS, MONTH)
        mine = writer.moves.claim("one", seconds=60)
        assert mine is not None
        assert (mine.owner, mine.attempts) == ("one", 1)
        assert writer.moves.claim("two", seconds=60) is None
        with pytest.raises(StateConflict):
            writer.moves.cancel(begun.id)
        clock.advance(seconds=60)
        theirs = writer.moves.claim("two", seconds=60)
        assert theirs is not None
        assert not writer.moves.update(replace(mine, state=MoveState.VERIFYING), "one")
        assert not writer.moves.renew(mine.id, "one", seconds=60)
        assert writer.moves.renew(mine.id, "two", seconds=60)
        later = replace(theirs, state=MoveState.VERIFYING, not_before=clock() + timedelta(hours=1))
        assert writer.moves.update(later, "two")
        writer.moves.release(mine.id, "two")
        assert writer.moves.claim("three", seconds=60) is None
        clock.advance(hours=1)
        again = writer.moves.claim("three", seconds=60)
        assert again is not None
        assert again.attempts == 3


def test_a_move_goes_one_step_at_a_time_and_never_back(catalog: Catalog, films: Location) -> None:
    steps = list(MoveState)[:7]
    with catalog.write() as writer:
        writer.moves.begin([a_move(writer, register(writer, films, "a.mov"))], CAPS, MONTH)
        move = writer.moves.claim("one", seconds=60)
        assert move is not None
        with pytest.raises(StateConflict):
            writer.moves.update(replace(move, state=MoveState.COPYING), "one")
        walk(writer, move, steps[1:3])
        writer.moves.release(move.id, "one")
        with pytest.raises(StateConflict, match="a copy already"):
            writer.moves.cancel(move.id)
        assert writer.moves.claim("one", seconds=60) is not None
        walk(writer, move, steps[3:6])
        for forbidden in (MoveState.FAILED, MoveState.CANCELLED, MoveState.COPYING):
            with pytest.raises(StateConflict):
                writer.moves.update(replace(move, state=forbidden), "one")
        walk(writer, move, [MoveState.DONE])
        done = writer.moves.get(move.id)
        assert (done.state, done.finished_at) == (MoveState.DONE, NOON)
        assert writer.moves.claim("two", seconds=60) is None


def test_a_plan_is_kept_with_its_items(catalog: Catalog, films: Location, clock: FakeClock) -> None:
    plan = a_plan(complete=False)
    with catalog.write() as writer:
        for name in ("a.mov", "b.mov", "c.mov"):
            register(writer, films, name)
        rows = [(copy.row, copy.identity) for copy in writer.plans.scan()]
        writer.plans.put(plan)
        assert writer.plans.latest() is None
        facts = [(0, None), (0, "held"), (1, None)]
        items = [
            (n, *row, 1000, rule, refusal)
            for n, (row, (rule, refusal)) in enumerate(zip(rows, facts, strict=True))
        ]
        writer.plans.add_items(plan.id, items[:2])
        writer.plans.add_items(plan.id, items[2:])
        writer.plans.put(replace(plan, complete=True))
        assert writer.plans.latest() == writer.plans.get(plan.id) == replace(plan, complete=True)
        names = [(item.name, item.refusal) for item in writer.plans.items(plan.id)]
        assert names == [("a.mov", None), ("b.mov", "held"), ("c.mov", None)]
        assert [item.name for item in writer.plans.items(plan.id, refused=False, after=0)] == ["c.mov"]
        assert [item.name for item in writer.plans.items(plan.id, refused=True)] == ["b.mov"]
        assert writer.plans.forget_before(plan.expires_at) == 0
        assert writer.plans.forget_before(plan.expires_at + timedelta(seconds=1)) == 1
        with pytest.raises(PlanNotFound):
            writer.plans.items(plan.id)


def test_the_planner_sees_every_copy_with_what_rules_ask(
    catalog: Catalog, films: Location, clock: FakeClock
) -> None:
    with catalog.write() as writer:
        film, cold = (
            register(writer, films, "a.mov"),
            register(writer, films, "b.mov", storage_class="GLACIER"),
        )
        hidden = register(writer, films, "c.mov")
        writer.assets_writer.set_state(hidden.id, "withdrawn")  # type: ignore[arg-type]
        writer.facts_writer.add_statement(statement(film, "Straße", field="label"))
        writer.restores.begin([restore(film)], (), MONTH)
        seen = {copy.name: copy for copy in writer.plans.scan()}
        assert list(seen) == ["a.mov", "b.mov"]
        assert seen["b.mov"].storage_class == "GLACIER"
        facts = seen["a.mov"]
        assert (facts.size, facts.billed, facts.objects, facts.big) == (1000, 131072, 1, 0)
        assert (facts.asset_id, facts.project_id) == (film.id, DEFAULT_PROJECT)
        assert (facts.used, seen["b.mov"].used) == (int(NOON.timestamp()), None)
        assert (facts.is_available, facts.is_searchable, facts.asleep) == (True, False, False)
        assert writer.plans.labelled(["STRASSE", "x"]) == {"STRASSE": {film.id}, "x": frozenset()}
        assert writer.plans.restoring() == {film.id}
        assert writer.plans.rights() == {"active": frozenset(), "expired": frozenset()}
        (begun,) = writer.restores.find()
        back = replace(begun, status=RestoreStatus.VERIFIED, expires_at=NOON + timedelta(days=7))
        writer.restores.update(back)
        assert writer.plans.restoring() == {film.id}
        writer.restores.update(replace(back, expires_at=None))
        assert writer.plans.restoring() == frozenset(), "it moved back for good"
        writer.restores.update(replace(begun, status=RestoreStatus.EXPIRED))
        assert writer.plans.restoring() == frozenset()
        writer.moves.begin([a_move(writer, cold)], CAPS, MONTH)
        move = writer.moves.claim("one", seconds=60)
        assert move is not None
        walk(writer, move, list(MoveState)[1:7])
        moved = {copy.name: copy for copy in writer.plans.scan()}["b.mov"]
        assert (moved.modified, moved.since) == (0, int(NOON.timestamp()))
