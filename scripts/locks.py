"""Locks that say which process does what in a home, and the socket by which others reach it."""

import fcntl
import hashlib
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.errors import AlreadyOwned

_LONGEST_SOCKET_PATH = 100


class Lock:
    """An exclusive lock on a file, given back when the process ends however it ends."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = path.open("a+")

    def take(self) -> bool:
        """Take the lock; False when another process holds it."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        self._handle.close()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a lock for the length of the block.

    Raises:
        AlreadyOwned: Another process holds it.
    """
    lock = Lock(path)
    try:
        if not lock.take():
            raise AlreadyOwned(f"{path} is held by another process.")
        yield
    finally:
        lock.close()


def reachable(path: Path) -> Path:
    """Return a spelling of a socket's path that fits into the kernel's 108 bytes.

    Deep homes are reached through a link in the temporary folder, owned by this user.

    Raises:
        AlreadyOwned: Somebody else put something at the link's place.
    """
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path.parent)).hexdigest()[:16]
    link = Path(tempfile.gettempdir()) / f"rekindle-{os.getuid()}-{digest}"
    try:
        link.symlink_to(path.parent)
    except FileExistsError:
        if link.lstat().st_uid != os.getuid() or link.readlink() != path.parent:
            raise AlreadyOwned(f"{link} belongs to somebody else.") from None
    return link / path.name


def listen_unix(path: Path) -> socket.socket:
    """Listen on a Unix socket only this user may use; a dead process's socket is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(reachable(path)))
    finally:
        os.umask(before)
    listener.listen(128)
    return listener


def listen_tcp(host: str, port: int) -> socket.socket:
    """Listen on a TCP port; 0 takes a free one.

    Raises:
        AlreadyOwned: The port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        message = f"{host}:{port} cannot be listened on: {error.strerror}."
        raise AlreadyOwned(message, remedy="Choose another with REKINDLE_API__PORT.") from error
    listener.listen(128)
    return listener
