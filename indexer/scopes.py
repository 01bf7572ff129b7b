"""Which parts of a location a pass looks at: all of it, a path, or what changed objects may belong to."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import islice

from archive_tiering.stores.object_store import ObjectInfo, ObjectStore, Unreadable
from catalog.repository import Catalog, KnownInstance
from foundation.ids import LocationId
from indexer.candidates import grouped
from indexer.listing import is_within
from indexer.payload import DiscoverOrder
from indexer.segments import scope_of, widened

_PAGE = 5000
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """One stretch of names.

    Attributes:
        start: What all keys listed begin with.
        prefix: Path that names must be or lie below; None for all.
    """

    start: str = ""
    prefix: str | None = None

    @property
    def is_whole(self) -> bool:
        """It has no bounds."""
        return not self.start and not self.prefix

    def has(self, name: str) -> bool:
        """Say whether a name is looked at."""
        return name.startswith(self.start) and is_within(self.prefix, name)

    def known(self, catalog: Catalog, location: LocationId) -> Iterator[tuple[str, KnownInstance]]:
        """Yield what is known here, in the order of names, page by page."""
        first, after = self.start or self.prefix or "", None
        while True:
            with catalog.read() as reader:
                page = reader.assets.known_page(location, first=first, after=after, limit=_PAGE)
            for name, item in page:
                if self.has(name):
                    yield name, item
                elif not name.startswith(first):
                    return
            if len(page) < _PAGE:
                return
            after = page[-1][0]


def scopes_of(order: DiscoverOrder, store: ObjectStore) -> list[Scope]:
    """Return what an order looks at; no two of them overlap.

    Raises:
        StorageError: The store cannot be asked what lies beside a key.
    """
    if not order.keys:
        return [Scope(prefix=order.prefix)]
    return [Scope(start) for start in _around(order.keys, store)]


def parts_of_others(keys: Set[str], store: ObjectStore) -> set[str]:
    """Return the keys that belong to a copy of another name by now: a file became a frame, or part of a card.

    Raises:
        StorageError: The store cannot be asked.
    """
    found: set[str] = set()
    for start in _around(keys, store):
        infos = (item for item in store.list(start) if isinstance(item, ObjectInfo))
        for candidate in grouped(infos):
            found.update(item.key for item in candidate.objects[1:] if item.key in keys)
    return found


def _around(keys: Iterable[str], store: ObjectStore) -> list[str]:
    """Scopes of keys, wide enough and apart."""
    return _apart(_wide(start, store) for start in _apart(map(scope_of, keys)))


def _apart(starts: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for start in sorted(starts):
        if not kept or not start.startswith(kept[-1]):
            kept.append(start)
    return kept


def _wide(start: str, store: ObjectStore) -> str:
    """Grow a scope until nothing in it may belong to anything outside."""
    while start:
        wider = start
        listed = _keys(store.list(start))
        while keys := list(islice(listed, _AT_ONCE)):
            wider = widened(wider, keys)
        if wider == start:
            break
        start = wider
    return start


def _keys(items: Iterable[ObjectInfo | Unreadable]) -> Iterator[str]:
    return (item.key for item in items)
