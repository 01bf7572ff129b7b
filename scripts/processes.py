"""How a command finds the API, or becomes it.

One process owns a home: it holds ``run/owner.lock``, has the vector index open and answers on
``run/api.sock``. Every command is a client of that process; where there is none, it starts the same
application in its own process for as long as it runs, so that others find it meanwhile. When an owner ends,
one of its clients takes over.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx

from foundation.errors import AlreadyOwned, ApiUnreachable
from foundation.home import Home
from foundation.settings import Settings
from scripts.locks import Lock, reachable
from search_api.client import Client

_PATIENCE_SECONDS = 15.0
_PAUSE_SECONDS = 0.1
_TIMEOUT_SECONDS = 300.0
_REPEATABLE = frozenset({"GET", "HEAD"})
_LOST = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@contextmanager
def connect(
    settings: Settings, *, patience: float = _PATIENCE_SECONDS, moves: bool = False
) -> Iterator[Client]:
    """Give a client of the home's API for the length of the block.

    Args:
        settings: Which home, or which address.
        patience: Seconds to wait for an owner that has the lock and does not answer yet.
        moves: Work moves of masters off where this process becomes the owner.

    Raises:
        ApiUnreachable: ``api.url`` is set and nobody answers there.
        AlreadyOwned: Another process owns the home and stays silent.
    """
    if settings.api.url is not None:
        with Client(settings.api.url, token=_token(settings)) as client:
            client.health()
            yield client
        return
    transport = HomeTransport(settings, patience, moves=moves)
    base, token = "http://rekindle.local", _token(settings)
    with Client(base, transport=transport, timeout=_TIMEOUT_SECONDS, token=token) as client:
        transport.open()
        yield client


def _token(settings: Settings) -> str | None:
    token = settings.access.token
    return None if token is None else token.get_secret_value()


def by_socket(home: Home) -> Client:
    """Return a client that speaks through the home's socket and never takes over."""
    return Client("http://rekindle.local", transport=_wire(home), timeout=_TIMEOUT_SECONDS)


def _wire(home: Home) -> httpx.HTTPTransport:
    # Nothing on a socket is encrypted; httpx would read the machine's certificates all the same.
    return httpx.HTTPTransport(uds=str(reachable(home.socket)), verify=SSLContext(PROTOCOL_TLS_CLIENT))


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


class HomeTransport(httpx.BaseTransport):
    """Reaches whoever owns the home; takes the home over when nobody does.

    A request that never reached an owner is sent again to the next one; one that was cut off only where
    asking twice changes nothing.

    Args:
        settings: Of the home.
        patience: Seconds to wait for an owner that has the lock and does not answer yet.
        moves: Work moves off once the home is taken over.
    """

    def __init__(self, settings: Settings, patience: float, *, moves: bool = False) -> None:
        self._settings = settings
        self._patience = patience
        self._moves = moves
        self._held = ExitStack()
        self._wire: httpx.HTTPTransport | None = None

    def open(self) -> None:
        """Find the owner, or become it.

        Raises:
            AlreadyOwned: Another process owns the home and stays silent.
        """
        self.close()
        home = self._settings.layout.create()
        lock = Lock(home.owner_lock)
        self._held.callback(lock.close)
        if not _owner_or_lock(home, lock, self._patience):
            from scripts.owner import own  # noqa: PLC0415 - who finds an owner never loads the application

            self._held.enter_context(own(self._settings, tcp=False, moves=self._moves))
        self._wire = _wire(home)
        self._held.callback(self._wire.close)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole answer."""
        try:
            return self._send(request)
        except httpx.ConnectError:
            pass
        except _LOST:
            if request.method not in _REPEATABLE:
                raise
        self.open()
        return self._send(request)

    def close(self) -> None:
        """Let go of the owner, and of the home if it was taken."""
        self._wire = None
        self._held.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        if self._wire is None:
            self.open()
        assert self._wire is not None  # noqa: S101 - open() has just set it
        answer = self._wire.handle_request(request)
        answer.request = request
        answer.read()
        return answer


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
