"""Quotes, restores and the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from foundation.ids import (
    DEFAULT_PROJECT,
    LOCAL_PRINCIPAL,
    AssetId,
    InstanceId,
    PrincipalId,
    ProjectId,
    QuoteId,
    RestoreId,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """What bringing masters back costs and how long it takes, agreed before anything is spent."""

    id: QuoteId
    asset_ids: tuple[AssetId, ...]
    retrieval_tier: str
    days: int
    size: int
    objects: int
    eta_seconds: int
    cost: Decimal
    currency: str
    lines: tuple[Mapping[str, object], ...]
    created_at: datetime
    expires_at: datetime

    @property
    def is_part(self) -> bool:
        """Whether it is for reading a part of a master, which restores nothing."""
        return any(line.get("kind") == "read" for line in self.lines)

    @property
    def change(self) -> Mapping[str, object] | None:
        """What shall change about a restore, where it is for that."""
        return next((line for line in self.lines if line.get("kind") == "change"), None)


class RestoreStatus(StrEnum):
    """States of a restore; docs/explanation/restore-states.md draws the ways between them."""

    REQUESTED = "requested"
    NEEDS_APPROVAL = "needs approval"
    APPROVED = "approved"
    REQUESTING = "requesting"
    IN_PROGRESS = "in progress"
    RESTORED = "restored"
    VERIFIED = "verified"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Restore:
    """One object version being brought back; there is one active restore per object version.

    Attributes:
        days: Days that the store was, or will be, asked to keep the copy.
        cost: What was reserved for bringing it back, in the name of ``principal``.
        deadline: The earliest moment by which somebody who waits needs it.
        wanted_days: More days than the store was asked for, to be asked for once the copy is there.
        keep_until: The copy shall stay at least until then; asked for while it is there.
        wanted_tier: A faster retrieval tier that is still to be asked for.
        due_at: When the next step is to be taken; None where nothing is to be done.
        overdue_at: When it was found to take more than twice its time.
        asked: How often the store accepted a request to bring it back.
    """

    id: RestoreId
    quote_id: QuoteId
    asset_id: AssetId
    instance_id: InstanceId
    uri: str
    version: str
    retrieval_tier: str
    days: int
    size: int
    cost: Decimal
    currency: str
    status: RestoreStatus
    requested_at: datetime
    principal: PrincipalId = LOCAL_PRINCIPAL
    eta: datetime | None = None
    restored_at: datetime | None = None
    expires_at: datetime | None = None
    sha256: str | None = None
    verified: str | None = None
    error: str | None = None
    project: ProjectId = DEFAULT_PROJECT
    deadline: datetime | None = None
    wanted_days: int | None = None
    keep_until: datetime | None = None
    wanted_tier: str | None = None
    due_at: datetime | None = None
    overdue_at: datetime | None = None
    asked: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what; append-only, hash-chained."""

    seq: int
    at: datetime
    principal: PrincipalId
    action: str
    subject: str
    detail: Mapping[str, object]
    digest: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of the audit are wanted.

    Attributes:
        principal: Whose.
        action: An action (`restore.request`), or all that begin so (`restore`).
        asset_id: Those about this asset: itself, its restores, quotes, moves, findings and keeps.
    """

    principal: PrincipalId | None = None
    action: str | None = None
    asset_id: AssetId | None = None
