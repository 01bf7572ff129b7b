"""Jobs, runs and the change feed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.ids import (
    AssetId,
    JobId,
    RunId,
)


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of work in the ledger; ``key`` makes enqueuing idempotent while it waits or runs."""

    id: JobId
    kind: str
    key: str
    run_id: RunId | None
    asset_id: AssetId | None
    state: JobState
    attempts: int
    payload: Mapping[str, object]
    lease_owner: str | None = None
    lease_until: datetime | None = None
    progress: float = 0.0
    stage: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that could not be indexed, and what to do about it."""

    uri: str
    stage: str
    code: str
    message: str
    remedy: str
    retryable: bool
    at: datetime
    asset_id: AssetId | None = None
    run_id: RunId | None = None


@dataclass(frozen=True, slots=True)
class IndexRun:
    """One `rekindle index`."""

    id: RunId
    state: str
    started_at: datetime
    finished_at: datetime | None
    discovered: int
    unchanged: int
    total: int
    done: int
    failed: int
    cold: int
    stage: str | None = None


class ChangeKind(StrEnum):
    """What a change asks of whoever follows the feed.

    PURGE says that what an index has deleted of the asset must not stay on disk either.
    """

    VECTORS = "vectors"
    PAYLOAD = "payload"
    DELETE = "delete"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the change feed; ``seq`` follows commit order."""

    seq: int
    asset_id: AssetId
    kind: ChangeKind
    space: str | None = None
