"""Removes old backups, and never one that knows more than those that stay."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import BackupDamaged
from scripts.backup import manifest as m
from scripts.backup.shelf import PART, alone, written


@dataclass(frozen=True, slots=True)
class Thinned:
    """What became of the backups of before.

    Attributes:
        gone: Those that were removed.
        warning: Why none was; None where nothing was odd.
    """

    gone: tuple[Path, ...] = ()
    warning: str | None = None


def thin(made: Path, keep: int) -> Thinned:
    """Remove the oldest backups of the same home, down to so many, the one just made included.

    Backups of other homes and damaged ones neither count nor go. Where one of before has seen more changes
    than the new one, the catalog was lost or put back meanwhile, and all stay.

    Args:
        made: The backup just made; it always stays.
        keep: 1 or more.

    Raises:
        AlreadyOwned: Another process makes or removes backups there.
        BackupDamaged: The new one cannot be read.
        ObjectUnreadable: They may not be removed.
    """
    with written(made.parent), alone(made.parent):
        told = m.about(made)
        before = [
            (path, about) for path, about in _readable(made.parent, but=made) if about.home == told.home
        ]
        for path, about in before:
            if about.changes > told.changes:
                return Thinned(warning=_knows_more(path, made))
        return Thinned(_removed([path for path, _ in before[: max(0, len(before) + 1 - max(1, keep))]]))


def _readable(folder: Path, *, but: Path) -> Iterator[tuple[Path, m.About]]:
    for path in m.backups_in(folder):
        if path.name != but.name:
            with suppress(BackupDamaged):
                yield path, m.about(path)


def _knows_more(path: Path, made: Path) -> str:
    return (
        f"No backup was removed: {path.name} has seen more changes than {made.name}, as if the catalog had "
        "been lost or put back since. Once that is as it should be, move the former backups elsewhere."
    )


def _removed(backups: list[Path]) -> tuple[Path, ...]:
    for backup in backups:
        aside = backup.with_name(f"{PART}{backup.name}")
        backup.rename(aside)  # what is half removed must not be taken for whole
        shutil.rmtree(aside)
    return tuple(backups)
