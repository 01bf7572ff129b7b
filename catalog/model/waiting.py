"""Who waits for a restore, what it may cost, and who decides where that is not enough."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from foundation.ids import (
    DEFAULT_PROJECT,
    ApprovalId,
    PrincipalId,
    ProjectId,
    QuoteId,
    RestoreId,
    WaiterId,
)


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits for a restore.

    Attributes:
        quote_id: What they agreed to.
        days: How long they want the copy.
        deadline: When they need it.
        left_at: When they gave up.
    """

    id: WaiterId
    restore_id: RestoreId
    principal: PrincipalId
    quote_id: QuoteId
    days: int
    joined_at: datetime
    deadline: datetime | None = None
    project: ProjectId = DEFAULT_PROJECT
    left_at: datetime | None = None


class BudgetScope(StrEnum):
    """What a budget is for: all spending of a month, or the part of one user or one project in it."""

    MONTH = "month"
    USER = "user"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that may be reserved in a month.

    Attributes:
        subject: The user's or project's id; empty for the month as a whole.
    """

    scope: BudgetScope
    subject: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SetCap:
    """A cap that a person set; ``month`` (``2026-11``) is empty where it holds for every month."""

    cap: Cap
    month: str
    set_at: datetime
    principal: PrincipalId


class EntryKind(StrEnum):
    """What money was reserved for."""

    RESTORE = "restore"
    EXTENSION = "extension"
    UPGRADE = "upgrade"
    PART = "part"
    READ = "read"
    FIXITY = "fixity"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    Attributes:
        key: Makes it idempotent: there is one entry of a key.
        restore_id: The restore; the id of the quote, run or move where the money is for one of these.
        amount: Reserved.
        actual: What it came to, where that is known; never more than ``amount``.
        released_at: When the money was given back.
    """

    key: str
    restore_id: RestoreId
    kind: EntryKind
    amount: Decimal
    currency: str
    month: str
    principal: PrincipalId
    project: ProjectId = DEFAULT_PROJECT
    actual: Decimal | None = None
    released_at: datetime | None = None


class ApprovalState(StrEnum):
    """Where a request that needs an approver stands."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Approval:
    """A quote that somebody agreed to and an approver has to decide on.

    Attributes:
        reason: Why it needs one.
        note: What the approver said.
    """

    id: ApprovalId
    quote_id: QuoteId
    principal: PrincipalId
    cost: Decimal
    currency: str
    reason: str
    asked_at: datetime
    state: ApprovalState = ApprovalState.OPEN
    project: ProjectId = DEFAULT_PROJECT
    deadline: datetime | None = None
    decided_by: PrincipalId | None = None
    decided_at: datetime | None = None
    note: str | None = None
