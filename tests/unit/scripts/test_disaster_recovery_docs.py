"""Every command of the page on disaster recovery can be typed as it stands there."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from scripts.rekindle import build, hoist_home

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "disaster-recovery.md"


def typed() -> list[str]:
    """Lines of console blocks, and commands in the text."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^rekindle .+$", text, flags=re.MULTILINE)
    return sorted({*blocks, *re.findall(r"`(rekindle [^`]+)`", text)})


def test_the_page_has_commands() -> None:
    assert len(typed()) > 10


@pytest.mark.parametrize("line", typed())
def test_every_command_is_understood(line: str) -> None:
    command: Any = get_command(build(None))
    words = hoist_home(shlex.split(line)[1:])
    words = words[2:] if words[0] == "--home" else words
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context(line, words)  # exits where an option or an argument is not known
