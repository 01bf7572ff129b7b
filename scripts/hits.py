"""Draws a search reply for people."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from scripts.terminal import duration_text, money_text, out
from search_api.schemas import Hit, HitStep, SearchReply

_WHY_WIDTH = 70
_COLOURS = {"strong": "bold green", "possible": "yellow", "weak": "dim"}


def print_reply(reply: SearchReply) -> None:
    """Draw the hits as a table and say how the query was read and which signals took part."""
    out().print(Group(hits_table(reply), reading_line(reply), signals_line(reply)))


def hits_table(reply: SearchReply) -> Table:
    """Return the hits: which moment, why, and where the master is."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name, overflow in (
        ("", "fold"),
        ("asset", "fold"),
        ("moment", "fold"),
        ("sure", "fold"),
        ("why", "fold"),
        ("master", "fold"),
    ):
        table.add_column(name, overflow="fold" if overflow == "fold" else "ellipsis")
    for rank, hit in enumerate(reply.hits, start=1):
        table.add_row(
            f"{rank}", asset_text(hit), moment_text(hit), sure_text(hit), _reasons(hit), master_text(hit)
        )
    return table


def asset_text(hit: Hit) -> Text:
    """Return the asset's name, and how many others show the same."""
    text = Text(hit.asset.name)
    if hit.duplicates:
        text.append(f"\n+ {hit.duplicates} with the same pictures", "dim")
    return text


def reading_line(reply: SearchReply) -> Text:
    """Return how the query was read, where that is more than words."""
    told = reply.understood.told
    return Text(f"understood: {told}" if told else "", "dim")


def signals_line(reply: SearchReply) -> Text:
    """Return which signals are on, and why the others are off."""
    line = Text("signals: ", style="dim")
    line.append(", ".join(name for name, state in reply.signals.items() if state == "on") or "none", "green")
    for name, state in reply.signals.items():
        if state != "on":
            line.append(f"\n  {name} {state}", "dim")
    return line


def moment_text(hit: Hit) -> Text:
    """Return the moment's timecode, else its seconds; those of its steps below."""
    if hit.start is None:
        return Text("still")
    return Text("\n".join([_span_text(hit), *(f"  {_span_text(step)}" for step in hit.steps)]))


def _span_text(place: Hit | HitStep) -> str:
    label = place.timecode or clock_text(place.start or 0.0)
    length = "" if place.end is None or place.start is None else f" +{place.end - place.start:.1f} s"
    return f"{label}{length}"


def sure_text(hit: Hit) -> Text:
    """Return how sure the hit is."""
    return Text(hit.confidence, _COLOURS[hit.confidence])


def master_text(hit: Hit) -> Text:
    """Return where the master lives and what bringing it back takes."""
    master = hit.master
    if master.restore in {"none", "restored"}:
        return Text(
            f"{master.storage_class}, readable" if master.restore == "restored" else master.storage_class
        )
    wait = duration_text(master.eta_seconds)
    return Text(f"{master.storage_class}, {wait}, {money_text(master.cost_usd)}", "cyan")


def clock_text(seconds: float) -> str:
    """Write a position as ``1:02:03.4``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest / 10:04.1f}"


def _reasons(hit: Hit) -> Text:
    reasons = Text()
    for number, match in enumerate(hit.matched):
        reasons.append("\n" if number else "")
        reasons.append(f"{match.signal} ", "bold green")
        reasons.append(f"{match.contribution:.0%} ", "dim")
        reasons.append(match.why if len(match.why) <= _WHY_WIDTH else match.why[: _WHY_WIDTH - 1] + "…")
    return reasons
