"""Wire types of quotes, restores, approvals, budgets and notices."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from search_api.schemas import ASSET_ID, Money
from search_api.schemas_work import QUOTE_ID, Request
from search_api.wire import Wire

PROJECT = "prj_default"
_DEADLINE = "When the masters are needed."


class QuoteRequest(Request):
    """Masters to quote for."""

    assets: list[str] = Field(min_length=1, max_length=10_000, examples=[[ASSET_ID]])
    retrieval_tier: str | None = Field(
        None,
        description="The cheapest that meets the deadline when missing; the usual one without a deadline.",
        examples=["bulk"],
    )
    days: int | None = Field(None, ge=1, le=365, description="Days the restored copy is kept.")
    deadline: AwareDatetime | None = Field(None, description=_DEADLINE)


class Quote(Wire):
    """What bringing masters back costs and how long it takes."""

    id: str = Field(examples=[QUOTE_ID])
    assets: list[str]
    retrieval_tier: str = Field(
        description="`mixed` where storage classes come back through several.", examples=["bulk"]
    )
    days: int
    size: int = Field(description="Bytes.")
    objects: int
    eta_seconds: int
    cost: Money
    currency: str = Field(examples=["USD"])
    lines: list[dict[str, object]] = Field(description="What the cost is made of.")
    created_at: datetime
    expires_at: datetime


class NewRestore(Request):
    """The quote that is agreed to."""

    quote: str = Field(max_length=64, examples=[QUOTE_ID])
    budget_usd: str | float | None = Field(None, description="Most that may be spent on it; a decimal.")
    project: str = Field(
        PROJECT, pattern=r"^prj_[A-Za-z0-9_]{1,26}$", description="Project whose budget it counts against."
    )
    deadline: AwareDatetime | None = Field(None, description=_DEADLINE)
    ask_approval: bool = Field(
        False, description="Where a budget does not suffice or the sum is too high, ask an approver."
    )


class Waiter(Wire):
    """Somebody who waits for a restore."""

    id: str
    principal: str
    quote: str
    days: int = Field(description="How long they want the copy.")
    deadline: datetime | None
    joined_at: datetime


class Restore(Wire):
    """One master being brought back."""

    id: str
    quote: str
    asset: str
    uri: str
    retrieval_tier: str
    days: int
    size: int
    cost: Money
    currency: str
    status: str = Field(examples=["in progress"])
    requested_at: datetime
    eta: datetime | None
    restored_at: datetime | None
    expires_at: datetime | None
    verified: str | None = Field(description="How the bytes were verified.")
    sha256: str | None = None
    error: str | None = None
    principal: str = Field("prn_local", description="Who pays.")
    project: str = PROJECT
    deadline: datetime | None = Field(None, description="The earliest of all who wait.")
    keep_until: datetime | None = Field(None, description="A longer hold that is still to be asked for.")
    overdue_at: datetime | None = Field(None, description="When it was found to take twice its time.")
    waiters: list[Waiter] = Field([], description="Who waits; only where one restore is asked for.")


class RestoreList(Wire):
    """Restores, newest first."""

    restores: list[Restore]


class NewChange(Request):
    """A longer hold, or a faster retrieval tier."""

    days: int | None = Field(
        None, ge=1, le=365, description="Keep the copy so long, from now or from its arrival."
    )
    retrieval_tier: str | None = Field(None, description="Come faster.", examples=["expedited"])
    budget_usd: str | float | None = Field(None, description="Most that it may cost; a decimal.")
    project: str = Field(PROJECT, pattern=r"^prj_[A-Za-z0-9_]{1,26}$", description="Project that pays.")
    only_quote: bool = Field(False, description="Say what it costs and change nothing.")
    ask_approval: bool = Field(
        False, description="Where a budget does not suffice, or the sum needs an approver, ask one."
    )


class Approval(Wire):
    """A request that an approver decides on."""

    id: str = Field(examples=["apr_01K9X2V7QJ8M4T6W0N3B5C7D9F"])
    quote: str
    state: Literal["open", "approved", "declined", "withdrawn"]
    principal: str = Field(description="Who asked.")
    project: str
    cost: Money
    currency: str
    reason: str = Field(description="Why it needs an approver.")
    deadline: datetime | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


class Changed(Wire):
    """What a change costs, and the restore after it; or as it is, while the change waits for an approver."""

    cost: Money
    currency: str = "USD"
    restore: Restore
    approval: Approval | None = Field(None, description="The request, where an approver was asked.")


class ApprovalList(Wire):
    """Newest first."""

    approvals: list[Approval]


class NewDecision(Request):
    """What an approver says."""

    note: str | None = Field(None, max_length=1000, description="A sentence for whoever asked.")
    raise_budgets: bool = Field(
        False, description="Raise a budget that does not suffice by what is missing, for this month."
    )


class Budget(Wire):
    """One cap and what counts against it."""

    scope: Literal["month", "user", "project"]
    subject: str = Field(description="The user's or project's id; empty for the month as a whole.")
    cap: Money
    reserved: Money
    set_by: str | None = Field(description="Who set it; null where the settings hold.")


class BudgetList(Wire):
    """Budgets of one month."""

    month: str = Field(examples=["2026-11"])
    budgets: list[Budget]


class NewBudget(Request):
    """A cap to set."""

    scope: Literal["month", "user", "project"]
    subject: str = Field("", max_length=30, description="The user's or project's id; empty for the month.")
    cap_usd: str | float = Field(description="A decimal.", examples=["50.00"])
    month: str = Field(
        "", pattern=r"^(\d{4}-\d{2})?$", description="Month it is for (`2026-11`); every month when empty."
    )


class Notice(Wire):
    """Something you were told."""

    seq: int
    id: str = Field(description="The same on every channel and every attempt.")
    event: str = Field(examples=["restore.ready"])
    subject: str = Field(description="Id of the restore or approval.")
    principal: str
    at: datetime
    facts: dict[str, object]

    @property
    def about(self) -> str:
        """What it concerns, for people: the master's address, else what was said, else an id."""
        told = (self.facts.get(name) for name in ("uri", "note", "reason"))
        return next((str(text) for text in told if text), self.subject)


class NoticeList(Wire):
    """In the order of writing."""

    notices: list[Notice]
    last: int = Field(description="Pass it as `after` to get what comes next.")


class Undelivered(Wire):
    """A notice that was given up on one channel."""

    channel: str = Field(examples=["webhook ops"])
    attempts: int
    error: str | None
    notice: Notice


class UndeliveredList(Wire):
    """Dead letters, newest first."""

    undelivered: list[Undelivered]
