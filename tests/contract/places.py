"""Places for the contract suites: a store, and the hands that fill it and let time pass."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive_tiering.local import LocalFolder
from archive_tiering.object_store import ObjectInfo, ObjectStore, Unreadable
from archive_tiering.vault import CONFIG, FolderVault, load_terms
from tests.fakes.clock import FakeClock


@dataclass
class Place:
    """One store under test.

    ``wake`` makes time pass until a standard restore of the place is done.
    """

    store: ObjectStore
    put: Callable[[str, bytes], None]
    remove: Callable[[str], None]
    clock: FakeClock
    wake: Callable[[], None]
    cold: bool

    def listing(self) -> list[ObjectInfo]:
        found = list(self.store.list())
        assert not [item for item in found if isinstance(item, Unreadable)]
        return [item for item in found if isinstance(item, ObjectInfo)]

    def readable(self, key: str) -> None:
        """Wake the object where the place is cold."""
        if self.cold:
            self.store.request_restore(key, retrieval_tier="standard", days=1)
            self.wake()

    def bytes_of(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        return b"".join(self.store.read(key, start, end))


def put_file(root: Path) -> Callable[[str, bytes], None]:
    def put(key: str, data: bytes) -> None:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return put


def folder_place(root: Path) -> Place:
    root.mkdir()
    clock = FakeClock()
    return Place(
        store=LocalFolder(root),
        put=put_file(root),
        remove=lambda key: (root / key).unlink(),
        clock=clock,
        wake=lambda: None,
        cold=False,
    )


def vault_place(root: Path) -> Place:
    root.mkdir()
    terms = {"retrieval": {"expedited": 60, "standard": 3600, "bulk": 7200}}
    (root / CONFIG).write_text(json.dumps(terms))
    clock = FakeClock()
    store = FolderVault(root, root.with_name("ledger"), load_terms(root), clock)
    return Place(
        store=store,
        put=put_file(root),
        remove=lambda key: (root / key).unlink(),
        clock=clock,
        wake=lambda: bool(clock.advance(hours=2)),
        cold=True,
    )
