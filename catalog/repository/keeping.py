"""Port to keeps and their hot copies."""

from datetime import timedelta
from typing import Protocol

from catalog.model import HotCopy, Keep, KeepCount
from foundation.ids import AssetId, InstanceId, KeepId


class Keeps(Protocol):
    """What is kept hot, and the copies that were made for it."""

    def add(self, keep: Keep) -> None:
        """Keep an asset, or a project's assets, hot."""

    def get(self, keep_id: KeepId) -> Keep:
        """By id; raises KeepNotFound."""

    def release(self, keep_id: KeepId) -> Keep:
        """End one; raises KeepNotFound. Ending it again changes nothing."""

    def active(self, asset_id: AssetId | None = None) -> list[Keep]:
        """Those in force now, oldest first; of one asset: its own and its project's."""

    def kept(self, asset_id: AssetId | None = None) -> frozenset[InstanceId]:
        """Copies that a keep in force wants where they are, whoever made them."""

    def lacking(self, keep: Keep, *, pause: timedelta, limit: int) -> list[AssetId]:
        """Visible assets without a copy in the keep's location that could be made now.

        Left out: what sleeps everywhere, is being moved or copied, or was given up less than ``pause`` ago.
        """

    def count(self, keep: Keep) -> KeepCount:
        """How far a keep is."""

    def made(self, copy: HotCopy) -> None:
        """Take note of a copy that was made, or of why it stays."""

    def unkept(self, limit: int) -> list[HotCopy]:
        """Made copies that no keep in force wants, of no leased or withdrawn asset and with no active move.

        Those come first that were not found to stay the last time.
        """

    def forget(self, instance_id: InstanceId) -> None:
        """The copy is gone: its row goes, and its instance."""
