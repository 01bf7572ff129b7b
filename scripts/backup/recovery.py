"""The way back from a backup to a home.

The catalog is brought up to date, checked and audited aside. It is put in its place by one rename once all
else is there: a process that fails or is killed before leaves a home without one, and the same command goes
on. Settings come after it, so that none keeps that command from being run again. Derived files that the home
still has are believed; ``rekindle check --deep`` compares them.
"""

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive_tiering.restores.stopping import stop_unasked
from catalog.factory import open_catalog
from catalog.model import Removal
from catalog.removal_ledger import removals_in, text_of
from embeddings.atomic_file import publish, sync_folder
from foundation.errors import BackupDamaged, CatalogCorrupt, NoSpace, ObjectUnreadable, StateConflict
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL
from scripts.backup import manifest as m
from scripts.backup.copying import copied
from scripts.backup.making import REMOVALS, RULES, SETTINGS, Told
from scripts.locks import held
from search_api.services.removing_again import remove_again

_ASIDE, _PAGES, _LOG = ".recovering", "catalog.pages", "catalog.db-wal"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came back.

    Attributes:
        backup: Where it came from.
        about: What the backup says of itself.
        files: How many files were put into the home.
        stayed: How many the home had already.
        removed: How many of those who were removed since the backup were removed again.
        unread: How many lines that tell who was removed cannot be read.
    """

    backup: Path
    about: m.About
    files: int
    stayed: int
    removed: int
    unread: int


@dataclass(slots=True)
class _Way:
    """A recovery under way."""

    home: Home
    backup: Path
    aside: Path
    told: Told
    size: int = 0
    files: int = 0
    stayed: int = 0

    def copy(self, kept: m.Kept, name: str) -> Path:
        """Copy a file aside, and compare it with its digest."""
        fresh = self.aside / name
        if copied(self.backup / kept.path, fresh, self._beat) != kept.sha256:
            raise BackupDamaged(f"{self.backup / kept.path} does not have the digest on record.")
        self.files += 1
        return fresh

    def _beat(self, count: int) -> None:
        self.size += count
        self.told("recovering", self.size)


def recover(home: Home, folder: Path, told: Told) -> Recovered:
    """Put a backup into a home that has no catalog; the vector index is forgotten, to be built anew.

    Args:
        home: Its folders are there; it may hold derived files, packs and settings, which stay.
        folder: A backup, or the folder in which they are kept: then the newest.
        told: Hears how far it is.

    Raises:
        StateConflict: The home has a catalog.
        AlreadyOwned: A process works with the home.
        BackupNotFound: There is no backup.
        BackupDamaged: Bytes are not those that were written; the home has no catalog still.
        NoSpace: The disk is full; the home has no catalog still.
        CatalogCorrupt: The catalog was written by a newer Rekindle, or does not pass its check; the home has
            no catalog still.
    """
    backup = m.named(folder.expanduser().absolute())
    about = m.about(backup)
    way = _Way(home, backup, home.root / _ASIDE, told)
    with held(home.owner_lock), _written(home):
        if _has_catalog(home):
            _install_settings(home, way.aside)
        _expect_room(home)
        shutil.rmtree(way.aside, ignore_errors=True)
        try:
            _stage_catalog(way)
            removals, unread = _stage_removals(way)
            removed = _verify(Home(way.aside), backup, about, removals)
            _put_files(way)
        except BaseException:
            shutil.rmtree(way.aside, ignore_errors=True)
            raise
        _forget_projections(home)
        _install(home, way.aside)
    return Recovered(backup, about, way.files, way.stayed, removed, unread)


def _has_catalog(home: Home) -> bool:
    return home.catalog.exists() and home.catalog.stat().st_size > 0


def _expect_room(home: Home) -> None:
    for path in (home.catalog, home.catalog.with_name(_LOG)):
        if path.exists() and path.stat().st_size:
            raise StateConflict(
                f"{home.root} has a catalog: {path.name}.",
                remedy="Move catalog.db, catalog.db-wal, catalog.db-shm and catalog.pages aside, "
                "or name another home.",
            )


def _stage_catalog(way: _Way) -> None:
    """The catalog, and who had been removed by then."""
    for kept in m.listed(way.backup):
        if kept.path in (m.CATALOG, REMOVALS):
            way.copy(kept, kept.path)
    if not (way.aside / m.CATALOG).exists():
        raise BackupDamaged(f"{way.backup} has no catalog.")


def _stage_removals(way: _Way) -> tuple[list[Removal], int]:
    """All that home and backups tell of who was removed, and how many lines of that cannot be read.

    Who was removed must not come back, whichever backup is taken.
    """
    beside = [path / REMOVALS for path in m.backups_in(way.backup.parent)]
    staged = Home(way.aside).removals
    removals, unread = removals_in(dict.fromkeys([way.home.removals, staged, *beside]))
    if removals:
        publish(staged, text_of(removals).encode())
    return removals, unread


def _put_files(way: _Way) -> None:
    """All but the catalog; what people wrote waits aside until the catalog is in its place."""
    for kept in m.listed(way.backup):
        if kept.path in (m.CATALOG, REMOVALS):
            continue
        target = way.home.root / kept.path
        if target.exists():
            way.stayed += 1
        elif kept.path in (RULES, SETTINGS):
            way.copy(kept, kept.path)
        else:
            _move(way.copy(kept, "file"), target)


def _forget_projections(home: Home) -> None:
    """Digests of the former catalog's pages, and an index that followed another change feed."""
    shutil.rmtree(home.index)
    home.index.mkdir()
    for name in (_PAGES, _LOG, "catalog.db-shm", m.CATALOG):
        (home.root / name).unlink(missing_ok=True)
    sync_folder(home.root)


def _verify(staged: Home, backup: Path, about: m.About, removals: Sequence[Removal]) -> int:
    """Bring the schema up to date, check everything once more, and let the audit say what happened.

    Returns how many of those who were removed had to be removed again.
    """
    with closing(open_catalog(staged)) as catalog:
        if faults := catalog.check():
            raise CatalogCorrupt(faults[0])
        with catalog.write() as writer:
            stopped = stop_unasked(writer)
            removed = sum(remove_again(writer, removal) for removal in removals)
            facts = {
                "made_at": about.made_at.isoformat(),
                "changes": about.changes,
                "restores_cancelled": len(stopped),
                "removed_again": removed,
            }
            writer.audit.append(LOCAL_PRINCIPAL, "catalog.recover", backup.name, facts)
    log = staged.root / _LOG
    if log.exists() and log.stat().st_size:  # the catalog alone would lack what was just written
        raise ObjectUnreadable(
            f"{log} could not be folded into the catalog.",
            remedy="Free space on the disk that holds the home, then run the same command again.",
        )
    return removed


def _install(home: Home, aside: Path) -> None:
    """Put the catalog in its place, with the digests of its pages; then settings."""
    for name in (REMOVALS, _PAGES, m.CATALOG):
        if (aside / name).exists():
            _move(aside / name, home.root / name)
    _install_settings(home, aside)


def _install_settings(home: Home, aside: Path) -> None:
    """The last step, also of a recovery that was killed before it."""
    if (aside / m.CATALOG).exists():
        return
    for name in (RULES, SETTINGS):
        if (aside / name).exists() and not (home.root / name).exists():
            _move(aside / name, home.root / name)
    shutil.rmtree(aside, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    sync_folder(target.parent)


@contextmanager
def _written(home: Home) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"The disk that holds {home.root} is full.") from error
        name = os.fsdecode(error.filename or home.root)
        raise ObjectUnreadable(f"{name} cannot be copied or written: {error.strerror}.") from error
