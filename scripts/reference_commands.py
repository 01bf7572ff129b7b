"""The command line's reference page, from the commands themselves."""

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from scripts.commands.table import COMMANDS
from scripts.rekindle import build


def commands_page() -> str:
    """Return the page of commands."""
    app: Any = get_command(build(None))
    lines = [
        "# Command line",
        "",
        "`rekindle [--home DIR] COMMAND …`. `--home` may stand anywhere on the line; `--json` goes with",
        "every command and prints one JSON document on standard output. Errors go to standard error, with",
        "what to do about them; their exit codes are in [Errors](errors.md).",
        "",
        "| command | what it does |",
        "| --- | --- |",
        *(f"| [{name}](#rekindle-{name}) | {entry.summary} |" for name, entry in COMMANDS.items()),
        "",
    ]
    for name, entry in COMMANDS.items():
        command = app.commands[name]
        lines += [f"## rekindle {name}", ""]
        if entry.group:
            lines += [entry.summary, ""]
            for inner, sub in sorted(command.commands.items()):
                lines += [f"### rekindle {name} {inner}", "", *_about(f"{name} {inner}", sub)]
        else:
            lines += _about(name, command)
    return "\n".join(lines).rstrip() + "\n"


def _about(name: str, command: Any) -> Iterator[str]:
    yield f"`rekindle {name} {_usage(command)}`".replace(" `", "`")
    yield ""
    yield from inspect.cleandoc(textwrap.dedent(command.help or "")).splitlines()
    yield ""
    rows = [_row(item) for item in command.params if item.name != "help"]
    if rows:
        yield from ("| | |", "| --- | --- |", *rows, "")


def _usage(command: Any) -> str:
    arguments = [_metavar(item) for item in command.params if item.param_type_name == "argument"]
    return " ".join([*arguments, "[OPTIONS]"])


def _metavar(item: Any) -> str:
    name = str(item.metavar or item.name.upper())
    name = name if item.nargs == 1 or "…" in name else f"{name}…"
    return name if item.required or name.startswith("[") else f"[{name}]"


def _row(item: Any) -> str:
    if item.param_type_name == "argument":
        return f"| `{_metavar(item)}` | {item.help or ''} |"
    names = ", ".join(f"`{name}`" for name in [*item.opts, *item.secondary_opts])
    given = item.default is not None and item.default is not False and item.default not in ("", [], ())
    default = f" Default: {item.default}." if given and not callable(item.default) else ""
    return f"| {names} | {item.help or ''}{default} |"
