"""What people are told, and how far the telling is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.ids import NoticeId, PrincipalId


class NoticeEvent(StrEnum):
    """What happened to what somebody waits for, or has to decide on."""

    REQUESTED = "restore.requested"
    NEEDS_APPROVAL = "restore.needs_approval"
    APPROVED = "restore.approved"
    DECLINED = "restore.declined"
    READY = "restore.ready"
    DAMAGED = "restore.damaged"
    EXTENDED = "restore.extended"
    EXPIRING = "restore.expiring"
    EXPIRED = "restore.expired"
    FAILED = "restore.failed"
    CANCELLED = "restore.cancelled"
    OVERDUE = "restore.overdue"
    FALLBACK = "restore.fallback"
    APPROVAL_ASKED = "approval.asked"
    FIXITY_FOUND = "fixity.found"
    FIXITY_REPAIRED = "fixity.repaired"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing told to one principal; written in the transaction of what it tells.

    Attributes:
        seq: In the order of writing.
        id: The same on every channel and every attempt, so that a receiver can drop repetitions.
        subject: Id of the restore, approval or finding.
        facts: Plain JSON.
    """

    seq: int
    id: NoticeId
    event: NoticeEvent
    subject: str
    principal: PrincipalId
    facts: Mapping[str, object]
    at: datetime


class DeliveryState(StrEnum):
    """How far one notice is on one channel."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice on its way through one channel; ``attempts`` were made already."""

    channel: str
    notice: Notice
    state: DeliveryState
    attempts: int
    error: str | None = None
