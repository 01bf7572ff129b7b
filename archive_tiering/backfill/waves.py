"""Which cold masters a backfill brings in together: waves, small ones first, within budget and space. Pure.

The forecast and the backfill itself plan with the same function, so that what was said beforehand is what
happens afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from archive_tiering.prices.cost import split_of, total
from archive_tiering.prices.storage_class import BULK
from archive_tiering.quotes.tiers import (
    Sleeper,
    Wish,
    bill_of,
    choose,
    common_tiers,
    eta_seconds,
    groups_of,
    name_of,
)
from foundation.ids import AssetId


@dataclass(frozen=True, slots=True)
class Load:
    """One asset's sleeping objects.

    Attributes:
        staged: It is copied to this machine before it is read, so it has to fit there.
    """

    asset_id: AssetId
    sleepers: tuple[Sleeper, ...]
    staged: bool = True

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(sleeper.item.size for sleeper in self.sleepers)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a backfill keeps to.

    Attributes:
        awake: Most bytes of one wave; a larger master is a wave of its own.
        room: Free bytes where masters are staged.
        budget: Most that all waves may cost together; None for no such limit.
    """

    awake: int
    room: int
    budget: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Wave:
    """Masters that are asked for together.

    Attributes:
        cost: Rounded up to the cent, as the wave's quote will have it.
        split: The exact amount of every part of the bill.
    """

    loads: tuple[Load, ...]
    retrieval_tier: str
    eta_seconds: int
    cost: Decimal
    split: dict[str, Decimal]

    @property
    def objects(self) -> int:
        """How many objects are asked for."""
        return sum(len(load.sleepers) for load in self.loads)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(load.size for load in self.loads)


@dataclass(frozen=True, slots=True)
class WavePlan:
    """Every load in exactly one place.

    Attributes:
        waves: In the order in which they are asked for.
        beyond_budget: What the budget does not reach.
        too_large: What would not fit where masters are staged; it is never paid for.
    """

    waves: tuple[Wave, ...]
    beyond_budget: tuple[Load, ...]
    too_large: tuple[Load, ...]

    @property
    def cost(self) -> Decimal:
        """Of all waves."""
        return sum((wave.cost for wave in self.waves), Decimal(0))

    @property
    def eta_seconds(self) -> int:
        """All waves one after the other, without the time that looking at them takes."""
        return sum(wave.eta_seconds for wave in self.waves)


def plan_waves(loads: Sequence[Load], limits: Limits, wish: Wish, *, most: int | None = None) -> WavePlan:
    """Divide loads into waves.

    Args:
        loads: What sleeps.
        limits: What to keep to.
        wish: Days and time; bulk retrieval is taken where every class offers it, whatever it says.
        most: Plan no more waves than these; the rest is in no list.

    Raises:
        TierUnavailable: A class offers no retrieval tier.
        BadSettings: The price table lacks a class or tier.
    """
    ordered = sorted(loads, key=lambda load: (load.size, load.asset_id))
    too_large = tuple(load for load in ordered if load.staged and load.size > limits.room)
    left = [load for load in ordered if not (load.staged and load.size > limits.room)]
    waves: list[Wave] = []
    spent = Decimal(0)
    while left and (most is None or len(waves) < most):
        allowed = None if limits.budget is None else limits.budget - spent
        wave = _affordable(left[: _together(left, limits.awake)], allowed, wish)
        if wave is None:
            return WavePlan(tuple(waves), tuple(left), too_large)
        waves.append(wave)
        spent += wave.cost
        left = left[len(wave.loads) :]
    return WavePlan(tuple(waves), (), too_large)


def _together(ordered: Sequence[Load], awake: int) -> int:
    """How many of the first ones fit into one wave; at least one."""
    total_size = 0
    for count, load in enumerate(ordered):
        total_size += load.size
        if count and total_size > awake:
            return count
    return len(ordered)


def _affordable(loads: Sequence[Load], budget: Decimal | None, wish: Wish) -> Wave | None:
    """The wave of as many of the first loads as the budget allows, by halving; None for not even one."""
    whole = wave_of(loads, wish)
    if budget is None or whole.cost <= budget:
        return whole
    fits: Wave | None = None
    low, high = 0, len(loads) - 1
    while low < high:
        middle = (low + high + 1) // 2
        wave = wave_of(loads[:middle], wish)
        if wave.cost <= budget:
            fits, low = wave, middle
        else:
            high = middle - 1
    return fits


def wave_of(loads: Sequence[Load], wish: Wish) -> Wave:
    """Price loads that are asked for together."""
    groups = groups_of(sleeper for load in loads for sleeper in load.sleepers)
    tier = BULK if BULK in common_tiers(groups) else None
    tiers = choose(groups, Wish(tier, wish.days, wish.now, wish.valid))
    bill = bill_of(groups, tiers, wish)
    return Wave(tuple(loads), name_of(tiers), eta_seconds(groups, tiers), total(bill), split_of(bill))
