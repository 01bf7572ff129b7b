"""How far an index has followed the change feed, kept beside the index it speaks of."""

import json
from pathlib import Path
from typing import Protocol

from embeddings.atomic_file import publish
from embeddings.vector_index import VectorIndex


class CursorFile:
    """A sequence number on disk.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> int | None:
        """The saved number; None where there is none, or it cannot be read."""
        try:
            saved = json.loads(self._path.read_text(encoding="utf-8"))["seq"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return saved if isinstance(saved, int) and saved >= 0 else None

    def save(self, seq: int) -> None:
        """Keep the number, durably. Save only what the index has flushed."""
        publish(self._path, json.dumps({"seq": seq}).encode())


class FollowedIndex(VectorIndex, Protocol):
    """A vector index that remembers how far it follows the change feed."""

    @property
    def cursor(self) -> CursorFile:
        """Its own cursor; another one after a swap of generations."""

    def rebuild(self) -> None:
        """Ask that what was deleted goes from disk as well, in its own time."""

    @property
    def owes_rebuild(self) -> bool:
        """Say whether that is still to be done."""

    def close(self) -> None:
        """Give the index up to another process."""
