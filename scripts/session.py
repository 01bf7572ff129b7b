"""What every command has in its hands: the settings of the home it works on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from foundation import logging
from foundation.settings import Settings, load

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@dataclass(frozen=True, slots=True)
class Session:
    """The home named on the command line, else None."""

    home: Path | None

    def settings(self) -> Settings:
        """Read the settings and send logs to the home's log folder.

        Raises:
            BadSettings: A setting cannot be read.
            HomeUnusable: The home is no folder, or may not be written to.
            NoSpace: The disk is full.
        """
        settings = load(self.home)
        logging.configure(settings.log_level, file=settings.layout.create().logs / "rekindle.log")
        return settings


def settings_of(context: typer.Context) -> Settings:
    """Return the settings of the command that runs."""
    session = context.find_object(Session)
    return (session or Session(None)).settings()
