"""The way back from a backup to a home.

The catalog is put in its place last: a process that is killed before leaves a home without one, and the same
command goes on. Derived files that the home still has are believed; ``rekindle check --deep`` compares them.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from catalog.factory import open_catalog
from embeddings.atomic_file import sync_folder
from foundation.errors import BackupDamaged, CatalogCorrupt, NoSpace, ObjectUnreadable, StateConflict
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL
from scripts.backup import manifest as m
from scripts.backup.copying import copied
from scripts.backup.making import Told
from scripts.locks import held

_ASIDE = ".recovering"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came back.

    Attributes:
        backup: Where it came from.
        about: What the backup says of itself.
        files: How many files were put into the home.
        stayed: How many the home had already.
    """

    backup: Path
    about: m.About
    files: int
    stayed: int


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
        CatalogCorrupt: The catalog was written by a newer Rekindle, or does not pass its check.
    """
    backup = m.named(folder.expanduser().absolute())
    about = m.about(backup)
    with held(home.owner_lock), _written(home):
        _expect_room(home)
        aside = home.root / _ASIDE
        shutil.rmtree(aside, ignore_errors=True)
        files, stayed = _put_all(home, backup, aside, told)
        _forget_projections(home)
        _move(aside / m.CATALOG, home.catalog)
        aside.rmdir()
        _verify(home, backup, about)
    return Recovered(backup, about, files, stayed)


def _expect_room(home: Home) -> None:
    for path in (home.catalog, home.catalog.with_name("catalog.db-wal")):
        if path.exists() and path.stat().st_size:
            raise StateConflict(
                f"{home.root} has a catalog: {path.name}.",
                remedy="Move catalog.db, catalog.db-wal, catalog.db-shm and catalog.pages aside, "
                "or name another home.",
            )


def _put_all(home: Home, backup: Path, aside: Path, told: Told) -> tuple[int, int]:
    size = files = stayed = 0

    def beat(count: int) -> None:
        nonlocal size
        size += count
        told("recovering", size)

    found_catalog = False
    for kept in m.listed(backup):
        found_catalog |= kept.path == m.CATALOG
        target = home.root / kept.path
        if kept.path != m.CATALOG and target.exists():
            stayed += 1
            continue
        fresh = aside / (m.CATALOG if kept.path == m.CATALOG else "file")
        _verified(backup, kept, fresh, copied(backup / kept.path, fresh, beat))
        if fresh.name == "file":
            _move(fresh, target)
        files += 1
    if not found_catalog:
        raise BackupDamaged(f"{backup} has no catalog.")
    return files, stayed


def _verified(backup: Path, kept: m.Kept, fresh: Path, sha256: str) -> None:
    if sha256 != kept.sha256:
        fresh.unlink()
        raise BackupDamaged(f"{backup / kept.path} does not have the digest on record.")


def _forget_projections(home: Home) -> None:
    """Digests of the former catalog's pages, and an index that followed another change feed."""
    shutil.rmtree(home.index)
    home.index.mkdir()
    for name in ("catalog.pages", "catalog.db-wal", "catalog.db-shm", "catalog.db"):
        (home.root / name).unlink(missing_ok=True)
    sync_folder(home.root)


def _verify(home: Home, backup: Path, about: m.About) -> None:
    """Bring the schema up to date, check everything once more, and let the audit say what happened."""
    with closing(open_catalog(home)) as catalog:
        if faults := catalog.check():
            raise CatalogCorrupt(faults[0])
        facts = {"made_at": about.made_at.isoformat(), "changes": about.changes}
        with catalog.write() as writer:
            writer.audit.append(LOCAL_PRINCIPAL, "catalog.recover", backup.name, facts)


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
