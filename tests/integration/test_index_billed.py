"""Masters whose reads are billed: catalogued, forecast, and read only within a budget, charged once."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.factory import open_backfill
from archive_tiering.places import Places
from archive_tiering.prices.cost import load_prices
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.tolls import Purse, TollGate, read_cost
from catalog.model import EntryKind, Instance
from foundation.errors import BudgetExceeded, ConsentNeeded
from foundation.ids import RestoreId, RunId
from foundation.settings import TieringSettings
from tests import material
from tests.fakes.clock import FakeClock
from tests.indexing import Archive

DEAR = Terms(load_prices(None), egress=True)
GIB = 1 << 30


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path)
    places = Places(made.services.catalog, made.services.open_store, lambda location: DEAR)
    tolls = TollGate(made.services.catalog, places, TieringSettings(), FakeClock())
    made.services = replace(made.services, tolls=tolls)
    yield made
    made.services.close()


def test_without_a_budget_they_are_catalogued_and_not_read(archive: Archive) -> None:
    for n in range(2):
        material.still(archive.root / f"{n}.png", colour=f"#{n}0a0f0")
    run = archive.index()
    assert (run.state, run.discovered, run.total, run.failed) == ("finished", 2, 0, 0)
    assert {a.sha256 for a in archive.assets().values()} == {None}
    assert archive.index().total == 0
    read = archive.index(budget="1")
    assert (read.done, read.failed) == (2, 0)
    assert None not in {a.sha256 for a in archive.assets().values()}
    with archive.read() as reader:
        entries = reader.spending.entries(RestoreId(read.id))
    assert {entry.kind for entry in entries} == {EntryKind.READ}
    sizes = sum((archive.root / f"{n}.png").stat().st_size for n in range(2))
    exact = Decimal(sizes) / GIB * DEAR.prices.transfer.out_per_gb
    assert exact <= sum(entry.amount for entry in entries) <= exact + Decimal("0.000002")
    assert archive.index().unchanged == 2


def test_what_the_budget_does_not_reach_says_so(archive: Archive) -> None:
    material.still(archive.root / "a.png")
    run = archive.index(budget="0")
    assert (run.failed, [letter.code for letter in archive.letters().values()]) == (1, ["budget-exceeded"])
    with archive.read() as reader:
        assert reader.spending.entries(RestoreId(run.id)) == []


def test_a_read_is_charged_once_in_a_run_and_needs_a_yes(archive: Archive) -> None:
    material.still(archive.root / "a.png")
    archive.index()
    (asset,) = archive.assets().values()
    with archive.read() as reader:
        (copy,) = reader.assets.instances(asset.id)
    tolls = archive.services.tolls
    with pytest.raises(ConsentNeeded):
        tolls.pay(copy, Purse(RunId("run_1"), None))
    assert tolls.pay(copy, Purse(RunId("run_1"), Decimal(1))) > 0
    assert tolls.pay(copy, Purse(RunId("run_1"), Decimal(1))) == 0
    with pytest.raises(BudgetExceeded):
        tolls.pay(copy, Purse(RunId("run_2"), Decimal(1), spent=Decimal(1)))


def _sized(copy: Instance, storage_class: str) -> Instance:
    item = replace(copy.essence, size=10 * GIB, storage_class=storage_class)
    return replace(copy, objects=(item,))


@pytest.mark.parametrize(
    ("storage_class", "egress", "expected"),
    [
        ("STANDARD", False, "0"),
        ("STANDARD", True, "0.90"),
        ("STANDARD_IA", False, "0.10"),
        ("GLACIER_IR", False, "0.30"),
        ("GLACIER_IR", True, "1.20"),
    ],
)
def test_what_a_read_costs(archive: Archive, storage_class: str, egress: bool, expected: str) -> None:
    material.still(archive.root / "a.png")
    archive.index()
    (asset,) = archive.assets().values()
    with archive.read() as reader:
        (copy,) = reader.assets.instances(asset.id)
    terms = Terms(DEAR.prices, egress=egress)
    assert read_cost(_sized(copy, storage_class).objects, terms) == Decimal(expected)


def test_the_forecast_says_what_reading_costs(archive: Archive) -> None:
    material.still(archive.root / "a.png")
    archive.index()
    backfill = open_backfill(archive.services.catalog, archive.services.settings)
    ids = [asset.id for asset in archive.assets().values()]
    assert backfill.forecast(ids, None).dear == ()
    places = Places(archive.services.catalog, archive.services.open_store, lambda location: DEAR)
    backfill._places = places
    ((copy, cost),) = backfill.forecast(ids, None).dear
    assert (copy.name, cost) == ("a.png", read_cost(copy.objects, DEAR))
