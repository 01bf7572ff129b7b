"""Quotes, restores and the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from foundation.ids import (
    LOCAL_PRINCIPAL,
    AssetId,
    InstanceId,
    PrincipalId,
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


class RestoreStatus(StrEnum):
    """States of a restore."""

    REQUESTED = "requested"
    REQUESTING = "requesting"
    IN_PROGRESS = "in progress"
    RESTORED = "restored"
    VERIFIED = "verified"
    EXPIRED = "expired"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Restore:
    """One object version being brought back; ``key`` allows one active restore per object version."""

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
