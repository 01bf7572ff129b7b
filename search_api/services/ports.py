"""What the API needs of cold storage: a small Protocol, so that tests can stand in for it."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from archive_tiering.restores.approvals import ApprovalDesk, Decision
from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from catalog.model import Approval, Instance, Keep, Quote, Restore, RestoreState, TierPlan
from foundation.ids import ApprovalId, AssetId, KeepId, MoveId, PlanId, PrincipalId, QuoteId, RestoreId


class RestoreDesk(Protocol):
    """Quotes for masters, agrees to them, and says cheaply where a master stands."""

    approvals: ApprovalDesk

    def quote(
        self,
        asset_ids: Sequence[AssetId],
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        deadline: datetime | None = None,
        strict: bool = True,
        principal: PrincipalId,
    ) -> Quote:
        """What bringing them back costs and how long it takes; nothing is spent."""

    def agree(self, quote_id: QuoteId, request: Request) -> list[Restore]:
        """Agree to a quote; asking again changes nothing."""

    def approve(self, approval_id: ApprovalId, decision: Decision) -> tuple[Approval, list[Restore]]:
        """An approver's yes."""

    def cancel(self, restore_id: RestoreId, *, principal: PrincipalId) -> Restore:
        """Stop waiting; raises StateConflict once it is done."""

    def price_of_change(self, restore_id: RestoreId, wanted: Wanted) -> Decimal:
        """What a longer hold or a faster tier costs; nothing is spent."""

    def change(self, restore_id: RestoreId, wanted: Wanted, request: Request) -> Restore:
        """Keep a copy longer, or make a restore faster."""

    def change_or_ask(self, restore_id: RestoreId, wanted: Wanted, request: Request) -> Restore | Approval:
        """Likewise; where the sum or a budget needs an approver, ask one."""

    def estimate(self, instance: Instance) -> tuple[RestoreState, int | None, Decimal | None]:
        """Whether the master can be read, else seconds and US dollars until it can; no network."""


class AppliedPlan(Protocol):
    """What applying a plan began."""

    @property
    def begun(self) -> int:
        """Moves that were added."""

    @property
    def running(self) -> int:
        """Copies that were being moved already."""

    @property
    def skipped(self) -> int:
        """Copies that are no longer what was planned."""

    @property
    def reserved(self) -> Decimal:
        """Money set aside for the new moves."""


class HotDesk(Protocol):
    """Keeps masters warm, and lets their copies go."""

    def keep(self, keep: Keep) -> Keep:
        """Keep something hot from now on; raises BudgetExceeded where its first copies cost too much."""

    def release(self, keep_id: KeepId, principal: PrincipalId) -> Keep:
        """Keep it no longer; raises KeepNotFound."""


class TierDesk(Protocol):
    """Plans what the lifecycle rules would move, and begins it."""

    @property
    def progress(self) -> Mapping[MoveId, int]:
        """Bytes that the steps under way have read so far."""

    def apply(self, plan_id: PlanId, *, budget: Decimal | None, principal: PrincipalId) -> AppliedPlan:
        """Begin every move of a plan; asking again begins what is missing."""

    def plan(self, *, principal: PrincipalId) -> TierPlan:
        """Say what would move, what that costs and saves, and keep it."""

    def keep(self, stop: threading.Event) -> None:
        """Work moves off until ``stop`` is set."""

    def keep_once_asked(self, stop: threading.Event) -> None:
        """Likewise, but only once moves were asked for here."""

    @property
    def hot(self) -> HotDesk:
        """Keep-hot copies."""

    def sentence(self, refusal: str | None) -> str | None:
        """Why something stays, in words."""
