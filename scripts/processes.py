"""How a command finds the API, or becomes it.

One process owns a home: it holds ``run/owner.lock``, has the vector index open and answers on
``run/api.sock``. Every command is a client of that process; where there is none, it starts the same
application in its own process for as long as it runs, so that others find it meanwhile.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from foundation.errors import AlreadyOwned, ApiUnreachable
from foundation.home import Home
from foundation.settings import Settings
from scripts.locks import Lock, reachable
from search_api.client import Client

_PATIENCE_SECONDS = 15.0
_PAUSE_SECONDS = 0.1


@contextmanager
def connect(settings: Settings, *, patience: float = _PATIENCE_SECONDS) -> Iterator[Client]:
    """Give a client of the home's API for the length of the block.

    Args:
        settings: Which home, or which address.
        patience: Seconds to wait for an owner that has the lock and does not answer yet.

    Raises:
        ApiUnreachable: ``api.url`` is set and nobody answers there.
        AlreadyOwned: Another process owns the home and stays silent.
    """
    if settings.api.url is not None:
        with Client(settings.api.url) as client:
            client.health()
            yield client
        return
    home = settings.layout.create()
    lock = Lock(home.owner_lock)
    try:
        if _owner_or_lock(home, lock, patience):
            with by_socket(home) as client:
                yield client
        else:
            with _owned(settings), by_socket(home) as client:
                yield client
    finally:
        lock.close()


def by_socket(home: Home) -> Client:
    """Return a client that speaks through the home's socket."""
    transport = httpx.HTTPTransport(uds=str(reachable(home.socket)))
    return Client("http://rekindle.local", transport=transport, timeout=300.0)


def answers(home: Home) -> bool:
    """Say whether an API answers on the home's socket."""
    if not home.socket.exists():
        return False
    with by_socket(home) as client:
        try:
            client.health()
        except ApiUnreachable:
            return False
    return True


@contextmanager
def _owned(settings: Settings) -> Iterator[None]:
    from scripts.owner import own  # noqa: PLC0415 - a command that finds an owner never loads the application

    with own(settings, tcp=False):
        yield


def _owner_or_lock(home: Home, lock: Lock, patience: float) -> bool:
    """Return True when an owner answers, False when the lock was taken here instead."""
    deadline = time.monotonic() + patience
    while True:
        if answers(home):
            return True
        if lock.take():
            return False
        if time.monotonic() > deadline:
            raise AlreadyOwned(f"Another process owns {home.root} and does not answer.")
        time.sleep(_PAUSE_SECONDS)
