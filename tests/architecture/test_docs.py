"""Whatever a person can set, meet or type is documented, and decisions are on record."""

import re
from pathlib import Path

import pytest

from foundation.errors import leaves
from scripts.commands.table import COMMANDS
from scripts.reference import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CODES = [leaf.code for leaf in leaves() if leaf.__module__.startswith("foundation")]
ADRS = sorted((DOCS / "adr").glob("[0-9]*.md"))


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_pages_are_current(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run `make docs`"


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_is_in_the_reference(code: str) -> None:
    assert f"`{code}`" in (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")


def test_error_codes_are_unique() -> None:
    assert len(CODES) == len(set(CODES))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_reference(name: str) -> None:
    assert f"## rekindle {name}\n" in (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_once() -> None:
    numbers = [path.name[:4] for path in ADRS]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.name)
def test_decisions_are_listed_and_settled(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.name in (DOCS / "adr" / "index.md").read_text(encoding="utf-8")
    assert re.search(r"^Status: (accepted|superseded by \[?\d{4})", text, flags=re.MULTILINE)
