"""``rekindle tier plan``: a dry run of the lifecycle rules."""

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import money_text, note, print_json, print_table, size_text
from search_api.schemas_tiering import TierPlan


def plan(context: typer.Context, *, as_json: Json = False) -> None:
    """Say what the lifecycle rules would move, why, what it costs once and saves every month. Nothing moves.

    The rules are in `tiering.yaml` in the home, or where REKINDLE_TIERING__RULES says.
    """
    with connect(settings_of(context)) as client:
        made = client.tiering.plan()
    if as_json:
        print_json(made)
        return
    show_plan(made)
    if made.moving:
        note(f"Do it within a day: rekindle tier apply {made.id}")


def show_plan(made: TierPlan) -> None:
    """Draw a plan for people."""
    if made.routes:
        _show_routes(made)
    if made.refusals:
        rows = [
            (
                f"{r.rule} (line {r.line})",
                str(r.copies),
                size_text(r.bytes),
                r.sentence,
                ", ".join(r.examples[:2]),
            )
            for r in made.refusals
        ]
        print_table("What stays", ["rule", "copies", "size", "why", "such as"], rows)
    months = "never" if made.break_even_months is None else f"{made.break_even_months} months"
    note(
        f"{made.moving} of {made.scanned} copies would move ({size_text(made.bytes)}): "
        f"{money_text(made.cost, made.currency)} once, {money_text(made.saving, made.currency)} saved per "
        f"month, pays back after: {months}."
    )
    for text in made.notices:
        note(text)
    for table in made.prices:
        note(f"Prices: {table['table']}, {table['date']} ({table['source']}).")


def _show_routes(made: TierPlan) -> None:
    rows = [
        (
            f"{r.rule} (line {r.line})",
            f"{r.from_location} {r.from_class}",
            f"{r.to_location} {r.to_class}",
            str(r.copies),
            size_text(r.bytes),
            money_text(r.cost, made.currency),
            money_text(r.saving, made.currency),
            "never" if r.break_even_months is None else f"{r.break_even_months} months",
        )
        for r in made.routes
    ]
    columns = ["rule", "from", "to", "copies", "size", "once", "saved per month", "pays back after"]
    print_table(f"{made.id}, holds until {made.expires_at:%Y-%m-%d %H:%M}", columns, rows)
