"""Text and JSON for people and programs: results on standard output, the rest on standard error."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel

from foundation.errors import RekindleError

if TYPE_CHECKING:
    from rich.console import Console


_WIDTH_OF_FILES = 140
_WHOLE = ("restore", "asset", "code", "name")


def out() -> "Console":
    """Return a console on standard output."""
    from rich.console import Console  # noqa: PLC0415 - a search with --json never draws

    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)


def err() -> "Console":
    """Return a console on standard error."""
    from rich.console import Console  # noqa: PLC0415 - most commands never say anything here

    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Write one JSON document, at once: who serves says so long before it ends. Wire types as they travel."""
    if isinstance(value, BaseModel):
        text = value.model_dump_json(by_alias=True, indent=2)
    else:
        text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Draw a table; every cell is shown as it is, markup included."""
    from rich.table import Table  # noqa: PLC0415 - drawn only for people
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=Text(title) if title else None, title_justify="left", header_style="bold", box=None)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in _WHOLE)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out().print(table)


def note(text: str) -> None:
    """Say something that is not the result."""
    sys.stderr.write(text + "\n")


def print_error(error: RekindleError, *, as_json: bool) -> None:
    """Say what went wrong and what to do next."""
    if as_json:
        facts = {
            "code": error.code, "detail": error.message, "remedy": error.remedy,
            "retryable": error.retryable, "exit_code": error.exit_code, "facts": error.detail,
        }  # fmt: skip
        sys.stderr.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
        return
    sys.stderr.write(f"{error.message}\n→ {error.remedy}\n")


def size_text(size: int) -> str:
    """Write bytes for people: ``512 B``, ``3.4 MB``."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def duration_text(seconds: float | None) -> str:
    """Write a stretch of time for people: ``now``, ``40 s``, ``12 min``, ``5 h``."""
    if seconds is None:
        return "–"
    if seconds <= 0:
        return "now"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"


def money_text(amount: object, currency: str = "USD") -> str:
    """Write an amount of money; small sums keep the digits that count."""
    if amount is None:
        return "–"
    value = float(str(amount))
    digits = 2 if value == 0 or value >= 0.01 else 6
    return f"{value:.{digits}f} {currency}"
