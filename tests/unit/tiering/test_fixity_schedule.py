"""The schedule alone: tables, and properties over made-up archives."""

from collections import deque
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_tiering.fixity.schedule import (
    OVERHEAD,
    Limits,
    Load,
    Verdict,
    carried,
    daily_weight,
    decide,
    has_done_its_day,
    read_cost,
    round_days,
    to_micros,
)
from archive_tiering.prices.cost import GB, ClassPrices, PriceTable, TableInfo, TransferPrice
from archive_tiering.prices.terms import Terms
from catalog.model import FixityUse

MB = 1 << 20
SIZES = st.lists(st.integers(0, 400 * MB), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("load", "used", "limits", "verdict"),
    [
        (Load(5), FixityUse(), Limits(30), Verdict.READ),
        (Load(5, asleep=True), FixityUse(), Limits(30), Verdict.LOOK),
        (Load(5, micros=1), FixityUse(), Limits(30), Verdict.LOOK),
        (Load(5, micros=1), FixityUse(), Limits(30, month_micros=1), Verdict.READ),
        (Load(5, micros=1), FixityUse(micros=1), Limits(30, month_micros=1), Verdict.WAIT),
        (Load(5), FixityUse(size=6), Limits(30, month_bytes=10), Verdict.WAIT),
        (Load(5), FixityUse(size=5), Limits(30, month_bytes=10), Verdict.READ),
        (Load(11), FixityUse(), Limits(30, month_bytes=10), Verdict.LOOK),
    ],
)
def test_verdicts(load: Load, used: FixityUse, limits: Limits, verdict: Verdict) -> None:
    assert decide(load, used, limits) is verdict


@dataclass
class Round:
    """Days of one place, simulated as the keeper lives them."""

    sizes: list[int]
    limits: Limits

    def __post_init__(self) -> None:
        self.queue = deque(range(len(self.sizes)))
        self.previous: tuple[int, FixityUse] | None = None
        self.month = FixityUse()
        self.checked: dict[int, list[tuple[int, Verdict]]] = {n: [] for n in self.queue}

    def day(self, number: int) -> None:
        share = daily_weight(len(self.sizes), sum(self.sizes), self.limits.days)
        over = 0
        if self.previous is not None:
            over = carried(self.previous[1], share, number - self.previous[0])
        today = FixityUse(weight=over)
        for _ in range(len(self.sizes)):
            if has_done_its_day(today, share):
                break
            load = Load(self.sizes[self.queue[0]])
            verdict = decide(load, self.month, self.limits)
            if verdict is Verdict.WAIT:
                break
            today = FixityUse(today.weight + load.weight)
            if verdict is Verdict.READ:
                self.month = FixityUse(size=self.month.size + load.size)
            self.checked[self.queue[0]].append((number, verdict))
            self.queue.rotate(-1)
        self.previous = number, today


@given(SIZES, st.integers(1, 60))
def test_everything_is_read_within_the_days(sizes: list[int], days: int) -> None:
    archive = Round(sizes, Limits(days))
    for number in range(3 * days + 3):
        archive.day(number)
    for visits in archive.checked.values():
        numbers = [-1, *(number for number, _ in visits)]
        gaps = [after - before for before, after in pairwise(numbers)]
        assert visits
        assert max(gaps) <= days + 1


@given(SIZES, st.integers(1, 60))
def test_no_day_does_much_more_than_its_share(sizes: list[int], days: int) -> None:
    archive = Round(sizes, Limits(days))
    for number in range(2 * days):
        archive.day(number)
    done = sum(len(visits) * Load(sizes[item]).weight for item, visits in archive.checked.items())
    share = daily_weight(len(sizes), sum(sizes), days)
    assert done <= share * 2 * days + max(sizes) + OVERHEAD


@given(SIZES, st.integers(1, 30), st.integers(0, 2000 * MB))
def test_a_months_budget_is_never_passed_and_nothing_starves(
    sizes: list[int], days: int, budget: int
) -> None:
    archive = Round(sizes, Limits(days, month_bytes=budget))
    fits = {item for item, size in enumerate(sizes) if size <= budget}
    months = len(sizes) + 3
    for month in range(months):
        archive.month = FixityUse()
        for number in range(30):
            archive.day(30 * month + number)
            assert archive.month.size <= budget
    for item, visits in archive.checked.items():
        assert visits
        assert {verdict for _, verdict in visits} == {Verdict.READ if item in fits else Verdict.LOOK}


@given(SIZES, st.integers(1, 30), st.lists(st.integers(-400, 400), min_size=1, max_size=30))
def test_clocks_that_jump_change_the_pace_and_never_the_order(
    sizes: list[int], days: int, jumps: list[int]
) -> None:
    archive, number = Round(sizes, Limits(days)), 0
    order: list[int] = []
    for jump in jumps:
        number += jump
        before = list(archive.queue)
        if archive.previous is not None and archive.previous[0] >= number:
            archive.previous = None  # the catalog gives the last day before this one
        archive.day(number)
        taken = (before.index(archive.queue[0])) % len(sizes)
        order += before[:taken] if archive.queue[0] != before[0] else []
    assert order == [step % len(sizes) for step in range(len(order))]


def test_what_reading_costs() -> None:
    prices = PriceTable(
        table=TableInfo(name="test", date=date(2026, 1, 1), source="this file"),
        transfer=TransferPrice(get_per_1000=Decimal("0.4"), out_per_gb=Decimal("0.09")),
        classes={
            name: ClassPrices(read_per_gb=Decimal("0.01")) for name in ("STANDARD_IA", "STANDARD", "GLACIER")
        },
    )
    size = int(GB) * 2
    at_home, outside = Terms(prices), Terms(prices, egress=True)
    assert read_cost(at_home, "STANDARD", size) == 0
    assert read_cost(at_home, "STANDARD_IA", size) == Decimal("0.0204")
    assert read_cost(outside, "STANDARD", size) == Decimal("0.1804")
    assert read_cost(outside, "STANDARD_IA", size) == Decimal("0.2004")
    assert to_micros(Decimal("0.0000001")) == 1


@pytest.mark.parametrize(
    ("limits", "days"),
    [
        (Limits(90), 90),
        (Limits(90, month_bytes=0), None),
        (Limits(90, month_bytes=1000), 90),
        (Limits(90, month_bytes=100), 300),
    ],
)
def test_a_budget_makes_rounds_longer(limits: Limits, days: int | None) -> None:
    assert round_days(1, 1000, limits) == days
