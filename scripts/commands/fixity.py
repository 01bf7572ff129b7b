"""``rekindle fixity``: whether bytes still are what they were."""

from datetime import datetime
from typing import Annotated

import typer

from foundation.errors import EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_STORAGE
from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import money_text, note, print_json, print_table, size_text
from search_api.client import Client
from search_api.schemas_fixity import FixityFinding, FixityPlace, FixityStep

_GB = 1 << 30


def fill(group: typer.Typer) -> None:
    """Add the sub-commands."""
    group.command("status")(status)
    group.command("run")(run)
    group.command("report")(report)
    group.command("repair")(repair)


def status(context: typer.Context, *, as_json: Json = False) -> None:
    """Show how far every place is checked, what was read this month, and what a round would cost.

    rekindle fixity status
    """
    with connect(settings_of(context)) as client:
        places = client.fixity.status()
    if as_json:
        print_json([place.model_dump(mode="json") for place in places])
    else:
        _print_places(places)


def run(
    context: typer.Context,
    *,
    location: Annotated[
        str | None, typer.Option(help="A location, `derived` or `catalog`; everything if left out.")
    ] = None,
    share: Annotated[float, typer.Option(min=0.000001, max=1.0, help="How much of it, 1 for all.")] = 1.0,
    size: Annotated[
        float | None, typer.Option("--gb", min=0.0, help="At most so many GB (2^30 bytes) per place.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check now, what was checked longest ago first. Budgets hold, nothing is woken, nothing is changed.

    Ctrl-C loses nothing. Exits with 3 when something is found, with 5 when a place cannot be reached.

    ```console
    rekindle fixity run --location nas --share 0.1
    ```
    """
    with connect(settings_of(context)) as client:
        names = [place.name for place in client.fixity.status()] if location is None else [location]
        for name in names:
            client.fixity.step(name, 0)
        places = [place for place in client.fixity.status() if place.name in names]
        try:
            steps = [step for place in places for step in _through(client, place, share, size)]
        except KeyboardInterrupt:
            note("\nStopped; nothing is lost.")
            raise typer.Exit(EXIT_INTERRUPTED) from None
        findings = client.fixity.report().findings
    facts = _summed(steps)
    if as_json:
        print_json({**facts, "findings": [item.model_dump(mode="json") for item in findings]})
    else:
        note(f"{facts['objects']} objects, {size_text(int(str(facts['bytes'])))} read.")
        _print_findings(findings)
    if findings:
        raise typer.Exit(EXIT_INCOMPLETE)
    if facts["unreachable"]:
        raise typer.Exit(EXIT_STORAGE)


def report(
    context: typer.Context,
    *,
    every: Annotated[bool, typer.Option("--all", help="Findings that are over, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was found, and what can be done about it.

    rekindle fixity report --json
    """
    with connect(settings_of(context)) as client:
        made = client.fixity.report(every=every)
    if as_json:
        print_json(made)
        return
    _print_places(made.places)
    _print_findings(made.findings)


def repair(
    context: typer.Context,
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Id of a finding (`fnd_…`).")],
    *,
    as_json: Json = False,
) -> None:
    """Put a finding right: a master from its other copy, a derived file by the next index.

    Both copies of a master are read first; the bad one is kept under a hidden name.
    """
    with connect(settings_of(context)) as client:
        done = client.fixity.repair(finding)
    if as_json:
        print_json(done)
    elif done.aside is not None:
        note(f"{done.key} is whole again. The bad copy is kept: {done.aside}")
    else:
        note(done.note or done.state)


def _through(client: Client, place: FixityPlace, share: float, size: float | None) -> list[FixityStep]:
    """Steps through a share of a place; a place that does not answer, or allows no more, ends them."""
    left = int(place.weight * share)
    if size is not None:
        left = min(left, int(size * _GB))
    steps: list[FixityStep] = []
    seen, most = 0, max(1, int(place.objects * share))
    while left > 0 and seen < most:
        done = client.fixity.step(place.name, left, begins=False)
        steps.append(done)
        left, seen = left - done.weight, seen + done.objects
        if done.unreachable is not None:
            note(f"{place.name}: {done.unreachable}")
        if not done.weight:
            break
    return steps


def _summed(steps: list[FixityStep]) -> dict[str, object]:
    outcomes: dict[str, int] = {}
    for step in steps:
        for outcome, number in step.outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + number
    return {
        "objects": sum(step.objects for step in steps),
        "bytes": sum(step.bytes for step in steps),
        "outcomes": outcomes,
        "unreachable": {step.place: step.unreachable for step in steps if step.unreachable is not None},
    }


def _print_places(places: list[FixityPlace]) -> None:
    columns = ["place", "objects", "size", "read", "store's word", "never", "oldest", "this month", "a round"]
    rows = [
        (
            place.name,
            str(place.objects),
            size_text(place.bytes),
            str(place.read),
            str(place.told),
            str(place.never),
            _day(place.oldest_read_at),
            f"{size_text(place.month_bytes)}, {money_text(place.month_cost)}",
            f"{place.round_days or '–'} days, {money_text(place.round_cost)}",
        )
        for place in places
    ]
    print_table("", columns, rows)


def _print_findings(findings: list[FixityFinding]) -> None:
    if not findings:
        note("Nothing is wrong, as far as was looked.")
        return
    rows = [(item.id, item.place, item.key, item.state, item.wrong, _advice(item)) for item in findings]
    print_table("", ["finding", "place", "what", "state", "wrong", "what to do"], rows)


def _advice(item: FixityFinding) -> str:
    others = ", ".join(f"{offer.location}:{offer.key}" for offer in item.offers)
    return f"{item.advice or item.note or ''}{f' Other copies: {others}' if others else ''}"


def _day(moment: datetime | None) -> str:
    return "–" if moment is None else f"{moment:%Y-%m-%d}"
