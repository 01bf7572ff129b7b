"""``rekindle index``: the backfill."""

from decimal import Decimal
from typing import Annotated

import typer

from foundation.errors import EXIT_INCOMPLETE, EXIT_INTERRUPTED
from scripts import consent
from scripts.crew import Crew, crew
from scripts.following import follow_run
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.targets import resolved
from scripts.terminal import note, print_json, print_table
from search_api.client import Client
from search_api.schemas_work import DeadLetter, Forecast, Run


def index(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME|PATH]…", help="Locations or paths; everything if left out."),
    ] = None,
    *,
    cold: Annotated[
        bool, typer.Option("--cold/--no-cold", help="Also bring cold masters back, once, to look at them.")
    ] = False,
    budget: Annotated[
        str | None,
        typer.Option(metavar="USD", help="Most that bringing them back may cost; 0 for free ones only."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to the forecast beforehand.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if anything could not be indexed.")
    ] = False,
    accept_losses: Annotated[
        bool, typer.Option("--accept-losses", help="Believe that masters are gone, however many.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at and listen to everything that is new. An unknown path is registered as a location.

    ```console
    rekindle index ~/Footage
    rekindle index rushes --strict
    rekindle index masters --cold --budget 5.00
    ```

    With `--cold`, locations are listed first; then it says what bringing the masters in will cost and how
    long the stores take, and asks. Where nobody can be asked, `--budget` or `--yes` is needed unless it is
    free: else it exits with 9, and nothing was spent. The same holds, without `--cold`, for masters whose
    reads are billed (egress, infrequent-access classes): they are catalogued, and read after a yes.

    Where a listing lacks more than a tenth of a location's masters, nothing is changed and it says so: a disk
    that is half mounted, a prefix or a permission that changed look like that. `--accept-losses` believes it.

    Interrupt it whenever you like; the next run goes on where this one stopped. What cannot be indexed is
    listed at the end with the reason and what to do about it.
    """
    settings = settings_of(context)
    with connect(settings) as client, crew(settings) as workers:
        wanted = resolved(client, targets or [])
        forecast = _forecast(client, workers, wanted, budget, draw=not as_json) if cold else None
        if forecast is not None:
            consent.ask(forecast, budget=budget, yes=yes, may_ask=not as_json)
            budget = _agreed(forecast, budget)
        started = client.start_run(wanted, cold=cold, budget_usd=budget, accept_losses=accept_losses)
        ended = follow_run(client, started, workers, draw=not as_json)
        if budget is None and not cold:
            ended, forecast = _read_billed(client, workers, wanted, ended, yes=yes, draw=not as_json)
        letters = client.dead_letters(ended.id) if ended.failed else []
    _report(ended, letters, forecast, as_json=as_json)
    if ended.state != "finished":
        raise typer.Exit(EXIT_INTERRUPTED)
    if strict and letters:
        raise typer.Exit(EXIT_INCOMPLETE)


def _agreed(forecast: Forecast, budget: str | None) -> str | None:
    """Billed reads need a sum; restores keep to the month's budgets where none was given."""
    return consent.sum_of(forecast) if budget is None and forecast.reads.assets else budget


def _read_billed(
    client: Client, workers: Crew, wanted: list[str], ended: Run, *, yes: bool, draw: bool
) -> tuple[Run, Forecast | None]:
    """Ask about masters that were catalogued and not read because that costs money; then read them."""
    if ended.state != "finished" or not any(each.kind == "s3" for each in client.locations()):
        return ended, None
    whole = client.forecast_run(wanted)
    if not whole.reads.assets:
        return ended, None
    forecast = whole.model_copy(update={"waves": [], "cost": Decimal(0)})
    consent.tell(forecast)
    consent.ask(forecast, budget=None, yes=yes, may_ask=draw)
    again = client.start_run(wanted, cold=False, budget_usd=consent.sum_of(forecast))
    return follow_run(client, again, workers, draw=draw), forecast


def _forecast(
    client: Client, workers: Crew, wanted: list[str], budget: str | None, *, draw: bool
) -> Forecast:
    """List what sleeps and say what bringing it in will cost."""
    survey = follow_run(client, client.start_run(wanted, cold=False, survey=True), workers, draw=draw)
    if survey.state != "finished":
        raise typer.Exit(EXIT_INTERRUPTED)
    forecast = client.forecast_run(wanted, budget_usd=budget)
    consent.tell(forecast)
    return forecast


def _report(run: Run, letters: list[DeadLetter], forecast: Forecast | None, *, as_json: bool) -> None:
    if as_json:
        facts = run.model_dump(mode="json")
        facts["dead_letters"] = [item.model_dump(mode="json") for item in letters]
        if forecast is not None:
            facts["forecast"] = forecast.model_dump(mode="json")
        print_json(facts)
        return
    cold = f", {run.cold} cold without a proxy" if run.cold else ""
    note(
        f"{run.state}: {run.discovered} found, {run.unchanged} unchanged, "
        f"{run.done} done, {run.failed} failed{cold}."
    )
    if letters:
        rows = [(item.uri, item.code, item.message, item.remedy) for item in letters]
        print_table("Could not be indexed", ["file", "code", "what happened", "what to do"], rows)
