"""What the API needs of cold storage: a small Protocol, so that tests can stand in for it."""

import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from catalog.model import Instance, Quote, Restore, RestoreState, TierPlan
from foundation.ids import AssetId, MoveId, PlanId, PrincipalId, QuoteId, RestoreId


class RestoreDesk(Protocol):
    """Quotes for masters, agrees to them, and says cheaply where a master stands."""

    def quote(
        self,
        asset_ids: Sequence[AssetId],
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        principal: PrincipalId,
    ) -> Quote:
        """What bringing them back costs and how long it takes; nothing is spent."""

    def request(self, quote_id: QuoteId, *, budget: Decimal | None = None) -> list[Restore]:
        """Agree to a quote; asking again changes nothing."""

    def cancel(self, restore_id: RestoreId) -> Restore:
        """Stop waiting; raises StateConflict once it is done."""

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

    def sentence(self, refusal: str | None) -> str | None:
        """Why something stays, in words."""
