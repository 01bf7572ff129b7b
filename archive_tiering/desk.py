"""What the API needs of tiering, put together."""

from archive_tiering.planner import Planner, Progress
from archive_tiering.refusals import REFUSALS
from catalog.model import TierPlan
from foundation.ids import LOCAL_PRINCIPAL, PrincipalId


class TieringDesk:
    """Plans by the lifecycle rules.

    Args:
        planner: Makes plans.
    """

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def plan(
        self, *, principal: PrincipalId = LOCAL_PRINCIPAL, progress: Progress = lambda scanned: None
    ) -> TierPlan:
        """Say what the rules would move, and keep it; see :meth:`Planner.plan`."""
        return self._planner.plan(principal=principal, progress=progress)

    def sentence(self, refusal: str | None) -> str | None:
        """Why something stays, in words."""
        return None if refusal is None else REFUSALS.get(refusal, refusal)
