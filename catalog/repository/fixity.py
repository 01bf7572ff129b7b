"""Port to fixity: whose turn it is, what was read, what was found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from catalog.model import Checked, Finding, FindingState, FixityItem, FixityTotals, FixityUse
from foundation.ids import FindingId


class Fixity(Protocol):
    """Items take turns, whatever the clock says. A lease that ran out is somebody else's to take."""

    def enrol(self, place: str) -> tuple[int, int]:
        """Take in what is new in a place and forget what is gone; returns objects and bytes there."""

    def due(self, place: str, limit: int) -> list[FixityItem]:
        """Items that nobody works on, those whose turn is longest past first."""

    def claim(self, items: Sequence[FixityItem], owner: str, *, seconds: float) -> None:
        """Take items that :meth:`due` gave in this transaction."""

    def renew(self, owner: str, *, seconds: float) -> bool:
        """Keep the leases; False when they were lost."""

    def record(self, item: FixityItem, checked: Checked, owner: str) -> bool:
        """Write a check down and put the item last; False, and nothing is written, without the lease."""

    def release(self, owner: str) -> None:
        """Let go of what was claimed and not recorded."""

    def use(self, place: str, period: str) -> FixityUse:
        """What was read in a day or a month."""

    def last_day(self, place: str, before: str) -> tuple[str, FixityUse] | None:
        """The newest day before this one (``2026-11-05``) in which something was looked at."""

    def add_use(self, place: str, period: str, more: FixityUse) -> None:
        """Take note of reading before it is done, so that a budget is never passed."""

    def totals(self, place: str, since: datetime) -> FixityTotals:
        """How far a place is checked; what lies before ``since`` counts as too long ago."""

    def classes(self, place: str) -> dict[str, int]:
        """Bytes of a location by storage class."""

    def item(self, place: str, uri: str) -> FixityItem | None:
        """By address, as :meth:`due` would show it."""

    def put_finding(self, finding: Finding) -> Finding:
        """Take note of a finding; the open one of the same bytes is brought up to date and returned.

        Who administers the archive is told when it is confirmed, and when it was repaired.

        Raises:
            StateConflict: There is no way from its state to the new one.
        """

    def finding(self, finding_id: FindingId) -> Finding:
        """By id; raises FindingNotFound."""

    def findings(
        self, *, place: str | None = None, uri: str | None = None, states: Sequence[FindingState] = ()
    ) -> list[Finding]:
        """Newest first."""
