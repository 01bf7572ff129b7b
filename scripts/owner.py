"""The process that owns a home: the application, its listeners, the index follower and the restore keeper.

Whoever calls :func:`own` holds ``run/owner.lock`` already.
"""

import gc
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import uvicorn

from archive_tiering.factory import open_dispatcher, open_restorer
from catalog.repository import Catalog
from foundation.errors import ApiUnreachable
from foundation.settings import Settings
from indexer.follower import Follower, open_follower
from indexer.noticing import order_looks
from scripts.garbage import look_seldom
from scripts.locks import listen_tcp, listen_unix
from search_api.app import create_app
from search_api.bootstrap import Services, build_services

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_CATCH_UP_SECONDS = 2.0
_TURN_SECONDS = 0.0005
"""How long a thread keeps the interpreter while others wait (a tenth of Python's own default): a
search gives it up at every row it reads, and must not wait for the follower each time."""


@dataclass(frozen=True, slots=True)
class Owned:
    """What an owning process has running; ``port`` is None where it listens on no TCP port."""

    services: Services
    port: int | None


@contextmanager
def own(settings: Settings, *, tcp: bool, moves: bool = False) -> Iterator[Owned]:
    """Serve the home for the length of the block.

    Args:
        settings: Which home.
        tcp: Listen on ``api.host`` and ``api.port`` too.
        moves: Work moves off from the start, as whoever listens there does; else once a plan is applied here.

    Raises:
        AlreadyOwned: The TCP port is taken.
        ApiUnreachable: The application did not start.
    """
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(_TURN_SECONDS)
        stack.callback(gc.set_threshold, *gc.get_threshold())
        look_seldom()
        home = settings.layout.create()
        services = build_services(settings, stays=tcp)
        stack.callback(services.close)
        listeners = [listen_unix(home.socket)]
        stack.callback(home.socket.unlink, missing_ok=True)
        port: int | None = None
        if tcp:
            listeners.append(listen_tcp(settings.api.host, settings.api.port))
            port = listeners[-1].getsockname()[1]
        config = uvicorn.Config(
            create_app(services),
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=3,
            # Who stays loads models ahead; a command that ends soon loads what it needs.
            lifespan="on" if tcp else "off",
        )
        if services.index is not None:
            follower = open_follower(
                services.catalog, services.index, home, give_way=services.precedence.give_way
            )
            stack.enter_context(background("follower", follower.run))
            _catch_up(services.catalog, follower)
        stack.enter_context(_serving(uvicorn.Server(config), listeners))
        stack.enter_context(background("standing", services.attend))
        restorer = open_restorer(services.catalog, settings)
        stack.enter_context(background("keeper", restorer.keep))
        dispatcher = open_dispatcher(services.catalog, settings, changed=order_looks)
        stack.enter_context(background("dispatcher", dispatcher.keep))
        # A command that ends soon moves no masters, unless that is what it is for.
        mover = services.tiering.keep if tcp or moves else services.tiering.keep_once_asked
        stack.enter_context(background("mover", mover))
        if tcp and settings.fixity.enabled:
            # Who stays has time for it; a command that ends soon does not.
            stack.enter_context(background("fixity", services.fixity.keep))
        yield Owned(services, port)


def _catch_up(catalog: Catalog, follower: Follower) -> None:
    """Give the index a moment to take in what was left, so that a search that comes first finds it."""
    with catalog.read() as reader:
        last = reader.changes.last()
    deadline = time.monotonic() + _CATCH_UP_SECONDS
    while (follower.applied or 0) < last and time.monotonic() < deadline:
        time.sleep(0.02)


@contextmanager
def _serving(server: uvicorn.Server, listeners: list[socket.socket]) -> Iterator[None]:
    thread = threading.Thread(target=server.run, kwargs={"sockets": listeners}, name="api", daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(_START_SECONDS / 0.02)):
        if server.started or not thread.is_alive():
            break
        waited.wait(0.02)
    if not server.started:
        raise ApiUnreachable("The API did not start.", remedy="The home's logs/rekindle.log says why.")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)


@contextmanager
def background(name: str, work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do work that goes on until it is told to stop, for the length of the block."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_STOP_SECONDS)
