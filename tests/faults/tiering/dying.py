"""Parts that die at their n-th call, as a killed process would: nothing after it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from archive_tiering.writers.master_writer import MasterWriter
from catalog.repository import Catalog


class Killed(BaseException):
    """What SIGKILL looks like from inside: transactions are not committed, nothing is released."""


@dataclass
class Death:
    """Comes before or after the n-th thing that is done."""

    left: int
    after: bool
    dead: bool = False

    def meet(self, act: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        self.left -= 1
        if self.left == 0 and not self.after:
            self.dead = True
            raise Killed
        result = act()
        if self.left == 0:
            self.dead = True
            raise Killed
        return result


class DyingWriter:
    """A writer in a process that dies."""

    def __init__(self, real: Any, death: Death) -> None:
        self._real, self._death = real, death

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if not callable(real):
            return real
        return lambda *args, **more: self._death.meet(lambda: real(*args, **more))


class DyingCatalog:
    """A catalog in a process that dies: what it was writing is not committed."""

    def __init__(self, real: Catalog, death: Death) -> None:
        self._real, self._death = real, death

    def read(self) -> Any:
        if self._death.dead:
            raise Killed
        return self._real.read()

    @contextmanager
    def write(self, *args: Any) -> Iterator[Any]:
        self._death.meet(lambda: None)
        with self._real.write(*args) as tx:
            yield tx
            self._death.meet(lambda: None)


def dying_writer(death: Death) -> Callable[[MasterWriter], MasterWriter]:
    return lambda real: cast("MasterWriter", DyingWriter(real, death))


def dying_catalog(real: Catalog, death: Death) -> Catalog:
    return cast("Catalog", DyingCatalog(real, death))
