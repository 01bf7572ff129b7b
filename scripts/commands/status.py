"""``rekindle status``: the state of the archive."""

import typer

from scripts.processes import connect
from scripts.session import Json, settings_of
from scripts.terminal import money_text, note, print_json, print_table


def status(context: typer.Context, *, as_json: Json = False) -> None:
    """Show what the archive holds, which signals are on, which packs are active and what was spent.

    rekindle status
    rekindle status --json
    """
    with connect(settings_of(context)) as client:
        state = client.status()
    if as_json:
        print_json(state)
        return
    print_table(state.home, ["", "count"], [(name, str(count)) for name, count in state.counts.items()])
    print_table("", ["signal", "state"], list(state.signals.items()))
    for sentence in state.notes:
        note(sentence)
    packs = [(pack.kind, pack.name, pack.licence, pack.weakness) for pack in state.packs if pack.active]
    print_table("", ["kind", "active pack", "licence", "to know"], packs)
    note(f"Restores this month: {money_text(state.spent_usd)} of {money_text(state.budget_usd)}.")
    if state.fixity_findings:
        note(f"{state.fixity_findings} findings of the fixity checks are open: rekindle fixity report")
    if state.behind:
        note(f"The vector index has {state.behind} changes to follow.")
