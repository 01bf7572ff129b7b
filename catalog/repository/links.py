"""Port to fingerprints and to links between assets that show the same pictures."""

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from catalog.model import Fingerprint, Link, LinkDecision
from foundation.ids import AssetId


class Links(Protocol):
    """Near-duplicates. Hidden assets have no part in any answer; rejected links are left out."""

    def put_fingerprint(self, fingerprint: Fingerprint) -> None:
        """Add or replace; the asset is due to be compared again when its fingerprint changed."""

    def forget_fingerprint(self, asset_id: AssetId) -> None:
        """Its file is lost: the asset takes no part in comparisons until it has a new one."""

    def compared(self, *, after: AssetId | None, limit: int) -> list[Fingerprint]:
        """A page, in id order, of the fingerprints that are not due."""

    def fingerprints_of(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Fingerprint]:
        """Those that exist, by asset."""

    def due(self, limit: int) -> list[Fingerprint]:
        """Fingerprints that were not compared with the rest yet, oldest asset first."""

    def compare_again(self) -> int:
        """Make every fingerprint due; returns how many there are."""

    def replace(self, compared: Collection[Fingerprint], found: Sequence[Link]) -> None:
        """All machine links of the compared assets, which are no longer due.

        What a person decided stays: a confirmed link takes new ranges and is never dropped, a rejected one
        is not made again.
        """

    def of(self, asset_id: AssetId) -> list[Link]:
        """Links of one asset, best first."""

    def among(self, asset_ids: Iterable[AssetId]) -> list[Link]:
        """Links with at least one end in these assets, in a fixed number of queries."""

    def between(self, asset_ids: Collection[AssetId]) -> list[Link]:
        """Links with both ends in these assets, best first, in one query."""

    def page(self, *, after: tuple[AssetId, AssetId] | None, limit: int) -> list[Link]:
        """All links in order of their ends."""

    def decide(self, one: AssetId, other: AssetId, decision: LinkDecision | None) -> None:
        """Confirm or reject a link, or take that back; raises LinkNotFound."""
