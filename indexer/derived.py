"""The asset's folder in the derived store: small files written aside and renamed, and what is left over."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import rmtree

from foundation.ids import mint


def publish_json(path: Path, facts: object) -> None:
    """Write JSON so that a reader sees the old file or the whole new one, whatever happens."""
    publish_bytes(path, json.dumps(facts, ensure_ascii=False).encode())


def publish_bytes(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{mint('tmp')}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_json(path: Path) -> Mapping[str, object]:
    """Read what :func:`publish_json` wrote; empty when there is nothing."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found if isinstance(found, dict) else {}


def sweep(folder: Path, keep: Iterable[str]) -> None:
    """Delete files of a folder that no committed fact names; ``keep`` holds plain file names."""
    kept = set(keep)
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in kept and path.is_file():
                path.unlink(missing_ok=True)


def sweep_aside(folder: Path) -> None:
    """Delete what a walk that was killed was still writing: every file that is hidden, but for locks."""
    for path in folder.rglob(".*"):
        if path.is_file() and path.suffix != ".lock":
            path.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Delete everything derived from an asset's former bytes; safe when there is nothing."""
    rmtree(folder, ignore_errors=True)
