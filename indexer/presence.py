"""Which workers are alive: each holds a lock on a file of its own, which the kernel lets go when it dies."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foundation.home import Home
from foundation.ids import mint


def new_owner() -> str:
    """A name in the ledger for this process: host, process, and something that never repeats."""
    return f"{socket.gethostname()}:{os.getpid()}:{mint('wrk')}"


@contextmanager
def present(home: Home, owner: str) -> Iterator[None]:
    """Be alive, for others to see, while the block runs."""
    path = _file(home, owner)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_gone(home: Home, owner: str) -> bool:
    """Say whether a worker of this host died; workers of other hosts are left to their leases."""
    if owner.partition(":")[0] != socket.gethostname():
        return False
    try:
        with _file(home, owner).open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    _file(home, owner).unlink(missing_ok=True)
    return True


def _file(home: Home, owner: str) -> Path:
    return home.run / "workers" / owner.replace("/", "_")
