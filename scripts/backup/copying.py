"""Copies files into a backup, and out of it."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.backup.manifest import BLOCK, Kept, listed

Beat = Callable[[int], object]
"""Told how many bytes were just copied."""


def copied(source: Path, target: Path, beat: Beat) -> str:
    """Copy a file with its time, durably, and return the SHA-256 of what was read.

    Args:
        source: What is copied.
        target: Must not exist yet; folders are made.
        beat: Told how far it is.

    Raises:
        OSError: It cannot be read or written.
    """
    digest = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reading, target.open("xb") as writing:
        while block := reading.read(BLOCK):
            digest.update(block)
            writing.write(block)
            beat(len(block))
        writing.flush()
        os.fsync(writing.fileno())
        about = os.fstat(reading.fileno())
    os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
    return digest.hexdigest()


class Former:
    """The backup before, whose files are linked to where nothing changed since.

    Files must be asked for in the order in which backups list them.

    Args:
        backup: None where there is none.
    """

    def __init__(self, backup: Path | None) -> None:
        self._backup = backup
        self._lines: Iterator[Kept] = iter(()) if backup is None else listed(backup)
        self._next = next(self._lines, None)

    def linked(self, source: Path, path: str, target: Path) -> str | None:
        """Link ``target`` to the former copy of ``source``; its digest, None where there is no such copy."""
        kept = self._at(path)
        if kept is None or self._backup is None:
            return None
        former = self._backup / path
        try:
            if _mark(former) != _mark(source):
                return None
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(former, target)
        except OSError:  # gone, or a file system without links: it is copied
            return None
        return kept.sha256

    def _at(self, path: str) -> Kept | None:
        while self._next is not None and order(self._next.path) < order(path):
            self._next = next(self._lines, None)
        return self._next if self._next is not None and self._next.path == path else None


def order(path: str) -> tuple[str, ...]:
    """By what paths are sorted: folder by folder."""
    return tuple(path.split("/"))


def walked(root: Path, folder: str) -> Iterator[str]:
    """Paths below ``root`` of all files in a folder of it, sorted, without hidden ones."""
    place = root / folder
    if not place.is_dir():
        return
    with os.scandir(place) as found:
        entries = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda e: e.name)
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from walked(root, path)
        elif entry.is_file(follow_symlinks=False):
            yield path


def _mark(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns
