"""The ``rekindle`` command line."""

import gc
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from foundation.errors import EXIT_INTERRUPTED, RekindleError
from scripts.commands.table import COMMANDS, announce, attach
from scripts.garbage import look_seldom
from scripts.session import Session
from scripts.terminal import print_error


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code.

    Args:
        arguments: What was typed after ``rekindle``; the process's own arguments when None.
    """
    look_seldom()
    code = run(list(sys.argv[1:] if arguments is None else arguments))
    # What was opened is closed by now; Python would look through all modules once more for what to free.
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are told on standard error."""
    arguments = hoist_home(arguments)
    try:
        build(_command_in(arguments))(args=arguments, prog_name="rekindle", standalone_mode=True)
    except RekindleError as error:
        print_error(error, as_json="--json" in arguments)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def build(only: str | None) -> typer.Typer:
    """Make the command line.

    Args:
        only: Load this command and merely announce the others; None loads all.
    """
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(root)
    for name, entry in COMMANDS.items():
        if only is None or name == only:
            attach(app, name, entry)
        else:
            announce(app, name, entry)
    return app


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the flag over like this
    if wanted:
        sys.stdout.write(f"rekindle {_version()}\n")
        raise typer.Exit


def _version() -> str:
    try:
        return version("rekindle")
    except PackageNotFoundError:
        return "from source"


def root(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="DIR", help="What Rekindle owns; may stand anywhere on the line."),
    ] = None,
    show_version: Annotated[  # noqa: FBT002 - typer's way to write a flag
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Find moments in film and video by what is seen and said, play them at once, bring masters back.

    Start with `rekindle demo`, or with your own footage:

    ```console
    rekindle index ~/Footage
    rekindle search "a man talking to camera outdoors"
    rekindle up
    ```
    """
    del show_version
    context.obj = Session(home)


def hoist_home(arguments: list[str]) -> list[str]:
    """Move ``--home DIR`` to the front, so that it may stand behind the command too."""
    found: list[str] = []
    rest: list[str] = []
    queue = list(arguments)
    while queue:
        item = queue.pop(0)
        if item == "--":
            rest += [item, *queue]
            break
        if item == "--home" and queue:
            found = [item, queue.pop(0)]
        elif item.startswith("--home="):
            found = [item]
        else:
            rest.append(item)
    return found + rest


def _command_in(arguments: Sequence[str]) -> str:
    queue = iter(arguments)
    for item in queue:
        if item == "--home":
            next(queue, None)
        elif not item.startswith("-"):
            return item
    return ""


if __name__ == "__main__":
    main()
