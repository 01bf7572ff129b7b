from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_tiering.prices.cost import GB, Load, charges, load_prices, shares, total
from archive_tiering.prices.moving import Spot
from archive_tiering.prices.storage_class import FACTS
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.estimate import estimate
from catalog.model import Instance, InstanceKind, ObjectRole, RestoreState, StoredObject
from foundation.errors import BadSettings, TierUnavailable
from foundation.ids import AssetId, InstanceId, LocationId

PRICES = load_prices(None)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TERABYTE = 1024 * int(GB)


@pytest.mark.parametrize(
    ("load", "tier", "expected"),
    [
        # 10 GB from Glacier, standard, kept 2 days:
        # 10 × .01 + 1/1000 × .05 + 10 × .023 × 2 / 30.4 + 1/1000 × .0004 = .1151819...
        (Load("GLACIER", 1, 10 * int(GB), Decimal(2)), "standard", "0.12"),
        (Load("GLACIER", 1, 10 * int(GB), Decimal(2)), "expedited", "0.33"),
        (Load("GLACIER", 1, 10 * int(GB), Decimal(2)), "bulk", "0.02"),
        # A terabyte from Deep Archive for 8 days: 20.48 + .0001 + 6.1978... + .0000004
        (Load("DEEP_ARCHIVE", 1, TERABYTE, Decimal(8)), "standard", "26.68"),
        (Load("DEEP_ARCHIVE", 1, TERABYTE, Decimal(8), egress=True), "standard", "118.84"),
        (Load("GLACIER", 0, 0, Decimal(3)), "standard", "0.00"),
        (Load("GLACIER", 10_000, 0, Decimal(3)), "expedited", "100.01"),
    ],
)
def test_known_bills(load: Load, tier: str, expected: str) -> None:
    assert total(charges(PRICES, load, tier)) == Decimal(expected)


def test_lines_of_nothing_are_left_out() -> None:
    whats = [line.what for line in charges(PRICES, Load("GLACIER", 1, 1, Decimal(1)), "bulk")]
    assert whats == ["temporary copy", "reading it (verified, used)"]


@pytest.mark.parametrize(("egress", "reads"), [(False, 2), (True, 1)])
def test_every_read_is_counted(egress: bool, reads: int) -> None:
    lines = charges(PRICES, Load("GLACIER", 1000, TERABYTE, Decimal(1), egress=egress), "bulk")
    (counted,) = (line for line in lines if line.what.startswith("reading"))
    assert counted.quantity == reads
    sent = [line.quantity for line in lines if line.what.startswith("egress")]
    assert sent == ([Decimal(TERABYTE) / GB] if egress else [])


