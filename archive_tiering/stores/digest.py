"""SHA-256 in the one read that brings a master near, and proof that nothing changed meanwhile."""

import errno
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from foundation.errors import NoSpace, ObjectChanged, ObjectUnreadable
from foundation.ids import mint

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Listed(Protocol):
    """An object as it was listed or catalogued: ObjectInfo and StoredObject both are."""

    @property
    def key(self) -> str:
        """Path within the location."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def etag(self) -> str:
        """The store's entity tag."""

    @property
    def version(self) -> str:
        """Version id, or empty."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A master that can be read at a path on this machine.

    Attributes:
        path: The master itself, or a copy in scratch.
        sha256: Digest of all its bytes, lower-case hex.
        size: Bytes.
        temporary: The path is a copy that :meth:`discard` deletes.
    """

    path: Path
    sha256: str
    size: int
    temporary: bool

    def discard(self) -> None:
        """Delete the copy, if it is one; safe to call again."""
        if self.temporary:
            self.path.unlink(missing_ok=True)


def digest(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Return SHA-256 (lower-case hex) and length of a stream."""
    hasher, size = hashlib.sha256(), 0
    for chunk in chunks:
        hasher.update(chunk)
        size += len(chunk)
    return hasher.hexdigest(), size


def stage(store: ObjectStore, listed: Listed, scratch: Path, *, name: str | None = None) -> Staged:
    """Make an object readable at a path, digested by the same single read.

    Folders are read in place; everything else is copied into ``scratch``.

    Args:
        store: Where the object is.
        listed: The object as listed; its size, etag and version must still hold, before and after the read.
        scratch: Folder for copies; made when it is not there.
        name: File name of the copy, for objects whose names matter to their neighbours.

    Raises:
        ObjectChanged: It is not, or did not stay, what was listed.
        NoSpace: Scratch is full; nothing is left behind.
        StorageError: Any other leaf the store raises.
    """
    _expect(listed, store.head(listed.key, listed.version))
    here = store.local_path(listed.key)
    staged = _in_place(here) if here is not None else _copy(store, listed, scratch, name)
    try:
        _expect(listed, store.head(listed.key, listed.version))
        _whole(listed, staged)
    except BaseException:
        staged.discard()
        raise
    return staged


def _expect(listed: Listed, found: ObjectInfo) -> None:
    if (found.size, found.etag) != (listed.size, listed.etag):
        raise ObjectChanged(f"{listed.key!r} changed since it was listed.")


def _whole(listed: Listed, staged: Staged) -> None:
    if staged.size != listed.size:
        raise ObjectChanged(f"{listed.key!r} gave {staged.size} bytes where {listed.size} were listed.")


def _in_place(path: Path) -> Staged:
    try:
        with path.open("rb") as file:
            hasher = hashlib.file_digest(file, "sha256")
            size = file.tell()
    except OSError as error:
        raise ObjectUnreadable(f"{path.name!r} cannot be read: {error.strerror}.") from error
    return Staged(path, hasher.hexdigest(), size, temporary=False)


def _copy(store: ObjectStore, listed: Listed, scratch: Path, name: str | None) -> Staged:
    suffix = _SUFFIX.search(listed.key)
    target = scratch / (name or mint("stg") + (suffix[0] if suffix else ""))
    part = target.with_name(target.name + ".part")
    chunks = store.read(listed.key, 0, None, listed.version)
    with _space(part):
        scratch.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            sha256, size = digest(_teed(chunks, file.write))
        part.replace(target)
    return Staged(target, sha256, size, temporary=True)


def _teed(chunks: Iterable[bytes], write: "Writer") -> Iterator[bytes]:
    for chunk in chunks:
        write(chunk)
        yield chunk


class Writer(Protocol):
    """What takes bytes."""

    def __call__(self, data: bytes, /) -> object:
        """Take them."""


@contextmanager
def _space(part: Path) -> Iterator[None]:
    """Leave no part behind, and say plainly that the disk is full."""
    try:
        yield
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise NoSpace(f"No space left for a copy in {part.parent}.") from error
        raise ObjectUnreadable(f"The copy {part} cannot be written: {error.strerror}.") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
