"""What a cold backfill will cost, told before it starts, and a person's yes to it."""

import sys

import typer

from foundation.errors import EXIT_SPEND, ConsentNeeded
from scripts.terminal import duration_text, money_text, note, size_text
from search_api.schemas_work import Forecast, ForecastRest

_MOST_LINES = 12


def ask(forecast: Forecast, *, budget: str | None, yes: bool, may_ask: bool) -> None:
    """Return where the costs were agreed to: they are none, or somebody says yes, or gave a budget.

    Args:
        forecast: What it will cost.
        budget: The most it may cost, as typed.
        yes: Agreed to beforehand.
        may_ask: The command may put a question to whoever sits before it.

    Raises:
        ConsentNeeded: Nobody could be asked and no budget was given.
        Exit: Somebody said no.
    """
    cost = forecast.cost + forecast.reads.cost
    if yes or not cost:
        return
    if may_ask and sys.stdin.isatty():
        if typer.confirm("Go on?", default=False, err=True):
            return
        note("Nothing was asked for and nothing was spent.")
        raise typer.Exit(EXIT_SPEND)
    if budget is None:
        raise ConsentNeeded(f"Reading these masters would cost {money_text(cost)}.")


def sum_of(forecast: Forecast) -> str:
    """Return what all of it would cost, as a budget."""
    return str(forecast.cost + forecast.reads.cost)


def tell(forecast: Forecast) -> None:
    """Say what will be brought in, in which waves, at what cost, and what is left out."""
    if forecast.reads.assets:
        note(
            f"{forecast.reads.assets:,} masters ({size_text(forecast.reads.size)}) are catalogued and not "
            f"read: reading them would cost {money_text(forecast.reads.cost)}."
        )
    if not forecast.waves:
        if not forecast.reads.assets:
            note("No cold master without a proxy is to be asked for.")
    else:
        note(
            f"To bring in once: {forecast.assets:,} masters, {forecast.objects:,} objects, "
            f"{size_text(forecast.size)}, for {money_text(forecast.cost)}; the stores take "
            f"{duration_text(forecast.eta_seconds)}, and looking at them comes on top."
        )
        _waves(forecast)
        _costs(forecast)
    _rest(forecast.beyond_budget, "are beyond the budget and stay asleep")
    _rest(forecast.too_large, "do not fit where masters are staged (REKINDLE_HOME) and stay asleep")
    if forecast.coming:
        note(f"{forecast.coming:,} masters are on their way already.")
    if forecast.impossible:
        note(f"{forecast.impossible:,} masters cannot be brought back; the run will say why.")


def _waves(forecast: Forecast) -> None:
    for number, wave in enumerate(forecast.waves[:_MOST_LINES], 1):
        note(
            f"  wave {number}: {wave.objects:,} objects, {size_text(wave.size)}, {wave.retrieval_tier}, "
            f"{duration_text(wave.eta_seconds)}, {money_text(wave.cost)}"
        )
    if len(forecast.waves) > _MOST_LINES:
        note(f"  … and {len(forecast.waves) - _MOST_LINES:,} waves more")


def _costs(forecast: Forecast) -> None:
    for part, amount in forecast.split.items():
        if amount:
            note(f"  {part.replace('_', ' ')}: {money_text(amount)}")
    for source in forecast.sources:
        note(f"  prices: {source.table}, {source.date} ({source.source})")


def _rest(rest: ForecastRest, what: str) -> None:
    if rest.assets:
        note(f"{rest.assets:,} masters ({size_text(rest.size)}) {what}.")
