"""A bucket in memory, all of it asleep: what discovery needs of a store, and what it asked for."""

from collections.abc import Iterator
from pathlib import Path

from archive_tiering.stores.names import is_hidden
from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from catalog.model import RestoreState
from foundation.errors import ObjectMissing, StorageError


class Shelf:
    """Objects by key; every ``put`` is other bytes than all before, unless it says which ones it copies."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.objects: dict[str, str] = {}
        self.asked: list[str] = []
        self.listed: list[str] = []
        self.refuses_heads = False
        self._written = 0

    def put(self, key: str, *, like: str | None = None) -> None:
        self._written += 1
        self.objects[key] = self.objects[like] if like else f"tag-{self._written}"

    def list(self, prefix: str = "") -> Iterator[ObjectInfo | Unreadable]:
        self.listed.append(prefix)
        shown = (key for key in sorted(self.objects) if not any(map(is_hidden, key.split("/"))))
        return iter([self._info(key) for key in shown if key.startswith(prefix)])

    def head(self, key: str, version: str = "") -> ObjectInfo:
        self.asked.append(key)
        if self.refuses_heads:
            raise StorageError("403")
        if key not in self.objects:
            raise ObjectMissing(key)
        return self._info(key)

    def read(self, key: str, start: int = 0, end: int | None = None, version: str = "") -> Iterator[bytes]:
        raise AssertionError("nothing is read")

    def local_path(self, key: str) -> Path | None:
        return None

    def request_restore(self, key: str, *, retrieval_tier: str, days: int | None, version: str = "") -> None:
        raise AssertionError("nothing is restored")

    def _info(self, key: str) -> ObjectInfo:
        tag = self.objects[key]
        return ObjectInfo(key, f"{self.base}/{key}", 10, tag, 1, "", "DEEP_ARCHIVE", RestoreState.NEEDED)
