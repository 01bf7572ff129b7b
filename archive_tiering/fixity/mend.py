"""Puts a whole copy of a master in the place of a bad one, in folders and folder vaults.

The whole copy is written beside the bad one under a hidden name, flushed, and read back; only then is the bad
one renamed aside (it is kept, under a hidden name that walks leave out) and the whole one linked to its name.
A process that dies in between leaves both under names that say whose they are, and the next repair goes on.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from archive_tiering.stores.names import from_key, to_key
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from archive_tiering.writers.folder import (
    NO_LINKS,
    digest_on_disk,
    flush_folder,
    tag_of,
    translated,
    write_flushed,
)
from catalog.model import Finding, StoredObject
from foundation.errors import FixityMismatch, ObjectChanged, StateConflict, StorageUnreachable


class FolderMender:
    """Mends below ``root``.

    Args:
        root: The location's folder.
        store: How the location lists it.
    """

    def __init__(self, root: Path, store: ObjectStore) -> None:
        self._root = root
        self._store = store

    def is_half_done(self, finding: Finding) -> bool:
        """Say whether an earlier repair put the bad copy aside and got no further."""
        place = self._place(finding.key)
        return self._aside(place, finding).exists() and not os.path.lexists(place)

    def finished(self, finding: Finding, sha256: str) -> tuple[str, ObjectInfo] | None:
        """What :meth:`mend` gave, where an earlier repair did all but tell the catalog."""
        place = self._place(finding.key)
        aside = self._aside(place, finding)
        if not aside.exists() or not place.is_file() or digest_on_disk(place) != sha256:
            return None
        return _key_of(finding, aside), self._store.head(finding.key)

    def mend(
        self, finding: Finding, bad: StoredObject, chunks: Iterable[bytes], sha256: str
    ) -> tuple[str, ObjectInfo]:
        """Replace the bad copy; returns the key under which it is kept, and how the whole one lies there.

        Raises:
            FixityMismatch: What was to replace it is not whole either; nothing was changed.
            ObjectChanged: Another object lies there by now; it was left alone.
            StateConflict: Somebody wrote one there meanwhile; it was left alone, the bad one is kept aside.
            NoSpace: There is no room; nothing is left behind.
        """
        place = self._place(finding.key)
        aside, part = self._aside(place, finding), place.with_name(f"{_prefix(finding)}whole.part")
        with translated(finding.key):
            try:
                write_flushed(part, chunks, bad.mtime_ns)
                if digest_on_disk(part) != sha256:
                    raise FixityMismatch(f"The other copy of {finding.key!r} is not whole either.")
                if not self.is_half_done(finding):
                    _put_aside(place, aside, bad)
                _link(part, place, finding.key)
            finally:
                part.unlink(missing_ok=True)
            flush_folder(place.parent)
        return _key_of(finding, aside), self._store.head(finding.key)

    def _place(self, key: str) -> Path:
        if not self._root.is_dir():
            raise StorageUnreachable(f"The folder {self._root} is not there.")
        path = self._root / from_key(key)
        root = os.path.realpath(self._root).rstrip("/") + "/"
        if not (os.path.realpath(path.parent) + "/").startswith(root) or path.is_symlink():
            raise StateConflict(f"{key!r} is a link, or leads out of the location; mend what it leads to.")
        return path

    def _aside(self, place: Path, finding: Finding) -> Path:
        return place.with_name(f"{_prefix(finding)}bad")


def _key_of(finding: Finding, aside: Path) -> str:
    return to_key(str(Path(from_key(finding.key)).with_name(aside.name)))


def _prefix(finding: Finding) -> str:
    return f".rekindle-{finding.id}-"


def _put_aside(place: Path, aside: Path, bad: StoredObject) -> None:
    """Rename the bad copy, and back again where it turns out to be another object."""
    if os.path.lexists(aside):
        raise StateConflict(f"Something lies at {aside} already.")
    place.rename(aside)
    if (tag_of(aside), aside.stat().st_size) == (bad.etag, bad.size):
        return
    if not os.path.lexists(place):
        aside.rename(place)
    raise ObjectChanged(f"{bad.key!r} changed since it was checked; it was left alone.")


def _link(part: Path, place: Path, key: str) -> None:
    """Link the whole copy to its name: unlike a rename, that never replaces anything."""
    try:
        os.link(part, place)
    except FileExistsError:
        raise StateConflict(f"Something else lies at {key!r} by now; it was left as it is.") from None
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if os.path.lexists(place):
            raise StateConflict(f"Something else lies at {key!r} by now.") from error
        part.rename(place)
