"""Ports to quotes, restores, those who wait for them, the ledger and the budgets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from catalog.model import (
    Approval,
    ApprovalState,
    BudgetScope,
    Cap,
    Entry,
    NoticeEvent,
    Quote,
    Restore,
    RestoreStatus,
    SetCap,
    Waiter,
)
from foundation.ids import ApprovalId, AssetId, PrincipalId, QuoteId, RestoreId, WaiterId


class Restores(Protocol):
    """Quotes and restores. Every change of a status tells those who wait, in the same transaction."""

    def put_quote(self, quote: Quote) -> None:
        """Keep a quote."""

    def quote(self, quote_id: QuoteId) -> Quote:
        """By id; raises RestoreNotFound."""

    def begin(self, wanted: Sequence[Restore], caps: Sequence[Cap], month: str) -> list[Restore]:
        """Reserve the money and add restores, or find the active one of each object version.

        One that waits for an approver is taken over by one that does not; nothing is reserved for those that
        still do.

        Returns:
            One restore for each wanted one, in order.

        Raises:
            BudgetExceeded: A cap does not suffice for all that is new; nothing was reserved.
        """

    def update(self, restore: Restore) -> None:
        """New status and facts; a failed or cancelled one gives its reservations back.

        Raises:
            RestoreNotFound: There is no such restore.
            StateConflict: There is no way from its status to the new one.
        """

    def get(self, restore_id: RestoreId) -> Restore:
        """By id; raises RestoreNotFound."""

    def find(
        self,
        *,
        statuses: Sequence[RestoreStatus] = (),
        asset: AssetId | None = None,
        quote: QuoteId | None = None,
    ) -> list[Restore]:
        """Newest first."""

    def active_of(self, assets: Iterable[AssetId]) -> dict[AssetId, list[Restore]]:
        """Restores of assets that something may still happen to."""

    def asked_since(self, assets: Iterable[AssetId], at: datetime) -> list[Restore]:
        """Restores of assets that were asked for at or after a moment, whatever became of them."""

    def due(self, now: datetime, limit: int) -> list[Restore]:
        """Restores whose next step is due, those that waited longest first."""

    def next_due(self) -> datetime | None:
        """When the next step of any restore is due; None while there is none."""

    def hasten(self, uri: str, at: datetime) -> int:
        """Let active restores of an address be looked at by ``at``; returns how many there are."""

    def join(self, waiters: Sequence[Waiter]) -> None:
        """Wait for restores; who waits already gets the longer hold and the earlier deadline.

        New ones are told how the restore stands.
        """

    def leave(self, waiter_id: WaiterId) -> None:
        """Wait no longer; told once."""

    def waiters(self, restore_id: RestoreId) -> list[Waiter]:
        """Who waits, first come first."""

    def waited_for(self, quote_id: QuoteId) -> list[Restore]:
        """Restores that somebody waits for because of a quote, oldest first."""

    def spent(self, month: str) -> Decimal:
        """Reserved and spent in a month (``2026-11``)."""


class Spending(Protocol):
    """The ledger, and what may be reserved."""

    def charge(self, entry: Entry, caps: Sequence[Cap]) -> bool:
        """Reserve for something besides bringing back; False where this key was charged already.

        Raises:
            BudgetExceeded: A cap does not suffice; nothing was reserved.
        """

    def settle(self, key: str, actual: Decimal) -> None:
        """What an entry came to; what was reserved above it is given back."""

    def release(self, key: str) -> None:
        """Give an entry's money back; doing so again changes nothing."""

    def entries(self, restore_id: RestoreId) -> list[Entry]:
        """Of one restore, in order."""

    def is_charged(self, key: str) -> bool:
        """Whether the ledger has an entry with this key."""

    def charged_to(self, restore_id: RestoreId) -> Decimal:
        """Sum of all entries of one restore, or of a run's reads, to the millionth; quick however many."""

    def charged_since(self, assets: Iterable[AssetId], at: datetime) -> Decimal:
        """What restores of assets were charged at or after a moment, less what was given back."""

    def reserved(self, scope: BudgetScope, subject: str, month: str) -> Decimal:
        """What counts against a cap."""

    def subjects(self, month: str) -> list[tuple[BudgetScope, str, Decimal]]:
        """All that something was reserved for in a month."""

    def set_cap(self, cap: Cap, month: str) -> None:
        """Set a cap, for one month or (empty) for all."""

    def clear_cap(self, scope: BudgetScope, subject: str, month: str) -> None:
        """Let the settings hold again."""

    def caps(self, month: str) -> list[SetCap]:
        """What people set, for all months and for this one."""


class Approvals(Protocol):
    """Requests that an approver decides on."""

    def add(self, approval: Approval, tell: Iterable[PrincipalId]) -> None:
        """Ask the approvers."""

    def update(self, approval: Approval) -> None:
        """A decision; whoever asked is told."""

    def tell(self, approval: Approval, event: NoticeEvent, facts: Mapping[str, object]) -> None:
        """Tell whoever asked what became of it; each event once."""

    def get(self, approval_id: ApprovalId) -> Approval:
        """By id; raises ApprovalNotFound."""

    def of_quote(self, quote_id: QuoteId) -> Approval | None:
        """The one about a quote."""

    def find(self, *, state: ApprovalState | None = None) -> list[Approval]:
        """Newest first."""
