"""Where things are kept: the one place that knows the layout of REKINDLE_HOME."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import HomeUnusable, NoSpace, StorageError
from foundation.ids import AssetId


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds everything Rekindle owns; locations with masters lie outside it."""

    root: Path

    @property
    def catalog(self) -> Path:
        """The SQLite catalog."""
        return self.root / "catalog.db"

    @property
    def removals(self) -> Path:
        """Who was removed from the archive, by ids: what a catalog put back from a backup is told again."""
        return self.root / "removals.jsonl"

    @property
    def derived(self) -> Path:
        """Proxies, stills and vectors, one folder per asset."""
        return self.root / "derived"

    @property
    def index(self) -> Path:
        """Generations of the vector index."""
        return self.root / "index"

    @property
    def pictures(self) -> Path:
        """Index of fingerprints, by which assets with like pictures are found; made again when it is gone."""
        return self.index / "pictures"

    @property
    def packs(self) -> Path:
        """Installed model packs."""
        return self.root / "packs"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Locks and sockets of running processes."""
        return self.root / "run"

    @property
    def scratch(self) -> Path:
        """Masters staged for one pass, and files being written; safe to empty when nothing runs."""
        return self.root / "scratch"

    @property
    def socket(self) -> Path:
        """Unix socket of the API process."""
        return self.run / "api.sock"

    @property
    def owner_lock(self) -> Path:
        """Held by the process that owns the vector index."""
        return self.run / "owner.lock"

    @property
    def writer_lock(self) -> Path:
        """Held for the length of every catalog write."""
        return self.run / "catalog.lock"

    def asset(self, asset_id: AssetId) -> Path:
        """Folder of everything derived from one asset (fanned out by the id's last two characters)."""
        return self.derived / asset_id[-2:].lower() / asset_id

    def create(self) -> "Home":
        """Make the folders; safe to call again.

        Raises:
            HomeUnusable: It is no folder, or may not be written to.
            NoSpace: The disk is full.
        """
        for folder in (self.derived, self.index, self.packs, self.logs, self.run, self.scratch):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _unusable(self.root, error) from error
        if not os.access(self.run, os.W_OK):
            raise HomeUnusable(f"The home {self.root} may not be written to.")
        return self


def _unusable(root: Path, error: OSError) -> StorageError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"The disk that holds {root} is full.")
    return HomeUnusable(f"{root} cannot be the home: {error.strerror}.")
