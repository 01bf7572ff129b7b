"""Waves of a cold backfill: every master once, small ones first, never more than budget and space allow."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from archive_tiering.backfill.waves import Limits, Load, plan_waves
from archive_tiering.prices.cost import load_prices
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.tiers import Sleeper, Wish
from catalog.model import Instance, InstanceKind, ObjectRole, RestoreState, StoredObject
from foundation.ids import AssetId, InstanceId, LocationId

TERMS = Terms(load_prices(None))
WISH = Wish(None, 3, datetime(2026, 11, 26, tzinfo=UTC), timedelta())
GIB = 1 << 30
MUCH = 1 << 60


def load(number: int, size: int, *, storage_class: str = "DEEP_ARCHIVE", staged: bool = True) -> Load:
    item = StoredObject(
        ObjectRole.ESSENCE,
        f"s3://b/{number}",
        str(number),
        size,
        storage_class=storage_class,
        restore=RestoreState.NEEDED,
    )
    asset = AssetId(f"ast_{number:04}")
    copy = Instance(InstanceId(f"i{number}"), asset, LocationId("l"), str(number), InstanceKind.FILE, (item,))
    return Load(asset, (Sleeper(copy, item, TERMS),), staged)


@given(
    sizes=st.lists(st.integers(0, 400 * GIB), max_size=25),
    awake=st.integers(1, 900 * GIB),
    room=st.integers(0, 500 * GIB),
    budget=st.none() | st.decimals(0, 40, places=2),
)
def test_every_load_is_in_one_place_and_limits_hold(
    sizes: list[int], awake: int, room: int, budget: Decimal | None
) -> None:
    loads = [load(number, size) for number, size in enumerate(sizes)]
    plan = plan_waves(loads, Limits(awake, room, budget), WISH)
    placed = [each for wave in plan.waves for each in wave.loads] + [*plan.beyond_budget, *plan.too_large]
    assert sorted(each.asset_id for each in placed) == [each.asset_id for each in loads]
    for wave in plan.waves:
        assert wave.retrieval_tier == "bulk"
        assert wave.size <= awake or len(wave.loads) == 1
    asked = [each.size for wave in plan.waves for each in wave.loads]
    assert asked == sorted(asked)
    assert all(size <= room for size in asked)
    assert budget is None or plan.cost <= budget
    if plan.beyond_budget:
        assert min(each.size for each in plan.beyond_budget) >= max(asked, default=0)


def test_what_is_read_in_place_needs_no_room() -> None:
    plan = plan_waves([load(1, 5 * GIB, staged=False), load(2, 5 * GIB)], Limits(MUCH, GIB), WISH)
    assert [each.asset_id for wave in plan.waves for each in wave.loads] == ["ast_0001"]
    assert [each.asset_id for each in plan.too_large] == ["ast_0002"]


def test_one_wave_at_a_time_costs_what_all_of_them_were_forecast_to() -> None:
    """A backfill plans one wave, spends, and plans again: the sums are the same."""
    left = [load(number, (number % 7 + 1) * 30 * GIB) for number in range(20)]
    limits = Limits(200 * GIB, MUCH, Decimal(9))
    whole = plan_waves(left, limits, WISH)
    spent, waves = Decimal(0), []
    while True:
        (*first,) = plan_waves(left, Limits(limits.awake, MUCH, Decimal(9) - spent), WISH, most=1).waves
        if not first:
            break
        waves += first
        spent += first[0].cost
        done = {each.asset_id for each in first[0].loads}
        left = [each for each in left if each.asset_id not in done]
    assert [wave.loads for wave in waves] == [wave.loads for wave in whole.waves]
    assert spent == whole.cost <= 9
    assert whole.beyond_budget


def test_a_class_without_bulk_comes_back_as_usual() -> None:
    delays = {"standard": 5.0}
    (base,) = load(1, GIB).sleepers
    only_standard = Sleeper(base.instance, base.item, Terms(TERMS.prices, delays))
    plan = plan_waves([Load(AssetId("a"), (only_standard,))], Limits(MUCH, MUCH), WISH)
    assert [(wave.retrieval_tier, wave.eta_seconds) for wave in plan.waves] == [("standard", 5)]
