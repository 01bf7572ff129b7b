"""Settings without what must not lie in a backup."""

import tomllib
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, SecretStr

from foundation.settings import Settings

LEFT_OUT = "# left out of the backup, it holds a secret: {}"

_LONG = 8


def without_secrets(text: str, settings: Settings) -> str | None:
    """Comment out the lines of ``rekindle.toml`` that hold secrets; None where that leaves no readable file.

    Args:
        text: The file.
        settings: As read from it.
    """
    secrets = {*_secrets(settings), settings.vectors.qdrant_api_key or ""} - {""}
    lines = [
        _open(line) if any(_holds(line, secret) for secret in secrets) else line for line in text.splitlines()
    ]
    kept = "\n".join(lines) + "\n"
    try:
        values = list(_strings(tomllib.loads(kept)))
    except tomllib.TOMLDecodeError:
        return None
    # A secret that is written with escapes, or over several lines, is found by its value alone.
    return None if secrets & set(values) else kept


def _holds(line: str, secret: str) -> bool:
    """A short one is looked for in quotes: it may be part of any word."""
    return f'"{secret}"' in line or f"'{secret}'" in line or (len(secret) >= _LONG and secret in line)


def _open(line: str) -> str:
    return LEFT_OUT.format(line.partition("=")[0].strip() if "=" in line else "a value")


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        if secret := value.get_secret_value():
            yield secret
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from _secrets(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
