"""What the API needs of cold storage: a small Protocol, so that tests can stand in for it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from catalog.model import Instance, Quote, Restore, RestoreState, TierPlan
from foundation.ids import AssetId, PrincipalId, QuoteId, RestoreId


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


class TierDesk(Protocol):
    """Plans what the lifecycle rules would move."""

    def plan(self, *, principal: PrincipalId) -> TierPlan:
        """Say what would move, what that costs and saves, and keep it."""

    def sentence(self, refusal: str | None) -> str | None:
        """Why something stays, in words."""
