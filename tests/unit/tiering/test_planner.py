"""Tier plans: which rule decides, what keeps a master, and the money to the cent."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.moves.planner import Planner
from archive_tiering.places import Places
from archive_tiering.prices.cost import GB, load_prices
from archive_tiering.prices.moving import (
    Amounts,
    Route,
    Spot,
    Way,
    break_even,
    monthly,
    once,
    total_once,
    worth_from,
)
from archive_tiering.prices.storage_class import facts_of
from archive_tiering.prices.terms import Terms
from catalog.factory import open_catalog
from catalog.model import (
    Asset,
    AssetKind,
    AssetState,
    Hold,
    Instance,
    InstanceKind,
    Lease,
    Location,
    LocationKind,
    ObjectRole,
    ProjectState,
    Rendition,
    RenditionRole,
    RestoreState,
    Right,
    RightKind,
    Statement,
    StoredObject,
    TierPlan,
)
from catalog.repository import Catalog
from foundation.errors import BadRules
from foundation.home import Home
from foundation.ids import AssetId, HoldId, InstanceId, LeaseId, LocationId, StatementId, mint
from foundation.settings import TieringSettings
from tests.fakes.clock import FakeClock

PRICES = load_prices(None)
LONG_AGO = int(FakeClock().moment.timestamp()) - 400 * 86400
S3, NAS, VAULT = LocationId("loc_s3"), LocationId("loc_nas"), LocationId("loc_vault")
RULES = """\
version: 1
exceptions:
  - label: keep-hot
rules:
  - name: deep
    when: {project: {state: wrapped, for: 30 days}, location: s3}
    unless:
      path: "deliverables/**"
    to: {class: DEEP_ARCHIVE}
  - name: tapes
    when: {location: nas, size: ">= 1 MB"}
    to: {location: vault}
