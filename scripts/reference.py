"""Writes the reference pages from the code: ``python -m scripts.reference [--check]``."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from foundation.errors import RekindleError, leaves
from foundation.settings import Settings
from scripts.reference_api import api_page
from scripts.reference_commands import commands_page
from scripts.reference_rules import rules_page

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
_HEAD = "<!-- Written by `python -m scripts.reference`; edit the code instead. -->\n\n"


def pages() -> dict[str, str]:
    """Return every generated page by file name."""
    return {
        "settings.md": _HEAD + settings_page(),
        "errors.md": _HEAD + errors_page(),
        "command-line.md": _HEAD + commands_page(),
        "api.md": _HEAD + api_page(),
        "tiering-rules.md": _HEAD + rules_page(),
    }


def settings_page() -> str:
    """Return the page of settings."""
    lines = [
        "# Settings",
        "",
        "Every setting is an environment variable, or a line of `rekindle.toml` in the home, where `__`",
        "stands for a table: `REKINDLE_API__PORT=9000` is `port = 9000` under `[api]`. The environment wins.",
        "`NAME` stands for a name of yours, in small letters; names with capitals or dashes come as TOML",
        "or JSON.",
        "",
    ]
    for title, about, rows in _sections():
        lines += [
            f"## {title}",
            "",
            *([about, ""] if about else []),
            "| variable | type | default | meaning |",
        ]
        lines += ["| --- | --- | --- | --- |", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _sections() -> Iterator[tuple[str, str, list[str]]]:
    plain = {name: item for name, item in Settings.model_fields.items() if not _section(item)}
    yield "General", "", [_row(f"REKINDLE_{name.upper()}", item) for name, item in plain.items()]
    for name, item in Settings.model_fields.items():
        section = _section(item)
        if section is not None:
            about = inspect.getdoc(section) or ""
            prefix = f"REKINDLE_{name.upper()}__"
            yield name, about, list(_rows(prefix, section))


def _rows(prefix: str, section: type[BaseModel]) -> Iterator[str]:
    for key, field in section.model_fields.items():
        name = prefix + key.upper()
        yield _row(name, field)
        inner = _named(field)
        if inner is not None:
            yield from _rows(f"{name}__NAME__", inner)


def _named(item: FieldInfo) -> type[BaseModel] | None:
    """What a table of settings by name holds."""
    kinds = [each for each in get_args(item.annotation) if isinstance(each, type)]
    return next((each for each in kinds if issubclass(each, BaseModel)), None)


def _section(item: FieldInfo) -> type[BaseModel] | None:
    kind = item.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _row(name: str, item: FieldInfo) -> str:
    limits = " ".join(filter(None, (_limit(limit) for limit in item.metadata)))
    kind = " ".join(filter(None, (_type_name(item.annotation), limits)))
    default = "`~/.rekindle`" if item.default_factory else f"`{_plain(item.default)}`"
    return f"| `{name}` | {kind} | {default} | {item.description} |"


def _plain(value: object) -> str:
    if value is None:
        return "unset"
    if value is PydanticUndefined:
        return "required"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _limit(limit: object) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return ", ".join(f"{sign} {getattr(limit, key)}" for key, sign in signs.items() if hasattr(limit, key))


def _type_name(annotation: Any) -> str:
    members = get_args(annotation)
    if members and all(isinstance(member, str) for member in members):
        return " or ".join(f"`{member}`" for member in members)
    if members:
        return next(_type_name(member) for member in members if member is not type(None))
    names = {"int": "whole number", "float": "number", "str": "text", "bool": "true or false", "Path": "path"}
    name = str(annotation.__name__)
    return names.get(name, name.lower())


def errors_page() -> str:
    """Return the page of errors."""
    lines = [
        "# Errors",
        "",
        "Every error has a code that is the same in problem documents, dead letters and `--json` output,",
        "an HTTP status, and an exit code. An error that can be retried says so.",
        "",
        "| code | meaning | what to do | HTTP | exit | retry |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_error_row(leaf) for leaf in sorted(_own_leaves(), key=lambda leaf: leaf.code)),
        "",
        "Exit code 0 means done, 3 that `rekindle index --strict` found dead letters; 1 is never meant.",
    ]
    return "\n".join(lines) + "\n"


def _own_leaves() -> Iterator[type[RekindleError]]:
    return (leaf for leaf in leaves() if leaf.__module__.startswith("foundation.errors"))


def _error_row(leaf: type[RekindleError]) -> str:
    meaning = (inspect.getdoc(leaf) or "").splitlines()[0]
    retry = "yes" if leaf.retryable else ""
    codes = f"{leaf.http_status} | {leaf.exit_code}"
    return f"| `{leaf.code}` | {meaning} | {leaf.default_remedy} | {codes} | {retry} |"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which are out of date.

    Returns:
        1 where a page is out of date under ``--check``, else 0.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"out of date: {', '.join(stale)}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
