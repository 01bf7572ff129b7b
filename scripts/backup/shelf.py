"""The folder in which backups are kept: one process at a time, and what its disk refuses in our words."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import NoSpace, ObjectUnreadable
from scripts.locks import held

PART = ".rekindle-part-"
"""How names of backups begin that are being made or removed."""

_LOCK = ".rekindle-backup.lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder; what killed ones left is removed.

    Raises:
        AlreadyOwned: Another process makes or removes backups there.
    """
    with held(folder / _LOCK):
        for left in folder.glob(f"{PART}*"):
            shutil.rmtree(left)
        yield


@contextmanager
def written(folder: Path) -> Iterator[None]:
    """Make the folder, and say in our words what the disk refuses.

    Raises:
        NoSpace: It is full.
        ObjectUnreadable: Something cannot be copied, written or removed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(folder) from error
        raise ObjectUnreadable(
            f"{error.filename or folder} cannot be copied or written: {error.strerror}.",
            remedy="Name a folder that this user may write to.",
        ) from error
    except NoSpace as error:
        raise _full(folder) from error


def _full(folder: Path) -> NoSpace:
    return NoSpace(
        f"The disk that holds {folder} is full. No backup was kept; those of before are whole.",
        remedy="Free space there, keep fewer backups (`--keep`), or name another folder.",
    )
