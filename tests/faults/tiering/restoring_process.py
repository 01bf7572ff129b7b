"""A process that restores and kills itself at a counted step."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from archive_tiering.prices.terms import Terms
from archive_tiering.restores.reservation import Request
from catalog.factory import open_catalog
from foundation.home import Home
from foundation.settings import TieringSettings
from tests.contract.archive import Archive, prices
from tests.contract.places import vault_at


@dataclass
class Fuse:
    """SIGKILL at the n-th step."""

    left: int

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class DeadlyStore:
    """A store every call of which takes two steps."""

    def __init__(self, real: Any, fuse: Fuse) -> None:
        self._real, self._fuse = real, fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self._fuse.step()
            result = getattr(self._real, name)(*args, **more)
            self._fuse.step()
            return result

        return call


class DeadlyCatalog:
    """A catalog that steps before, in and after whatever is written."""

    def __init__(self, real: Any, fuse: Fuse) -> None:
        self._real, self._fuse = real, fuse

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    @contextmanager
    def write(self, *args: Any) -> Iterator[Any]:
        self._fuse.step()
        with self._real.write(*args) as tx:
            yield tx
            self._fuse.step()
        self._fuse.step()


def restore(root: Path, order: str | None, moment: datetime, steps: int) -> None:
    """Agree to an order, if any, then look after what is on its way; the file ``ready`` says it began."""
    place, fuse = vault_at(root / "masters"), Fuse(steps)
    place.clock.moment = moment
    catalog = open_catalog(Home(root / "home"), clock=place.clock)
    terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
    deadly = cast("Any", DeadlyCatalog(catalog, fuse))
    archive = Archive(place, terms, deadly, TieringSettings(restore_days=2), root / "home")
    desk = archive.restorer(cast("Any", DeadlyStore(place.store, fuse)))
    (root / "ready").touch()
    if order is not None:
        desk.agree(order, Request("prn_ada"))
    desk.poll()
