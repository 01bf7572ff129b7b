"""Writes masters into folders, NAS mounts and folder vaults.

A copy is written under a hidden name beside its place, flushed to the disk, read back from the disk and
linked to its name, which fails where something has that name already. A source is first renamed aside, looked
at again, and only then deleted, so that what somebody puts in its place meanwhile is never lost.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive_tiering.stores.digest import Listed
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.names import from_key
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from archive_tiering.writers.master_writer import READ_BACK, Order, Proof, Source
from foundation.errors import (
    FixityMismatch,
    NoSpace,
    ObjectChanged,
    ObjectMissing,
    ObjectUnreadable,
    StateConflict,
    StorageUnreachable,
)

CHUNK = 1 << 20
MANIFESTS = ".rekindle"
"""Folder of manifests in a vault's root; hidden, so that no walk takes them for masters."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.ENOSYS, errno.EMLINK})


class FolderWriter:
    """Writes below ``root``.

    Args:
        root: The folder.
        store: How the location lists it.
        holds_manifests: Lay manifests beside the masters.
    """

    reads_source = True
    returns = True

    def __init__(self, root: Path, store: ObjectStore, *, holds_manifests: bool) -> None:
        self._root = root
        self._folder = LocalFolder(root)
        self._store = store
        self._holds_manifests = holds_manifests

    def part_size(self, size: int) -> int | None:
        """See the port; files are one piece."""
        del size
        return None

    def check(self, source: Source) -> None:
        """See the port: a link is no master of its own."""
        path = self._place(source.key)
        if path.is_symlink():
            raise ObjectUnreadable(f"{source.key!r} is a link; move what it leads to.")

    def stage(self, order: Order, chunks: Iterable[bytes]) -> None:
        """See the port."""
        place = self._place(order.key)
        with translated(order.key):
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place):
                raise StateConflict(f"Something lies at {order.key!r} already; it was left as it is.")
            self._sweep(place, order)
            part = _part(place, order)
            try:
                write_flushed(part, chunks, order.mtime_ns)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            flush_folder(place.parent)

    def verify(self, order: Order) -> Proof:
        """See the port; bytes are read from the disk, not from memory, where the system allows that."""
        place = self._place(order.key)
        part = _part(place, order)
        with translated(order.key):
            found = digest_on_disk(part if part.exists() else place)
        if found != order.sha256:
            raise FixityMismatch(f"The copy of {order.key!r} digests to {found}, not to {order.sha256}.")
        return Proof(READ_BACK, found)

    def publish(self, order: Order) -> ObjectInfo:
        """See the port."""
        place = self._place(order.key)
        part = _part(place, order)
        with translated(order.key):
            if part.exists():
                _name(part, place, order)
            elif place.is_symlink() or digest_on_disk(place) != order.sha256:
                raise StateConflict(f"Something else lies at {order.key!r}.")
            flush_folder(place.parent)
        return self._store.head(order.key)

    def settle(self, order: Order) -> None:
        """See the port."""
        with translated(order.key):
            self._sweep(self._place(order.key), order)

    def discard(self, order: Order, demand_source: Callable[[], object]) -> None:
        """See the port; a name is taken back only where it surely is this move's copy."""
        place = self._place(order.key)
        with translated(order.key):
            part = _part(place, order)
            if part.exists() and place.exists() and not place.is_symlink() and part.samefile(place):
                demand_source()
                place.unlink()
            self._sweep(place, order)

    def delete_verified(self, source: Listed, order: Order) -> None:
        """See the port."""
        place = self._place(source.key)
        aside = place.with_name(f"{_prefix(place, order)}gone")
        with translated(source.key):
            if not aside.exists():
                if not self._is_still(source):
                    return
                place.rename(aside)
            if tag_of(aside) != source.etag or aside.stat().st_size != source.size:
                _put_back(aside, place)
                raise ObjectChanged(f"{source.key!r} changed while it was being moved; it was left alone.")
            aside.unlink()
            flush_folder(place.parent)

    def keep_manifest(self, move: str, files: dict[str, bytes]) -> None:
        """See the port."""
        if not self._holds_manifests:
            return
        folder = self._root / MANIFESTS / "moves" / move
        with translated(move):
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                write_whole(folder / name, data)

    def _is_still(self, source: Listed) -> bool:
        try:
            found = self._folder.head(source.key)
        except ObjectMissing:
            return False
        if (found.size, found.etag) != (source.size, source.etag):
            raise ObjectChanged(f"{source.key!r} changed while it was being moved; it was left alone.")
        return True

    def _sweep(self, place: Path, order: Order) -> None:
        """Delete what attempts of this move left."""
        for left in place.parent.glob(f"{_prefix(place, order)}*.part"):
            left.unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        name = from_key(key)
        path = self._root / name
        parts = name.split("/")
        inside = os.path.realpath(path.parent) + "/"
        if not name or "\0" in name or ".." in parts or name.startswith("/"):
            raise ObjectUnreadable(f"{key!r} is no name for a master.")
        if not inside.startswith(os.path.realpath(self._root).rstrip("/") + "/"):
            raise ObjectUnreadable(f"{key!r} leads out of the location.")
        if not self._root.is_dir():
            raise StorageUnreachable(f"The folder {self._root} is not there.")
        return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that a reader sees nothing or all of it."""
    aside = path.with_name(f".{path.name}.part")
    write_flushed(aside, [data], None)
    aside.replace(path)
    flush_folder(path.parent)


def write_flushed(path: Path, chunks: Iterable[bytes], mtime_ns: int | None) -> None:
    """Write a file down to the disk, and let it seem to be as old as is wanted."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        if mtime_ns is not None:
            os.utime(file.fileno(), ns=(mtime_ns, mtime_ns))
        os.fsync(file.fileno())


def digest_on_disk(path: Path) -> str:
    """Return SHA-256 of a file, read from the disk where the system allows that, not from memory."""
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _name(part: Path, place: Path, order: Order) -> None:
    """Link the copy to its name: unlike a rename, that never replaces anything."""
    try:
        os.link(part, place)
    except FileExistsError:
        if place.is_symlink() or not part.samefile(place):
            raise StateConflict(f"Something else lies at {order.key!r}.") from None
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if os.path.lexists(place):
            raise StateConflict(f"Something lies at {order.key!r} already.") from error
        part.rename(place)


def _put_back(aside: Path, place: Path) -> None:
    try:
        os.link(aside, place)
    except FileExistsError:
        return  # somebody wrote a new one meanwhile: both stay
    aside.unlink()


def tag_of(path: Path) -> str:
    """Return the entity tag of a regular file as folders give it; empty for anything else."""
    facts = path.stat()
    return f"{facts.st_ino:x}-{facts.st_mtime_ns:x}" if stat.S_ISREG(facts.st_mode) else ""


def _part(place: Path, order: Order) -> Path:
    return place.with_name(f"{_prefix(place, order)}{order.mark}.part")


def _prefix(place: Path, order: Order) -> str:
    """Begins the hidden names of one object's files; short, whatever the object is called."""
    name = hashlib.sha256(os.fsencode(place.name)).hexdigest()[:8]
    return f".rekindle-{order.move}-{name}-"


def flush_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot flush folders; their servers do it.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace(
                f"No space left for {key!r}.", remedy="Free space in the target location."
            ) from error
        if isinstance(error, FileNotFoundError):
            raise ObjectMissing(f"{key!r} is not there.") from error
        if isinstance(error, PermissionError):
            raise ObjectUnreadable(f"{key!r}: {error.strerror}.") from error
        raise StorageUnreachable(f"{key!r}: {error.strerror}.") from error
