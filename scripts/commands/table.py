"""Which commands there are, and where; kept apart so that naming them costs no import."""

from dataclasses import dataclass
from importlib import import_module

import typer


@dataclass(frozen=True, slots=True)
class Entry:
    """One command.

    Attributes:
        module: Module of ``scripts.commands`` that holds it.
        attribute: The command's function; for a group, the function that fills it.
        summary: One line for the list of commands.
        group: Whether it has sub-commands.
    """

    module: str
    attribute: str
    summary: str
    group: bool = False


COMMANDS: dict[str, Entry] = {
    "location": Entry("location", "fill", "Folders, vaults and buckets that hold masters.", group=True),
    "index": Entry("index", "index", "Look at and listen to everything that is new."),
    "search": Entry("search", "search", "Find moments in plain language."),
    "eval": Entry("eval", "evaluate", "Measure how well the archive is searched."),
    "restore": Entry("restore", "fill", "Bring cold masters back, at a price agreed beforehand.", group=True),
    "asset": Entry(
        "asset", "fill", "Say what you know: labels, descriptions, dates, rights; withdraw.", group=True
    ),
    "project": Entry("project", "fill", "Group assets; wrap what is finished.", group=True),
    "tier": Entry("tier", "fill", "Move masters between storage classes by rule.", group=True),
    "subclip": Entry("subclip", "subclip", "A part of a master, without reading the whole."),
    "fixity": Entry("fixity", "fill", "Whether bytes still are what they were; repair.", group=True),
    "timeline": Entry("timeline", "fill", "Moments to editing programs and back.", group=True),
    "basket": Entry("basket", "fill", "Masters that come back together: quote, agree.", group=True),
    "notices": Entry("notices", "notices", "What you were told of restores, requests and fixity."),
    "status": Entry("status", "status", "What the archive holds, and which signals are on."),
    "audit": Entry("audit", "audit", "Who did what, newest first."),
    "check": Entry("check", "check", "Verify catalog, derived files and vector index; repair them."),
    "backup": Entry("backup", "backup", "Copy what cannot be rebuilt, while everything goes on."),
    "recover": Entry("backup", "recover", "Put a backup into a home that has no catalog."),
    "doctor": Entry("doctor", "doctor", "What this machine offers and what it lacks."),
    "up": Entry("serving", "up", "Run everything: API, workers, restore keeper and UI."),
    "serve": Entry("serving", "serve", "Run the API alone."),
    "ui": Entry("serving", "ui", "Run the UI alone, against a running API."),
    "watch": Entry("watch", "watch", "Index again every few minutes."),
    "packs": Entry("packs", "fill", "Model packs: list, add, use, try, compare, switch.", group=True),
    "saved": Entry("saved", "fill", "Searches that are asked again of new footage.", group=True),
    "demand": Entry("demand", "demand", "What people asked for and the archive lacks."),
    "duplicates": Entry("duplicates", "fill", "Copies, cut-downs and shared shots.", group=True),
    "people": Entry("people", "fill", "Put names to faces; keep people out.", group=True),
    "demo": Entry("demo", "demo", "Make a small archive and do the whole job on it."),
}


def attach(app: typer.Typer, name: str, entry: Entry) -> None:
    """Import a command and add it to ``app``."""
    target = getattr(import_module(f"scripts.commands.{entry.module}"), entry.attribute)
    if not entry.group:
        app.command(name)(target)
        return
    group = typer.Typer(no_args_is_help=True, help=entry.summary, rich_markup_mode="markdown")
    target(group)
    app.add_typer(group, name=name)


def announce(app: typer.Typer, name: str, entry: Entry) -> None:
    """Add only the name and summary of a command, for the list of commands."""

    def unloaded() -> None:
        raise LookupError(name)

    app.command(name, help=entry.summary)(unloaded)
