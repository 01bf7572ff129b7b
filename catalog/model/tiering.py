"""Projects and their state, what keeps a master where it is, plans, and moves between storage classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from foundation.ids import (
    DEFAULT_COLLECTION,
    DEFAULT_PROJECT,
    LOCAL_PRINCIPAL,
    AssetId,
    CollectionId,
    HoldId,
    InstanceId,
    KeepId,
    LeaseId,
    LocationId,
    MoveId,
    PlanId,
    PrincipalId,
    ProjectId,
)


class ProjectState(StrEnum):
    """Where a project stands; wrapping one is what sets lifecycle rules in motion."""

    ACTIVE = "active"
    WRAPPED = "wrapped"
    ON_HOLD = "on hold"


@dataclass(frozen=True, slots=True)
class Project:
    """A group of assets.

    Attributes:
        state_at: Since when it is in its state.
        state_by: Who put it there.
        assets: How many visible assets it has.
    """

    id: ProjectId
    name: str
    state: ProjectState
    state_at: datetime
    state_by: PrincipalId
    created_at: datetime
    collection: CollectionId = DEFAULT_COLLECTION
    assets: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Nothing of an asset, or of a project's assets, is moved while it holds.

    Attributes:
        asset_id: The asset; None where ``project_id`` is set. Exactly one of the two is.
        until: When it ends by itself; None for never.
        released_at: When somebody ended it.
    """

    id: HoldId
    reason: str
    asset_id: AssetId | None = None
    project_id: ProjectId | None = None
    principal: PrincipalId = LOCAL_PRINCIPAL
    created_at: datetime | None = None
    until: datetime | None = None
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Somebody works with a master until then: it is not moved, and its restored copy is kept."""

    id: LeaseId
    asset_id: AssetId
    until: datetime
    principal: PrincipalId = LOCAL_PRINCIPAL
    reason: str = ""
    created_at: datetime | None = None


class MoveState(StrEnum):
    """Steps of a move, in order; it has ended in one of the last three."""

    PLANNED = "planned"
    VERIFYING = "verifying"
    COPYING = "copying"
    VERIFYING_COPY = "verifying copy"
    SWITCHING = "switching"
    DELETING = "deleting source"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class MovedObject:
    """One object of a moving instance: as it was, and what is known of its copy.

    Attributes:
        key: Path within the source location.
        version: Version id at the source, or empty.
        sha256: Digest of the source's bytes, taken before the copy; None until then.
        target_key: Path within the target location.
        target_class: Storage class of the copy.
        source_verified: How the source was verified.
        expected_etag: Entity tag that S3 must give the copy; None where that cannot be known.
        expected_sha256: SHA-256 as S3 tells it of the copy (base 64, of parts where there are some).
        staged: Mark of the attempt whose copy is the one that is verified; None until it is complete.
        copy_sha256: Digest of the copy's bytes where they were read; None otherwise.
        verified: How the copy was verified; None until then.
        copy_etag: Entity tag of the copy as it became the master; None until then.
    """

    key: str
    uri: str
    size: int
    etag: str
    version: str
    storage_class: str
    target_key: str
    target_class: str
    sha256: str | None = None
    source_verified: str | None = None
    mtime_ns: int = 0
    expected_etag: str | None = None
    expected_sha256: str | None = None
    staged: str | None = None
    copy_sha256: str | None = None
    verified: str | None = None
    copy_etag: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One instance on its way to another storage class or location.

    Attributes:
        identity: Provisional identity of the instance when the move began: one active move per instance
            and identity.
        method: ``copy`` (byte by byte or in the store) or ``tag`` (the bucket's own lifecycle rule moves it).
        rule: Name of the rule, and the line of the rules' file it begins at.
        cost: What was reserved for it, in the budgets of ``principal`` and ``project``.
        manifest: Where its BagIt manifest lies, below the asset's derived folder.
        owner: Who works on it until ``lease_until``.
        not_before: Earliest time of its next step.
        keep_id: The keep that it makes a copy for: its source stays. None where it moves a master.
    """

    id: MoveId
    asset_id: AssetId
    instance_id: InstanceId
    identity: str
    from_location: LocationId
    from_class: str
    to_location: LocationId
    to_class: str
    method: str
    state: MoveState
    objects: tuple[MovedObject, ...]
    rule: str
    rule_line: int
    cost: Decimal
    currency: str
    created_at: datetime
    updated_at: datetime
    plan_id: PlanId | None = None
    manifest: str | None = None
    error: str | None = None
    attempts: int = 0
    owner: str | None = None
    lease_until: datetime | None = None
    not_before: datetime | None = None
    finished_at: datetime | None = None
    keep_id: KeepId | None = None
    principal: PrincipalId = LOCAL_PRINCIPAL
    project: ProjectId = DEFAULT_PROJECT

    @property
    def size(self) -> int:
        """Bytes of all its objects."""
        return sum(item.size for item in self.objects)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One copy that a rule chose.

    Attributes:
        rule: Position of the rule in the file, from 0.
        refusal: Why it is not moved; None where it is.
    """

    ordinal: int
    asset_id: AssetId
    instance_id: InstanceId
    identity: str
    name: str
    size: int
    rule: int
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class TierPlan:
    """A dry run that was kept: applying it moves exactly its items.

    Attributes:
        rules: The rules as they were read, in order, as plain JSON.
        summary: Totals per rule, class and refusal, as plain JSON.
        moving: How many copies would move.
        refused: How many copies a rule chose that stay nevertheless.
        cost: One-off cost, rounded up to the cent.
        saving: What is saved per month, rounded down to the cent; negative where it costs more.
        complete: All its items are kept; a plan whose making was interrupted is not.
    """

    id: PlanId
    rules_sha256: str
    rules: tuple[Mapping[str, object], ...]
    summary: Mapping[str, object]
    scanned: int
    moving: int
    refused: int
    size: int
    cost: Decimal
    saving: Decimal
    currency: str
    created_at: datetime
    expires_at: datetime
    principal: PrincipalId = LOCAL_PRINCIPAL
    complete: bool = True
    applied_at: datetime | None = None
