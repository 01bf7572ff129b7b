"""Ports to locations, works and their copies."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.model import (
    Asset,
    AssetState,
    AssetTimeline,
    Instance,
    Location,
    Track,
)
from catalog.query import AssetFilter
from foundation.ids import (
    AssetId,
    InstanceId,
    LocationId,
)
from foundation.timecode import PtsTable


@dataclass(frozen=True, slots=True)
class KnownInstance:
    """What discovery compares a listing with.

    Attributes:
        identity: :func:`catalog.lifecycle.identity_of` the instance's objects as they were last written.
        complete: The walk is done for the asset's current version.
        borrowed: It was indexed from a proxy that others made; its own bytes were never read.
        recipe: Version of the asset's stage run ``walk``: a digest of all stage versions; empty when none.
        asleep: Something of it cannot be read without a restore.
    """

    instance_id: InstanceId
    asset_id: AssetId
    identity: str
    storage_class: str
    available: bool
    complete: bool
    recipe: str = ""
    borrowed: bool = False
    asleep: bool = False


class Locations(Protocol):
    """Roots that hold masters."""

    def add(self, location: Location) -> None:
        """Register; raises NameTaken."""

    def get(self, name: str) -> Location:
        """By name; raises LocationNotFound."""

    def by_id(self, location_id: LocationId) -> Location:
        """By id; raises LocationNotFound."""

    def all(self) -> list[Location]:
        """All, by name."""

    def remove(self, name: str) -> None:
        """Forget the root; its assets become unavailable, nothing else is lost."""


class Assets(Protocol):
    """Works and their copies."""

    def get(self, asset_id: AssetId) -> Asset:
        """By id, following aliases of merged assets; raises AssetNotFound."""

    def many(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Asset]:
        """Those that exist, by id."""

    def page(self, where: AssetFilter, *, after: AssetId | None, limit: int) -> list[Asset]:
        """A page in id order."""

    def withdrawn(self, *, after: AssetId | None, limit: int) -> list[Asset]:
        """A page of what a person hid, in id order."""

    def select(self, where: AssetFilter) -> frozenset[AssetId]:
        """Ids of visible (present or unavailable) assets that pass."""

    def count(self, where: AssetFilter) -> int:
        """How many visible assets pass."""

    def copies(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, list[Instance]]:
        """Copies of many assets, those that can be read now first, by the id of the asset itself."""

    def instances(self, asset_id: AssetId) -> list[Instance]:
        """Copies of the essence, the primary one first."""

    def primary_instances(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Instance]:
        """The primary copy of each asset, in a fixed number of queries."""

    def known_page(
        self, location_id: LocationId, *, first: str = "", after: str | None = None, limit: int
    ) -> list[tuple[str, KnownInstance]]:
        """A page of what is known in a location, by name: from ``first`` on, behind ``after``."""

    def by_sha256(self, sha256: str) -> Asset | None:
        """The asset whose master has this digest."""

    def timelines(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, AssetTimeline]:
        """Pts tables and rates."""

    def tracks(self, asset_id: AssetId) -> list[Track]:
        """Streams of the master."""


class AssetWriter(Protocol):
    """Changes to works and copies; each appends to the change feed what followers need."""

    def register(self, asset: Asset, instance: Instance) -> None:
        """A new asset with its first instance."""

    def split(self, asset: Asset, instance: Instance) -> None:
        """A copy was overwritten and others were not: it becomes the first copy of a new asset."""

    def replace_instance(self, instance: Instance) -> None:
        """New facts of a known instance (name, objects, storage class, availability).

        The asset's own name, location and storage class follow its primary instance.
        """

    def new_version(self, asset_id: AssetId) -> None:
        """The bytes were overwritten: version + 1, stage runs forgotten, machine facts dropped."""

    def set_available(self, instance_ids: Sequence[InstanceId], *, available: bool) -> None:
        """Take note of copies that are gone or back."""

    def set_state(self, asset_id: AssetId, state: AssetState) -> None:
        """Withdraw, bring back, erase; raises StateConflict."""

    def describe(self, asset: Asset, pts: PtsTable | None, tracks: Sequence[Track]) -> None:
        """Kind, technical facts, duration, dates, digest, pts table and tracks found by probing."""

    def set_has_speech(self, asset_id: AssetId, *, has_speech: bool) -> None:
        """Speech was heard or captioned, or not."""

    def mark_indexed(self, asset_id: AssetId) -> None:
        """The walk is complete for the current version."""

    def reopen(self, asset_id: AssetId, stages: Collection[str], *, needs_master: bool) -> None:
        """What these stages made is lost: they count as not done, so that the next walk does them again.

        With ``needs_master`` the asset counts as never indexed: one that sleeps has to be brought back.
        """

    def merge(self, duplicate: AssetId, into: AssetId) -> None:
        """Equal bytes: move instances, leave a permanent alias, delete the duplicate's facts.

        What stays is withdrawn where the duplicate was, and the audit trail says so.
        """