@given(st.integers(0, 10_000), st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
def test_shares_are_whole_cents_that_add_up(cents: int, weights: list[int]) -> None:
    amount = Decimal(cents) / 100
    parts = shares(amount, weights)
    assert sum(parts) == amount
    assert all(part >= 0 and part == part.quantize(Decimal("0.01")) for part in parts)


@given(st.integers(1, 10**14), st.integers(1, 10**5), st.integers(1, 365))
def test_a_quote_is_never_less_than_its_lines_nor_a_cent_more(size: int, objects: int, days: int) -> None:
    lines = charges(PRICES, Load("GLACIER", objects, size, Decimal(days)), "standard")
    exact = sum(line.amount for line in lines)
    assert 0 <= total(lines) - exact < Decimal("0.01")


def test_every_tier_of_every_s3_class_has_a_price() -> None:
    for facts in FACTS.values():
        if facts.name == "VAULT_COLD":
            continue
        assert set(PRICES.of(facts.name).retrieval) == set(facts.retrieval_seconds)


def test_slower_is_never_dearer() -> None:
    for name in ("GLACIER", "DEEP_ARCHIVE"):
        load = Load(name, 3, 7 * int(GB), Decimal(2))
        bills = [total(charges(PRICES, load, tier)) for tier in FACTS[name].retrieval_seconds]
        assert bills == sorted(bills, reverse=True)


def test_unknown_classes_and_tiers_are_named() -> None:
    with pytest.raises(BadSettings, match="CRYPT"):
        charges(PRICES, Load("CRYPT", 1, 1, Decimal(1)), "standard")
    with pytest.raises(BadSettings, match="expedited"):
        charges(PRICES, Load("DEEP_ARCHIVE", 1, 1, Decimal(1)), "expedited")


def test_ones_own_table_replaces_the_shipped_one(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(
        '[table]\nname = "ours"\ndate = 2026-01-02\nsource = "contract 17"\n'
        "[classes.GLACIER.retrieval.standard]\nper_gb = 0.1\n"
    )
    mine = load_prices(table)
    assert total(charges(mine, Load("GLACIER", 1, int(GB), Decimal(1)), "standard")) == Decimal("0.10")
    assert (mine.table.name, mine.table.date.isoformat()) == ("ours", "2026-01-02")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[table",
        '[table]\nname = "x"\ndate = 2026-01-02\nsource = ""\n[copy]\nper_gb_month = -1',
        '[table]\nname = "x"\ndate = 2026-01-02\nsource = ""\ncurrency = "XXX"',
        '[table]\nname = "x"\ndate = 2026-01-02\nsource = ""\n[colour]\n',
    ],
)
def test_bad_tables_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(BadSettings):
        load_prices(tmp_path / "prices.toml")
    with pytest.raises(BadSettings):
        load_prices(tmp_path / "none.toml")


def test_a_copy_is_counted_to_the_latest_midnight_it_may_see() -> None:
    load = Terms(PRICES).load("GLACIER", 2, [1, 2])
    # Wherever in the day it arrives, it is gone at the midnight after two days.
    assert load.held_days == 3
    assert (load.objects, load.size) == (2, 3)


def test_terms_offer_the_classes_tiers_or_the_locations_own() -> None:
    assert list(Terms(PRICES).tiers("DEEP_ARCHIVE")) == ["standard", "bulk"]
    assert Terms(PRICES, delays={"bulk": 3.0}).seconds("VAULT_COLD", "bulk") == 3.0
    with pytest.raises(TierUnavailable, match="standard, bulk"):
        Terms(PRICES).seconds("DEEP_ARCHIVE", "expedited")


def instance(storage_class: str, restore: RestoreState, size: int = 100 * int(GB)) -> Instance:
    item = StoredObject(ObjectRole.ESSENCE, "x:a", "a", size, storage_class=storage_class, restore=restore)
    return Instance(InstanceId("i"), AssetId("a"), LocationId("l"), "a", InstanceKind.FILE, (item,))


@pytest.mark.parametrize(
    ("storage_class", "restore", "egress", "expected"),
    [
        ("STANDARD", RestoreState.NONE, False, (RestoreState.NONE, None, None)),
        ("STANDARD", RestoreState.NONE, True, (RestoreState.NONE, 0, Decimal("9.00"))),
        ("GLACIER_IR", RestoreState.NONE, False, (RestoreState.NONE, 0, Decimal("3.00"))),
        ("SOMETHING_NEW", RestoreState.NONE, False, (RestoreState.NONE, None, None)),
        ("GLACIER", RestoreState.NEEDED, False, (RestoreState.NEEDED, 18_000, Decimal("1.23"))),
        ("DEEP_ARCHIVE", RestoreState.NEEDED, False, (RestoreState.NEEDED, 43_200, Decimal("2.23"))),
        ("GLACIER", RestoreState.IN_PROGRESS, False, (RestoreState.IN_PROGRESS, None, Decimal(0))),
        ("GLACIER", RestoreState.RESTORED, False, (RestoreState.RESTORED, 0, Decimal(0))),
        ("VAULT_COLD", RestoreState.NEEDED, False, (RestoreState.NEEDED, None, None)),
    ],
)
def test_estimates(
    storage_class: str, restore: RestoreState, egress: bool, expected: tuple[object, ...]
) -> None:
    terms = Terms(PRICES, egress=egress)
    assert estimate(instance(storage_class, restore), terms, 2, NOON) == expected


def test_an_estimate_without_terms_still_knows_the_state() -> None:
    assert estimate(instance("GLACIER", RestoreState.NEEDED), None, 2, NOON) == (
        RestoreState.NEEDED,
        None,
        None,
    )


def test_estimates_are_cheap() -> None:
    terms, cold = Terms(PRICES), instance("GLACIER", RestoreState.NEEDED)
    begun = datetime.now(UTC)
    for _ in range(200):
        estimate(cold, terms, 2, NOON)
    assert datetime.now(UTC) - begun < timedelta(seconds=1)


def test_a_restored_copy_that_moves_out_costs_egress_alone() -> None:
    glacier = Spot(FACTS["GLACIER"], PRICES)
    dear = replace(glacier, egress=True)
    assert (glacier.per_gb_read, dear.per_gb_read) == (0, PRICES.transfer.out_per_gb)
    assert replace(dear, is_folder=True).per_gb_read == 0
