"""What the API needs of tiering, put together."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from archive_tiering.hot.copies import HotCopies
from archive_tiering.moves.applier import Applied, Applier
from archive_tiering.moves.mover import Mover
from archive_tiering.moves.planner import Planner, Progress
from archive_tiering.rules.refusals import REFUSALS
from catalog.model import TierPlan
from foundation.ids import LOCAL_PRINCIPAL, MoveId, PlanId, PrincipalId

_LOOK_SECONDS = 0.2
"""How soon a plan that was agreed to is noticed by a process that moves nothing unasked."""


@dataclass(frozen=True, slots=True)
class TieringDesk:
    """Plans by the lifecycle rules, and the moves that they begin.

    Attributes:
        planner: Makes plans.
        applier: Puts a plan's moves into the ledger.
        mover: Works the ledger off.
        hot: Looks after keep-hot copies.
        asked: Set once this process was asked to apply a plan, or to keep something hot.
    """

    planner: Planner
    applier: Applier
    mover: Mover
    hot: HotCopies
    asked: threading.Event

    def plan(
        self, *, principal: PrincipalId = LOCAL_PRINCIPAL, progress: Progress = lambda scanned: None
    ) -> TierPlan:
        """Say what the rules would move, and keep it; see :meth:`Planner.plan`."""
        return self.planner.plan(principal=principal, progress=progress)

    def apply(
        self, plan_id: PlanId, *, budget: Decimal | None = None, principal: PrincipalId = LOCAL_PRINCIPAL
    ) -> Applied:
        """Begin every move of a plan; see :meth:`Applier.apply`."""
        applied = self.applier.apply(plan_id, budget=budget, principal=principal)
        self.asked.set()
        return applied

    def keep(self, stop: threading.Event) -> None:
        """Work moves off, and look after hot copies, until ``stop`` is set."""
        self.mover.keep(stop, self.hot.look)

    def keep_once_asked(self, stop: threading.Event) -> None:
        """Move nothing before it was asked for here; then work moves off until ``stop`` is set."""
        while not self.asked.is_set():
            if stop.wait(_LOOK_SECONDS):
                return
        self.keep(stop)

    @property
    def progress(self) -> Mapping[MoveId, int]:
        """Bytes that the steps under way have read so far."""
        return self.mover.progress

    def sentence(self, refusal: str | None) -> str | None:
        """Why something stays, in words."""
        return None if refusal is None else REFUSALS.get(refusal, refusal)
