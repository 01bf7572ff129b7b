"""Options that several commands about restores share."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from foundation.errors import InputError

Budget = Annotated[str | None, typer.Option(metavar="USD", help="Most that may be spent on it.")]
Project = Annotated[str, typer.Option(metavar="PROJECT", help="Project (`prj_…`) whose budget pays.")]
By = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="When the masters are needed: `2026-12-01` or `2026-12-01T08:00`."),
]
RestoreId = Annotated[str, typer.Argument(metavar="RESTORE", help="Id of a restore (`rst_…`).")]


def moment_of(text: str | None) -> datetime | None:
    """Read a moment; without a zone it is this machine's own time.

    Raises:
        InputError: It is none.
    """
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise InputError(f"{text!r} is no moment.", remedy="Write it like 2026-12-01T08:00.") from error
