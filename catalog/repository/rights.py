"""Port to rights."""

from collections.abc import Sequence
from typing import Protocol

from catalog.model import Right
from foundation.ids import AssetId


class Rights(Protocol):
    """Who may show assets."""

    def of(self, asset_id: AssetId) -> list[Right]:
        """All of an asset, in force or not, in the order they were given."""

    def replace(self, asset_id: AssetId, rights: Sequence[Right]) -> None:
        """All of an asset; one that says the same as one there is keeps its source and time."""

    def add(self, right: Right) -> None:
        """One to those its asset has; nothing changes where one says the same."""
