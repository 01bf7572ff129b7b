"""Candidates in the ledger: what a walk job carries, as JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catalog.model import (
    AssetKind,
    CueKind,
    InstanceKind,
    ObjectRole,
    RestoreState,
    StoredObject,
)
from foundation.ids import AssetId, InstanceId, LocationId
from indexer.borrowing import Lent
from indexer.candidates import Candidate

WALK, DISCOVER, THAW, DUPLICATES = "walk", "discover", "thaw", "duplicates"
CLUSTER, PURGE, ENCODE = "cluster", "purge", "encode"
"""Kinds of jobs."""


@dataclass(frozen=True, slots=True)
class DiscoverOrder:
    """A discover job's payload.

    Attributes:
        prefix: Path within the location that is looked at; None for all of it.
        cold: Bring in masters that sleep and have no proxy.
        budget_usd: Most that may cost; None leaves it to the settings.
        survey: Only catalogue what sleeps, so that it can be forecast; nothing else is written or ordered.
        accept_losses: Believe the listing however many masters it lacks.
        keys: Objects that something happened to: they and what may belong to them are looked at alone.
    """

    location: LocationId
    prefix: str | None = None
    cold: bool = False
    budget_usd: str | None = None
    survey: bool = False
    accept_losses: bool = False
    keys: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """It looks at all of the location."""
        return not (self.prefix or self.keys or self.survey)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "DiscoverOrder":
        """From JSON."""
        return cls(
            LocationId(payload["location"]),
            payload.get("prefix"),
            bool(payload.get("cold", False)),
            payload.get("budget_usd"),
            bool(payload.get("survey", False)),
            bool(payload.get("accept_losses", False)),
            tuple(payload.get("keys", ())),
        )


@dataclass(frozen=True, slots=True)
class ThawOrder:
    """A thaw job's payload: masters of one location that sleep and have no proxy."""

    location: LocationId
    assets: tuple[AssetId, ...]
    budget_usd: str | None = None

    def to_payload(self) -> dict[str, object]:
        """As JSON."""
        return {"location": self.location, "assets": list(self.assets), "budget_usd": self.budget_usd}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "ThawOrder":
        """From JSON."""
        assets = tuple(AssetId(item) for item in payload["assets"])
        return cls(LocationId(payload["location"]), assets, payload["budget_usd"])


@dataclass(frozen=True, slots=True)
class EncodeOrder:
    """An encode job's payload.

    Attributes:
        kind: ``visual`` or ``text``.
        uri: What messages and dead letters call it.
    """

    asset: AssetId
    kind: str
    uri: str

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "EncodeOrder":
        """From JSON."""
        return cls(AssetId(payload["asset"]), payload["kind"], payload["uri"])


@dataclass(frozen=True, slots=True)
class WalkOrder:
    """A walk job's payload.

    Attributes:
        asset: The copy's asset; minted with the order where the copy is new.
        instance: Likewise.
        uri: The essence, for messages.
        candidate: What to register once it turned out to be media; None for a copy that is on record.
        lent: A proxy that others made, to be looked at in the place of a master that sleeps.
    """

    location: LocationId
    asset: AssetId
    instance: InstanceId
    uri: str
    candidate: Candidate | None = None
    lent: Lent | None = None

    def to_payload(self) -> dict[str, object]:
        """As JSON."""
        found = self.candidate
        return {
            "location": self.location,
            "asset": self.asset,
            "instance": self.instance,
            "uri": self.uri,
            "candidate": None if found is None else asdict(found),
            "lent": None if self.lent is None else asdict(self.lent),
        }

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "WalkOrder":
        """From JSON."""
        found, lent = payload["candidate"], payload.get("lent")
        return cls(
            LocationId(payload["location"]),
            AssetId(payload["asset"]),
            InstanceId(payload["instance"]),
            payload["uri"],
            None if found is None else candidate_of(found),
            None if lent is None else Lent(LocationId(lent["location"]), lent["key"]),
        )


def candidate_of(found: Mapping[str, Any]) -> Candidate:
    """From JSON."""
    objects = tuple(_object(item) for item in found["objects"])
    return Candidate(found["name"], InstanceKind(found["kind"]), AssetKind(found["media"]), objects)


def _object(item: Mapping[str, Any]) -> StoredObject:
    kind = item["caption_kind"]
    values = {
        **item,
        "role": ObjectRole(item["role"]),
        "restore": RestoreState(item["restore"]),
        "caption_kind": None if kind is None else CueKind(kind),
    }
    return StoredObject(**values)
