"""Folders and NAS mounts as an object store.

Never followed: links to folders (they make loops) and links that lead out of the location (whoever can write
into it must not choose what else is read). A link to a regular file inside is an object of its own. Files and
folders whose names begin with a dot, and the litter of operating systems, are left out.
"""

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive_tiering.stores.names import from_key, is_hidden, to_key, to_uri_path
from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from catalog.model import RestoreState
from foundation.errors import (
    ObjectMissing,
    ObjectUnreadable,
    StorageError,
    StorageUnreachable,
    TierUnavailable,
)

CHUNK = 1 << 20
_GONE = frozenset({errno.ESTALE, errno.EIO, errno.ENOTCONN, errno.EHOSTDOWN, errno.ETIMEDOUT, errno.ENODEV})
_FOLDER_LINK = "A symbolic link to a folder is not followed."
_Found = ObjectInfo | Unreadable | tuple[str, str]
_LEADS_OUT = "A symbolic link that leads out of the location is not followed."
_DANGLING = "A symbolic link that leads nowhere, or to itself."


class LocalFolder:
    """Objects are the regular files below ``root``.

    Args:
        root: Absolute path of the folder.
        scheme: What object URIs begin with, before the percent-encoded path.
    """

    def __init__(self, root: Path, *, scheme: str = "file://") -> None:
        self._root = str(root)
        self._real_root = os.path.realpath(root)
        self._base_uri = scheme + to_uri_path(self._root).rstrip("/") + "/"

    def list(self, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        """See the port; raises StorageUnreachable when the root is not there or goes away meanwhile."""
        return (found for found in self._walk(prefix) if found.key.startswith(prefix))

    def _walk(self, prefix: str) -> Iterator[ObjectInfo | Unreadable]:
        """Folders that hold nothing with the prefix are passed by."""
        pending: deque[Iterator[_Found]] = deque()
        pending.append(iter(self._entries(self._root, "")))
        while pending:
            found = next(pending[-1], None)
            if found is None:
                pending.pop()
            elif isinstance(found, ObjectInfo | Unreadable):
                yield found
            elif found[1].startswith(prefix) or prefix.startswith(found[1]):
                pending.append(iter(self._entries(*found)))

    def head(self, key: str, version: str = "") -> ObjectInfo:
        """See the port; ``version`` is not kept by folders and ignored."""
        path = self._path(key)
        try:
            facts = Path(path).stat()
        except OSError as error:
            raise self._translate(error, key) from error
        if not stat.S_ISREG(facts.st_mode):
            raise ObjectUnreadable(f"{key!r} is {_kind(facts.st_mode)}, not a file.")
        return self._info(key, path[len(self._root) :].lstrip("/"), facts)

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> Iterator[bytes]:
        """See the port."""
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._translate(error, key) from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ObjectUnreadable(f"{key!r} is not a regular file.")
            yield from _chunks(descriptor, start, end)
        except OSError as error:
            raise self._translate(error, key) from error
        finally:
            os.close(descriptor)

    def local_path(self, key: str) -> Path | None:
        """The file itself, links resolved."""
        path = self._path(key)
        if not Path(path).is_file():
            self.head(key)
        return Path(os.path.realpath(path))

    def request_restore(self, key: str, *, retrieval_tier: str, days: int | None, version: str = "") -> None:
        """Folders never sleep, so there is no tier to choose."""
        raise TierUnavailable(f"{key!r} lies in a folder and can be read as it is.")

    def _entries(self, folder: str, prefix: str) -> Sequence[_Found]:
        """One folder's objects, complaints and sub-folders (path, prefix), in the order of their keys."""
        try:
            with os.scandir(folder) as entries:
                named = [self._entry(entry, prefix) for entry in entries if not is_hidden(entry.name)]
        except OSError as error:
            return self._unlistable(error, prefix)
        kept = [item for item in named if item is not None]
        kept.sort(key=_sort_key)
        return kept

    def _entry(self, entry: os.DirEntry[str], prefix: str) -> _Found | None:
        key = prefix + to_key(entry.name)
        try:
            if entry.is_symlink():
                return self._link(entry, key)
            if entry.is_dir(follow_symlinks=False):
                return entry.path, f"{key}/"
            facts = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            return self._complaint(key, entry.path, error.strerror or "It cannot be examined.")
        return self._listed(key, entry.path, facts)

    def _link(self, entry: os.DirEntry[str], key: str) -> ObjectInfo | Unreadable:
        real = os.path.realpath(entry.path)
        try:
            facts = Path(real).stat()
        except OSError:
            return self._complaint(key, entry.path, _DANGLING)
        if stat.S_ISDIR(facts.st_mode):
            return self._complaint(key, entry.path, _FOLDER_LINK)
        if not self._inside(real):
            return self._complaint(key, entry.path, _LEADS_OUT)
        return self._listed(key, entry.path, facts)

    def _listed(self, key: str, path: str, facts: os.stat_result) -> ObjectInfo | Unreadable:
        if not stat.S_ISREG(facts.st_mode):
            return self._complaint(key, path, f"It is {_kind(facts.st_mode)}, not a file.")
        if not facts.st_mode & stat.S_IROTH and not os.access(path, os.R_OK, effective_ids=True):
            return self._complaint(key, path, "This user may not read it.")
        return self._info(key, path[len(self._root) :].lstrip("/"), facts)

    def _info(self, key: str, relative: str, facts: os.stat_result) -> ObjectInfo:
        return ObjectInfo(
            key=key,
            uri=self._base_uri + to_uri_path(relative),
            size=facts.st_size,
            etag=f"{facts.st_ino:x}-{facts.st_mtime_ns:x}",
            mtime_ns=facts.st_mtime_ns,
            version="",
            storage_class="STANDARD",
            restore=RestoreState.NONE,
        )

    def _complaint(self, key: str, path: str, reason: str) -> Unreadable:
        uri = self._base_uri + to_uri_path(path[len(self._root) :].lstrip("/"))
        return Unreadable(key=key, uri=uri, code=ObjectUnreadable.code, reason=reason)

    def _unlistable(self, error: OSError, prefix: str) -> Sequence[_Found]:
        lost = not prefix or error.errno in _GONE or not Path(self._root).is_dir()
        if lost:
            raise self._unreachable(error) from error
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return []
        folder = prefix.rstrip("/")
        path = f"{self._root}/{from_key(folder)}"
        return [self._complaint(folder, path, "This user may not look into the folder.")]

    def _path(self, key: str) -> str:
        name = from_key(key)
        path = f"{self._root.rstrip('/')}/{name}"
        odd = not name or "\0" in name or ".." in name.split("/")
        if odd or not self._inside(os.path.realpath(path)):
            raise ObjectMissing(f"{key!r} is not inside the location.")
        return path

    def _inside(self, real: str) -> bool:
        return real.startswith(self._real_root.rstrip("/") + "/")

    def _translate(self, error: OSError, key: str) -> StorageError:
        if error.errno in _GONE or not Path(self._root).is_dir():
            return self._unreachable(error)
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}:
            return ObjectMissing(f"{key!r} is not in {self._root}.")
        return ObjectUnreadable(f"{key!r} cannot be read: {error.strerror}.")

    def _unreachable(self, error: OSError) -> StorageUnreachable:
        return StorageUnreachable(f"The folder {to_key(self._root)} cannot be listed: {error.strerror}.")


def _sort_key(item: _Found) -> str:
    return item[1] if isinstance(item, tuple) else item.key


def _chunks(descriptor: int, start: int, end: int | None) -> Iterator[bytes]:
    position = start
    while end is None or position < end:
        chunk = os.pread(descriptor, CHUNK if end is None else min(CHUNK, end - position), position)
        if not chunk:
            return
        yield chunk
        position += len(chunk)


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISCHR, "a device"),
    )
    return next((name for test, name in kinds if test(mode)), "something else")
