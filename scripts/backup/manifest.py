"""What a backup looks like on disk.

    FOLDER/rekindle-20260312T021500Z/
        backup.json      what it is of, and the digest of SHA256SUMS; written last
        SHA256SUMS       a digest of every other file, as ``sha256sum -c`` reads it
        catalog.db       the catalog
        rekindle.toml    settings, without secrets; tiering.yaml
        packs/           installed model packs
        removals.jsonl   who was removed from the archive, by ids
        derived/         the derived store, where it was asked for

A backup that is being made has a hidden name: what bears its own name is whole.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.errors import BackupDamaged, BackupNotFound

ABOUT, SUMS, CATALOG = "backup.json", "SHA256SUMS", "catalog.db"
BLOCK = 1 << 20
_NAME = re.compile(r"rekindle-\d{8}T\d{6}Z(-\d+)?\Z")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)\Z")


class About(BaseModel):
    """What a backup is of.

    Attributes:
        made_at: The moment that the catalog is of.
        rekindle: Version that made it.
        home: Where the home was.
        assets: How many the catalog knows.
        changes: Newest number of the change feed.
        files: How many files there are besides ``backup.json`` and ``SHA256SUMS``.
        size: Their bytes.
        linked: How many of them are hard links to the backup before.
        has_derived: The derived store is in it.
        sums: SHA-256 of ``SHA256SUMS``.
    """

    model_config = ConfigDict(frozen=True)

    made_at: datetime
    rekindle: str
    home: str
    assets: int
    changes: int
    files: int
    size: int
    linked: int
    has_derived: bool
    sums: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a backup: its path in it, and its digest."""

    path: str
    sha256: str

    @property
    def line(self) -> str:
        """As ``sha256sum`` writes it."""
        return f"{self.sha256}  {self.path}\n"


class SumsFile:
    """The list of digests while it is written.

    Args:
        path: Must not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._digest = hashlib.sha256()

    def add(self, kept: Kept) -> None:
        """List one more file.

        Raises:
            OSError: It cannot be written.
        """
        line = kept.line.encode("utf-8", "surrogateescape")
        self._file.write(line)
        self._digest.update(line)

    def close(self) -> str:
        """Make it durable; returns its SHA-256.

        Raises:
            OSError: It cannot be written.
        """
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        return self._digest.hexdigest()


def name_at(moment: datetime) -> str:
    """Name of a backup that is made then."""
    return f"rekindle-{moment:%Y%m%dT%H%M%SZ}"


def backups_in(folder: Path) -> list[Path]:
    """Whole backups in a folder, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.match(path.name) and (path / ABOUT).is_file())


def named(folder: Path) -> Path:
    """The backup that a person named: itself, or the newest in its folder.

    Raises:
        BackupNotFound: There is none.
    """
    if (folder / ABOUT).is_file():
        return folder
    found = backups_in(folder)
    if not found:
        raise BackupNotFound(f"There is no whole backup in {folder}.")
    return found[-1]


def about(backup: Path) -> About:
    """Read what a backup says of itself.

    Raises:
        BackupDamaged: It cannot be read, or its list of digests is another one.
    """
    try:
        told = About.model_validate_json((backup / ABOUT).read_bytes())
        if digest_of(backup / SUMS) != told.sums:
            raise BackupDamaged(f"{backup / SUMS} is not the list that was written.")
    except (OSError, ValidationError) as error:
        raise BackupDamaged(f"{backup} cannot be read: {error}.") from error
    return told


def listed(backup: Path) -> Iterator[Kept]:
    """All files of a backup, in the order in which they were written.

    Raises:
        BackupDamaged: The list cannot be read, or names a file outside of the backup.
    """
    with (backup / SUMS).open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if found is None or ".." in PurePosixPath(found[2]).parts or found[2].startswith("/"):
                raise BackupDamaged(f"{backup / SUMS} cannot be read.")
            yield Kept(found[2], found[1])


def digest_of(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