"""


@dataclass
class Desk:
    catalog: Catalog
    clock: FakeClock
    rules: Path
    settings: TieringSettings

    def add(
        self,
        name: str,
        *,
        location: LocationId = S3,
        size: int = int(GB),
        storage_class: str = "STANDARD",
        restore: RestoreState = RestoreState.NONE,
        searchable: bool = True,
        modified: int = LONG_AGO,
    ) -> AssetId:
        asset = Asset(AssetId(mint("ast")), AssetKind.VIDEO, name, location, storage_class=storage_class)
        item = StoredObject(
            ObjectRole.ESSENCE, f"x://{name}", name, size, "e", modified * 10**9, "", storage_class, restore
        )
        copy = Instance(InstanceId(mint("ins")), asset.id, location, name, InstanceKind.FILE, (item,))
        with self.catalog.write() as tx:
            tx.assets_writer.register(asset, copy)
            if searchable:
                proxy = Rendition(RenditionRole.PROXY, "proxy.mp4", 1, "0" * 64, "video/mp4")
                tx.facts_writer.put_rendition(asset.id, proxy)
                tx.assets_writer.mark_indexed(asset.id)
        return asset.id

    def wrap(self, *assets: AssetId, days_ago: int = 40) -> None:
        moment = self.clock.moment
        with self.catalog.write() as tx:
            project = next((p for p in tx.projects.all() if p.name == "North"), None)
            project = project or tx.projects.create("North")
            tx.projects.assign(project.id, assets)
            self.clock.moment = moment - timedelta(days=days_ago)
            tx.projects.set_state(project.id, ProjectState.WRAPPED)
            self.clock.moment = moment

    def plan(self, rules: str = RULES) -> TierPlan:
        self.rules.write_text(rules)
        places = Places(self.catalog, lambda _: pytest.fail("a plan asks no store"), self._terms)
        return Planner(self.catalog, places, self.settings, self.rules, self.clock).plan()

    def outcome(self, plan: TierPlan) -> dict[str, str | None]:
        with self.catalog.read() as view:
            return {item.name: item.refusal for item in view.plans.items(plan.id)}

    def _terms(self, location: Location) -> Terms:
        if location.id == VAULT:
            return Terms(PRICES.model_copy(update={"classes": VAULT_CLASSES}), storage_class="VAULT_COLD")
        return Terms(PRICES)


VAULT_CLASSES = {"VAULT_COLD": PRICES.of("GLACIER").model_copy(update={"write_per_1000": Decimal(0)})}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = FakeClock()
    catalog = open_catalog(Home(tmp_path / "home"), clock=clock)
    places = (
        (S3, "s3", LocationKind.S3),
        (NAS, "nas", LocationKind.FOLDER),
        (VAULT, "vault", LocationKind.VAULT),
    )
    with catalog.write() as tx:
        for location, name, kind in places:
            tx.locations.add(Location(location, name, f"{kind}:/{name}", kind))
    yield Desk(catalog, clock, tmp_path / "tiering.yaml", TieringSettings())
    catalog.close()


def test_a_wrapped_project_moves_and_the_rest_stays(desk: Desk) -> None:
    desk.wrap(desk.add("a.mov"), desk.add("deliverables/b.mov"))
    desk.add("other.mov")
    plan = desk.plan()
    assert (plan.scanned, plan.moving, plan.refused, plan.complete) == (3, 1, 0, True)
    assert desk.outcome(plan) == {"a.mov": None}
    (route,) = plan.summary["routes"]  # type: ignore[misc]
    assert (route["rule"], route["line"], route["way"]) == ("deep", 5, "in place")  # type: ignore[index]


def test_money_is_that_of_the_formula(desk: Desk) -> None:
    # 100 GB in one object, STANDARD to DEEP_ARCHIVE in place:
    # before 100 × .023 = 2.30; after (100 GB + 32 KiB) × .00099 + 8 KiB × .023 = .0990002...
    # once 1/1000 × (.05 writing + .005 safety copy + .0004 reading) = .0000554
    desk.wrap(desk.add("a.mov", size=100 * int(GB)))
    plan = desk.plan()
    assert (plan.saving, plan.cost) == (Decimal("2.20"), Decimal("0.01"))
    (route,) = plan.summary["routes"]  # type: ignore[misc]
    assert route["monthly_before"] == "2.30"  # type: ignore[index]
    assert route["monthly_after"] == "0.10"  # type: ignore[index]
    assert route["break_even_months"] == "0.1"  # type: ignore[index]
    assert [line["what"] for line in route["charges"]] == [  # type: ignore[index]
        "writing objects",
        "safety copies",
        "reading objects",
    ]


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"searchable": False}, "unsearchable"),
        ({"restore": RestoreState.RESTORED, "storage_class": "GLACIER"}, "restoring"),
        ({"restore": RestoreState.NEEDED, "storage_class": "GLACIER"}, "asleep"),
        ({"size": 2000}, "too small"),
        ({"storage_class": "STANDARD_IA", "modified": LONG_AGO + 390 * 86400}, "too young"),
        ({"storage_class": "STANDARD_IA"}, None),
        ({}, None),
    ],
)
def test_what_keeps_a_master(desk: Desk, facts: dict[str, object], refusal: str | None) -> None:
    desk.wrap(desk.add("a.mov", **facts))  # type: ignore[arg-type]
    plan = desk.plan()
    assert desk.outcome(plan) == {"a.mov": refusal}
    reasons = [item["reason"] for item in plan.summary["refusals"]]  # type: ignore[attr-defined]
    assert reasons == ([refusal] if refusal else [])


def test_holds_and_leases_keep_a_master(desk: Desk) -> None:
    held, leased, free = (desk.add(name) for name in ("held.mov", "leased.mov", "free.mov"))
    desk.wrap(held, leased, free)
    with desk.catalog.write() as tx:
        tx.holds.add(Hold(HoldId("hld_1"), "court", held))
        tx.leases.take(Lease(LeaseId("lse_1"), leased, desk.clock() + timedelta(hours=1)))
    outcome = {"held.mov": "held", "leased.mov": "leased", "free.mov": None}
    assert desk.outcome(desk.plan()) == outcome
    desk.clock.advance(hours=2)
    with desk.catalog.write() as tx:
        tx.holds.release(HoldId("hld_1"))
        project = tx.projects.get("North")
        tx.holds.add(Hold(HoldId("hld_2"), "court", project_id=project.id, until=desk.clock() + timedelta(1)))
    assert set(desk.outcome(desk.plan()).values()) == {"held"}


RIGHTS = """\
version: 1
rules:
  - name: deep
    when: {location: s3}
    unless: {rights: active}
    to: {class: DEEP_ARCHIVE}
