"""Makes a backup of a home that may be in use.

Everything is written into a hidden folder, which is renamed when it is whole and on the disk. A process that
is killed leaves such a folder, which the next backup removes.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from catalog.factory import examined_copy, open_catalog, utc_now
from catalog.snapshot import Examined
from embeddings.atomic_file import publish, sync_folder
from foundation.errors import BackupDamaged, CatalogCorrupt, InputError, StateConflict
from foundation.home import Home
from foundation.settings import Settings
from scripts.backup import manifest as m
from scripts.backup.copying import Former, copied, walked
from scripts.backup.secrets import without_secrets
from scripts.backup.shelf import PART, alone, written

RULES, SETTINGS = "tiering.yaml", "rekindle.toml"
REMOVALS = "removals.jsonl"
_PAGE = 4096
_UNTOLD = "# left out of the backup: the secrets in it could not be told apart\n"

Told = Callable[[str, int], object]
"""Told what is copied, and how many bytes of the whole backup are."""


@dataclass(slots=True)
class _Work:
    """A backup that is being made."""

    home: Home
    part: Path
    former: Former
    sums: m.SumsFile
    told: Told
    size: int = 0
    files: int = 0
    linked: int = 0

    def beat(self, what: str) -> Callable[[int], None]:
        """Counts bytes of a kind."""

        def count(size: int) -> None:
            self.size += size
            self.told(what, self.size)

        return count

    def keep(self, path: str, sha256: str) -> None:
        """List a file that was copied; in the order of paths."""
        self.sums.add(m.Kept(path, sha256))
        self.files += 1


def make(settings: Settings, folder: Path, told: Told, *, derived: bool) -> Path:
    """Make a backup beside those that are there; returns its folder.

    Args:
        settings: Which home.
        folder: Where backups are kept; made when missing.
        told: Hears how far it is.
        derived: Copy the derived store, too; what the backup before has already is linked.

    Raises:
        StateConflict: The home has no catalog, or an empty one: a disk that is not mounted looks like that.
        CatalogCorrupt: The catalog is damaged; nothing was kept.
        NoSpace: There is no room; nothing was kept.
        ObjectUnreadable: The folder may not be written to.
        InputError: The folder lies in the home.
        AlreadyOwned: Another backup is being made there.
    """
    home = settings.layout
    _expect_catalog(home)
    folder = folder.expanduser().absolute()
    if folder.resolve().is_relative_to(home.root.resolve()):
        raise InputError(f"{folder} lies in the home.", remedy="Name a folder on another disk.")
    with written(folder), alone(folder):
        part = folder / f"{PART}{os.getpid()}"
        part.mkdir(mode=0o700)
        try:
            work = _Work(home, part, _former(folder), m.SumsFile(part / m.SUMS), told)
            return _made(work, settings, derived=derived)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _expect_catalog(home: Home) -> None:
    if not home.catalog.is_file() or not home.catalog.stat().st_size:
        raise _empty(home, "has no catalog")


def _empty(home: Home, what: str) -> StateConflict:
    return StateConflict(
        f"{home.root} {what}: there is nothing to back up.",
        remedy="Mount the disk that holds the home, or name another home with --home. "
        "A catalog that is lost comes back with `rekindle recover`.",
    )


def _former(folder: Path) -> Former:
    """The newest backup whose list of digests can be believed."""
    for backup in reversed(m.backups_in(folder)):
        with suppress(BackupDamaged):
            m.about(backup)
            return Former(backup)
    return Former(None)


def _made(work: _Work, settings: Settings, *, derived: bool) -> Path:
    made_at = utc_now()
    found = _copy_catalog(work)
    # The catalog goes first: files that it names stay, or are made anew, while the others are copied.
    for folder in ("derived", "packs") if derived else ("packs",):
        for path in walked(work.home.root, folder):
            _copy(work, path, folder)
    _copy_removals(work)
    _copy_settings(work, settings)
    about = m.About(
        made_at=made_at, rekindle=_version(), home=str(work.home.root), assets=found.assets,
        changes=found.changes, files=work.files, size=work.size, linked=work.linked, has_derived=derived,
        sums=work.sums.close(),
    )  # fmt: skip
    publish(work.part / m.ABOUT, about.model_dump_json(indent=2).encode())
    return _published(work.part, m.name_at(made_at))


def _version() -> str:
    try:
        return version("rekindle")
    except PackageNotFoundError:
        return "from source"


def _copy_catalog(work: _Work) -> Examined:
    target = work.part / m.CATALOG
    with closing(open_catalog(work.home)) as catalog:
        catalog.copy(target, lambda done, _: work.told("catalog", done * _PAGE))
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    found = examined_copy(target)
    if found.faults:
        raise CatalogCorrupt(f"The copy of catalog.db is not sound: {found.faults[0]}.")
    if not found.assets:
        raise _empty(work.home, "knows no asset")
    work.beat("catalog")(target.stat().st_size)
    work.keep(m.CATALOG, m.digest_of(target))
    return found


def _copy(work: _Work, path: str, what: str) -> None:
    source, target = work.home.root / path, work.part / path
    digest = work.former.linked(source, path, target)
    if digest is None:
        try:
            digest = copied(source, target, work.beat(what))
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            return  # it was made anew or erased meanwhile
    else:
        work.linked += 1
        work.beat(what)(target.stat().st_size)
    work.keep(path, digest)


def _copy_removals(work: _Work) -> None:
    """After the catalog: who is removed meanwhile is known twice rather than not at all."""
    if work.home.removals.is_file():
        _put(work, REMOVALS, work.home.removals.read_bytes())


def _copy_settings(work: _Work, settings: Settings) -> None:
    """Small files that people wrote; rules may lie elsewhere, and are kept as if they lay in the home."""
    source = work.home.root / SETTINGS
    if source.is_file():
        text = without_secrets(source.read_text(encoding="utf-8"))
        _put(work, SETTINGS, (_UNTOLD if text is None else text).encode())
    if settings.rules_file.is_file():
        _put(work, RULES, settings.rules_file.read_bytes())


def _put(work: _Work, name: str, data: bytes) -> None:
    publish(work.part / name, data)
    work.beat("settings")(len(data))
    work.keep(name, m.digest_of(work.part / name))


def _published(part: Path, name: str) -> Path:
    """Give it its name: once all is on the disk, and never that of another."""
    for place, _, _ in os.walk(part):
        sync_folder(Path(place))
    target, number = part.with_name(name), 2
    while target.exists():
        target, number = part.with_name(f"{name}-{number}"), number + 1
    part.rename(target)
    sync_folder(target.parent)
    return target
