"""What benchmarks report: figures with units and targets, as JSON and as a Markdown table."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        name: What was measured, in a few words.
        unit: ``ms``, ``CPU s``, ``×``, ``points/s``; empty for shares and counts.
        bound: ``at most`` or ``at least`` the target; None where there is no target.
        note: How it came about, where that is not plain.
    """

    name: str
    value: float
    unit: str = ""
    bound: Literal["at most", "at least"] | None = None
    target: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None without one."""
        if self.bound is None or self.target is None:
            return None
        return self.value <= self.target if self.bound == "at most" else self.value >= self.target


def save(name: str, title: str, figures: Sequence[Figure], folder: Path) -> tuple[Path, Path]:
    """Write ``<name>.json`` and ``<name>.md``.

    Args:
        name: File name without suffix.
        title: Heading of the table.
        figures: In the order they are to be read.
        folder: Made when missing.

    Returns:
        Paths of both files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    record = {
        "name": name,
        "title": title,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "figures": [asdict(figure) | {"met": figure.met} for figure in figures],
    }
    as_json, as_markdown = folder / f"{name}.json", folder / f"{name}.md"
    as_json.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    as_markdown.write_text(table(title, figures), encoding="utf-8")
    return as_json, as_markdown


def table(title: str, figures: Sequence[Figure]) -> str:
    """The figures as a Markdown section."""
    lines = [f"## {title}", "", "| measured | value | target | |", "| --- | ---: | ---: | --- |"]
    for figure in figures:
        target = (
            "" if figure.target is None else f"{figure.bound} {_number(figure.target)} {figure.unit}".strip()
        )
        verdict = {True: "met", False: "**missed**", None: ""}[figure.met]
        note = "; ".join(text for text in (verdict, figure.note) if text)
        lines.append(
            f"| {figure.name} | {_number(figure.value)} {figure.unit}".rstrip() + f" | {target} | {note} |"
        )
    return "\n".join([*lines, ""])


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
