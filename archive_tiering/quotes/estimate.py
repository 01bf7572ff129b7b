"""What a search hit says about its master: can it be read, how soon, at what cost."""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from archive_tiering.prices.cost import CENT, GB
from archive_tiering.prices.storage_class import FACTS
from archive_tiering.prices.terms import Terms
from archive_tiering.quotes.survey import sleeping
from archive_tiering.quotes.tiers import Sleeper, Wish, bill_of, choose, eta_seconds, groups_of
from catalog.model import Instance, RestoreState
from foundation.errors import BadSettings, TierUnavailable

Estimate = tuple[RestoreState, int | None, Decimal | None]


def estimate(instance: Instance, terms: Terms | None, days: int, now: datetime) -> Estimate:
    """Return state, seconds and cost of reading an instance through standard retrieval.

    Args:
        instance: The copy.
        terms: Terms of its location; None where they are not known.
        days: How long a restored copy would be kept.
        now: The time.
    """
    state = state_of(instance)
    if terms is None:
        return state, None, None
    try:
        if state is RestoreState.NEEDED:
            return _asleep(instance, terms, Wish(None, days, now, timedelta()))
        if state is RestoreState.NONE:
            return _warm(instance, terms)
    except (BadSettings, TierUnavailable):
        return state, None, None
    return state, 0 if state is RestoreState.RESTORED else None, Decimal(0)


def state_of(instance: Instance) -> RestoreState:
    """Return the state of the object that keeps the instance from being read longest."""
    states = {item.restore for item in instance.objects}
    order = (RestoreState.NEEDED, RestoreState.IN_PROGRESS, RestoreState.RESTORED)
    return next((state for state in order if state in states), RestoreState.NONE)


def _asleep(instance: Instance, terms: Terms, wish: Wish) -> Estimate:
    groups = groups_of(Sleeper(instance, item, terms) for item in sleeping(instance))
    tiers = choose(groups, wish)
    cost = sum((charge.amount for charge in bill_of(groups, tiers, wish)), Decimal(0))
    return RestoreState.NEEDED, eta_seconds(groups, tiers), cost.quantize(CENT, ROUND_CEILING)


def _warm(instance: Instance, terms: Terms) -> Estimate:
    """Reading some classes is billed although nothing sleeps."""
    cost = Decimal(0)
    for item in instance.objects:
        facts = FACTS.get(item.storage_class)
        if facts is not None and facts.billed_read:
            cost += item.size / GB * terms.prices.of(item.storage_class).read_per_gb
    if terms.egress:
        cost += sum(item.size for item in instance.objects) / GB * terms.prices.transfer.out_per_gb
    if not cost:
        return RestoreState.NONE, None, None
    return RestoreState.NONE, 0, cost.quantize(CENT, ROUND_CEILING)
