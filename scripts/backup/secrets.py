"""Settings without what must not lie in a backup."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import get_args, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from foundation.settings import Settings

LEFT_OUT = "# left out of the backup, it holds a secret: {}"

_LONG = 8
_KEYS = {"qdrant_api_key"}
"""Names of settings that are secret, and do not have a type that says so."""


def without_secrets(text: str) -> str | None:
    """Comment out the lines of ``rekindle.toml`` that hold secrets; None where that leaves no readable file.

    Webhooks go as a whole: without address and key, one would keep every command from starting.

    Args:
        text: The file. What the environment says in its place does not count.
    """
    try:
        secrets = _secrets(tomllib.loads(text))
        kept = "\n".join(_opened(text.split("\n"), secrets))
        values = tomllib.loads(kept)
    except tomllib.TOMLDecodeError:
        return None
    # A secret that is written with escapes, or over several lines, is found by its value alone. A comment
    # that came to lie within a string would be taken for a secret.
    left = _secrets(values) or secrets & set(_strings(values)) or _webhooks(values)
    return None if left else kept


def _opened(lines: list[str], secrets: set[str]) -> Iterator[str]:
    in_webhook = False
    for line in lines:
        if (table := _heading(line)) is not None:
            in_webhook = bool(_webhooks(table))
        held = [secret for secret in secrets if _holds(line, secret)]
        if held or (in_webhook and line.strip() and not line.lstrip().startswith("#")):
            yield _open(line, held)
        else:
            yield line


def _heading(line: str) -> Mapping[str, object] | None:
    """The table that a line begins; None where it is no heading."""
    if not line.lstrip().startswith("["):
        return None
    try:
        return tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None


def _holds(line: str, secret: str) -> bool:
    """A short one is looked for in quotes: it may be part of any word."""
    return f'"{secret}"' in line or f"'{secret}'" in line or (len(secret) >= _LONG and secret in line)


def _open(line: str, held: list[str]) -> str:
    """What is told of a line: its name, unless that may be part of a secret."""
    end = min((line.index(secret) for secret in held), default=len(line))
    name, equals, _ = line[:end].partition("=")
    return LEFT_OUT.format(name.strip() if equals else "a value")


def _secrets(values: Mapping[str, object]) -> set[str]:
    webhooks = _strings(_webhooks(values))
    return {*_typed(Settings, values), *_named(values), *webhooks, *filter(_has_user, _strings(values))} - {
        ""
    }


def _typed(annotation: object, value: object) -> Iterator[str]:
    """What the types of settings call secret."""
    if annotation is SecretStr:
        yield from _strings(value)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            yield from _typed(field.annotation, _table_of(value).get(name))
    elif get_origin(annotation) is dict:
        for inner in _table_of(value).values():
            yield from _typed(get_args(annotation)[1], inner)
    else:
        for one in get_args(annotation):
            yield from _typed(one, value)


def _named(values: Mapping[str, object]) -> Iterator[str]:
    for key, value in values.items():
        if key in _KEYS:
            yield from _strings(value)
        elif isinstance(value, Mapping):
            yield from _named(value)


def _webhooks(values: Mapping[str, object]) -> Mapping[str, object]:
    return _table_of(_table_of(values.get("notify")).get("webhooks"))


def _table_of(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _has_user(text: str) -> bool:
    """Say whether it is an address with a user, and maybe a password, in it."""
    try:
        return "@" in urlsplit(text).netloc
    except ValueError:  # no address, or one that cannot be read
        return "@" in text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