"""


def test_rights_in_force_protect_a_master(desk: Desk) -> None:
    names = ("owned.mov", "licensed.mov", "over.mov", "to come.mov", "none.mov")
    owned, licensed, over, to_come, _ = (desk.add(name) for name in names)
    day = timedelta(days=1)
    given = (
        Right(owned, RightKind.OWNED),
        Right(licensed, RightKind.LICENSED, "North", valid_until=desk.clock() + day),
        Right(over, RightKind.LICENSED, "North", valid_until=desk.clock() - day),
        Right(to_come, RightKind.LICENSED, "North", valid_from=desk.clock() + 9 * day),
    )
    with desk.catalog.write() as tx:
        for right in given:
            tx.rights.replace(right.asset_id, [right])
    assert set(desk.outcome(desk.plan(RIGHTS))) == {"over.mov", "to come.mov", "none.mov"}
    for state, left in (
        ("active", {"owned.mov", "licensed.mov"}),
        ("expired", {"over.mov", "to come.mov"}),
        ("none", {"none.mov"}),
    ):
        rules = RIGHTS.replace("    unless: {rights: active}\n", "").replace(
            "{location: s3}", f"{{location: s3, rights: {state}}}"
        )
        assert set(desk.outcome(desk.plan(rules))) == left
    desk.clock.advance(days=1)
    assert set(desk.outcome(desk.plan(RIGHTS))) == {"licensed.mov", "over.mov", "to come.mov", "none.mov"}


def test_labels_that_people_put_on_keep_a_master_until_they_take_them_off(desk: Desk) -> None:
    labelled, free = desk.add("labelled.mov"), desk.add("free.mov")
    desk.wrap(labelled, free)
    label = Statement(StatementId("stm_1"), labelled, "label", "Keep-Hot", "person:prn_local")
    with desk.catalog.write() as tx:
        tx.facts_writer.add_statement(label)
    assert desk.outcome(desk.plan()) == {"free.mov": None}
    with desk.catalog.write() as tx:
        tx.facts_writer.take_back(labelled, label.id)
    assert desk.outcome(desk.plan()) == {"free.mov": None, "labelled.mov": None}


def test_a_withdrawn_master_stays_where_it_is(desk: Desk) -> None:
    hidden = desk.add("hidden.mov")
    desk.wrap(hidden, desk.add("a.mov"))
    with desk.catalog.write() as tx:
        tx.assets_writer.set_state(hidden, AssetState.WITHDRAWN)
    assert desk.outcome(desk.plan()) == {"a.mov": None}


def test_a_project_counts_from_when_it_was_wrapped(desk: Desk) -> None:
    desk.wrap(desk.add("a.mov"), days_ago=29)
    assert desk.outcome(desk.plan()) == {}
    desk.clock.advance(days=1)
    assert desk.outcome(desk.plan()) == {"a.mov": None}
    with desk.catalog.write() as tx:
        tx.projects.set_state(tx.projects.get("North").id, ProjectState.ACTIVE)
    assert desk.outcome(desk.plan()) == {}


def test_leaving_early_is_refused_or_priced(desk: Desk) -> None:
    # 10 GB left STANDARD_IA after 10 of 30 days: 20/30.4 × 10 × .0125 = .0822...
    ten_days_ago = LONG_AGO + 390 * 86400
    desk.wrap(desk.add("a.mov", size=10 * int(GB), storage_class="STANDARD_IA", modified=ten_days_ago))
    plan = desk.plan(RULES.replace("to: {class: DEEP", "allow_early_deletion: true\n    to: {class: DEEP"))
    (route,) = plan.summary["routes"]  # type: ignore[misc]
    assert route["early_deletion"] == "0.09"  # type: ignore[index]
    assert plan.cost == Decimal("0.09")


def test_disks_without_a_price_are_said_so_and_the_first_rule_decides(desk: Desk) -> None:
    desk.add("a.mov", location=NAS)
    rules = RULES.replace(
        "- name: deep", "- name: first\n    when: {path: '*.mov'}\n    to: {location: vault}\n  - name: deep"
    )
    plan = desk.plan(rules)
    (route,) = plan.summary["routes"]  # type: ignore[misc]
    assert (route["rule"], route["to_location"], route["to_class"]) == ("first", "vault", "VAULT_COLD")  # type: ignore[index]
    assert plan.saving < 0
    assert "your own disks" in plan.summary["notices"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("location: s3", "location: s4", 6, "no location 's4'"),
        ("{state: wrapped, for: 30 days}", "South", 6, "no project 'South'"),
        ("{location: vault}", "{location: vault, class: GLACIER}", 12, "VAULT_COLD only"),
        ("{location: vault}", "{location: volt}", 12, "no location 'volt'"),
    ],
)
def test_names_that_do_not_exist_have_a_line(desk: Desk, old: str, new: str, line: int, words: str) -> None:
    desk.add("a.mov", location=NAS)
    with pytest.raises(BadRules) as caught:
        desk.plan(RULES.replace(old, new))
    assert f"tiering.yaml:{line}: " in caught.value.message
    assert words in caught.value.message


def test_what_is_there_already_and_what_has_no_classes(desk: Desk) -> None:
    desk.wrap(desk.add("a.mov", storage_class="DEEP_ARCHIVE", restore=RestoreState.NEEDED))
    desk.add("b.mov", location=NAS)
    plan = desk.plan(RULES.replace("{location: vault}", "{class: GLACIER}"))
    assert desk.outcome(plan) == {"b.mov": "no classes"}


def test_a_bucket_moves_downwards_by_itself(desk: Desk) -> None:
    desk.settings = desk.settings.model_copy(update={"tag_locations": ["s3"]})
    asleep = {"restore": RestoreState.NEEDED}
    desk.wrap(desk.add("a.mov", storage_class="GLACIER", **asleep))  # type: ignore[arg-type]
    assert desk.outcome(desk.plan()) == {"a.mov": None}
    up = RULES.replace("DEEP_ARCHIVE", "STANDARD_IA")
    assert desk.outcome(desk.plan(up)) == {"a.mov": "upwards"}


def test_plans_that_ran_out_are_forgotten(desk: Desk) -> None:
    first = desk.plan()
    desk.clock.advance(hours=desk.settings.plan_hours, seconds=1)
    desk.plan()
    with desk.catalog.read() as view:
        latest = view.plans.latest()
        assert latest is not None
        assert latest.id != first.id


def spot(name: str) -> Spot:
    return Spot(facts_of(name), PRICES)


@pytest.mark.parametrize(
    ("name", "size", "objects", "cost"),
    [
        ("STANDARD", 10 * int(GB), 1, "0.23"),
        ("GLACIER", 0, 1024 * 1024, "0.3072"),  # 32 GB × .0036 + 8 GB × .023 = .1152 + .184
        ("INTELLIGENT_TIERING", 0, 1000, "0.0025"),
    ],
)
def test_keeping_objects(name: str, size: int, objects: int, cost: str) -> None:
    expected = Decimal("0.2992") if name == "GLACIER" else Decimal(cost)
    assert monthly(spot(name), Amounts(objects, size)) == expected


def test_a_petabyte_of_masters_is_what_research_says() -> None:
    # 1 PB as 107,374,182 objects of 10 MB: transition requests 3,221 and 5,369 US dollars.
    amounts = Amounts(107_374_182, 1 << 50)
    for name, dollars in (("GLACIER", 3221), ("DEEP_ARCHIVE", 5369)):
        route = Route(spot("STANDARD"), spot(name), Way.TAG)
        writing = next(line for line in once(route, amounts) if line.what == "lifecycle transitions")
        assert round(writing.amount) == dollars


def test_what_pays_back_is_found_by_size() -> None:
    route = Route(spot("STANDARD"), spot("GLACIER"), Way.IN_PLACE)
    least = worth_from(route, Decimal(12))
    assert least is not None
    for size, pays in ((least, True), (least - 1, False)):
        amounts = Amounts(1, size)
        saving = monthly(route.source, amounts) - monthly(route.target, amounts)
        assert (saving * 12 >= total_once(once(route, amounts))) is pays
    upwards = Route(spot("GLACIER"), spot("STANDARD"), Way.IN_PLACE)
    assert worth_from(upwards, Decimal(12)) is None


@pytest.mark.parametrize(
    ("cost", "saving", "months"), [("1", "2", "0.5"), ("1", "3", "0.4"), ("1", "0", None), ("1", "-1", None)]
)
def test_break_even(cost: str, saving: str, months: str | None) -> None:
    assert break_even(Decimal(cost), Decimal(saving)) == (None if months is None else Decimal(months))


def test_egress_is_part_of_moving_out() -> None:
    route = Route(
        replace(spot("STANDARD"), egress=True), replace(spot("STANDARD"), is_folder=True), Way.ACROSS
    )
    lines = {line.what: line.amount for line in once(route, Amounts(1, 10 * int(GB), 160))}
    assert lines["reading"] == Decimal("1.80"), "it is verified, then copied"
