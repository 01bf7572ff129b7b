"""Ports to projects, holds, leases, tier plans and moves."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from catalog.model import Cap, Hold, Lease, Move, MoveState, PlanItem, Project, ProjectState, TierPlan
from foundation.ids import AssetId, HoldId, InstanceId, LocationId, MoveId, PlanId, PrincipalId, ProjectId


class Projects(Protocol):
    """Groups of assets and where they stand."""

    def create(self, name: str) -> Project:
        """A new, active one; raises NameTaken."""

    def get(self, name_or_id: str) -> Project:
        """By id, else by name without regard to case; raises ProjectNotFound."""

    def all(self, *, counted: bool = True) -> list[Project]:
        """All, by name; counting their assets takes long in a large archive, and may be left out (0)."""

    def set_state(self, project_id: ProjectId, state: ProjectState) -> Project:
        """Say where it stands from now on, on behalf of the transaction's principal.

        Setting the state it is in changes nothing: it has been so since it was first set.
        """

    def assign(self, project_id: ProjectId, asset_ids: Iterable[AssetId]) -> int:
        """Put assets into a project, out of the one they were in; returns how many changed."""

    def assign_below(self, project_id: ProjectId, location_id: LocationId, prefix: str) -> int:
        """Likewise all assets with a copy in this location whose path is the prefix or lies below it."""

    def of(self, asset_id: AssetId) -> Project:
        """The project of an asset; raises AssetNotFound."""


class Holds(Protocol):
    """What must stay where it is."""

    def add(self, hold: Hold) -> None:
        """Put a hold on an asset or a project."""

    def release(self, hold_id: HoldId) -> Hold:
        """End one; raises HoldNotFound. Ending it again changes nothing."""

    def active(self, asset_id: AssetId | None = None) -> list[Hold]:
        """Those that hold now, oldest first; of one asset: its own and its project's."""


class Leases(Protocol):
    """Who works with which master, and until when."""

    def take(self, lease: Lease) -> Lease:
        """Take a lease, or extend the principal's own to the later of both ends."""

    def give_back(self, asset_id: AssetId, principal: PrincipalId) -> bool:
        """End a lease; False when there was none."""

    def active(self, asset_id: AssetId | None = None) -> list[Lease]:
        """Those that run now, of one asset or all; the one that ends last first."""


SMALL = 128 * 1024
"""Bytes below which the classes for infrequent access and archives bill an object as larger than it is."""


class Placed(NamedTuple):
    """One copy as a planner sees it; a tuple, because plans stream millions. Times: seconds since 1970, UTC.

    Attributes:
        row: The copy's row, by which plan items name it.
        size: Bytes of all its objects; ``billed``: with the small ones counted as ``SMALL``.
        big: Bytes of its objects of ``SMALL`` and more; ``big_objects``: how many there are.
        asleep: An object must be restored before it is read.
        awake: A restored copy exists, or is on its way.
        is_searchable: The walk is complete and what the asset is shown by is on record.
        modified: When its newest object was written.
        since: When the bytes came into their storage class, as far as is known.
        used: Last restore or lease of the asset; None where there was none.
    """

    row: int
    instance_id: InstanceId
    asset_id: AssetId
    location_id: LocationId
    project_id: ProjectId
    name: str
    kind: str
    storage_class: str
    identity: str
    size: int
    billed: int
    objects: int
    big: int
    big_objects: int
    asleep: bool
    awake: bool
    is_available: bool
    is_searchable: bool
    modified: int
    since: int
    used: int | None


class TierPlans(Protocol):
    """Dry runs that were kept, and what they are made from."""

    def scan(self) -> Iterator[Placed]:
        """Every copy of every visible asset, streamed in the order of registration."""

    def placed(self, instance_id: InstanceId) -> Placed | None:
        """One copy, as :meth:`scan` would show it; None where it is gone or hidden."""

    def moving(self) -> frozenset[InstanceId]:
        """Copies with an active move."""

    def labelled(self, labels: Iterable[str]) -> dict[str, frozenset[AssetId]]:
        """Assets by label (``label`` and ``keyword`` of the whole asset), without regard to case."""

    def rights(self) -> dict[str, frozenset[AssetId]]:
        """Assets by ``active`` (some right is in force now) and ``expired`` (there were, none is)."""

    def restoring(self) -> frozenset[AssetId]:
        """Assets with a restore under way or a restored copy in use."""

    def put(self, plan: TierPlan) -> None:
        """Keep a plan, or replace what is known of it."""

    def add_items(self, plan_id: PlanId, items: Sequence[tuple[int, int, str, int, int, str | None]]) -> None:
        """Append items: ordinal, row of the copy, identity, size, rule, refusal."""

    def get(self, plan_id: PlanId) -> TierPlan:
        """By id; raises PlanNotFound."""

    def latest(self) -> TierPlan | None:
        """The newest complete plan."""

    def items(
        self, plan_id: PlanId, *, refused: bool | None = None, after: int = -1, limit: int = 1000
    ) -> list[PlanItem]:
        """A page in order of refused ones, moving ones or both; copies that are gone are left out."""

    def forget_before(self, when: datetime) -> int:
        """Drop plans that ran out before ``when`` and were never applied; returns how many."""


class Moves(Protocol):
    """The ledger of moves. A lease that ran out is somebody else's to take; stale owners are fenced."""

    def begin(self, wanted: Sequence[Move], caps: Sequence[Cap], month: str) -> list[Move]:
        """Reserve the money and add the moves; for a copy that moves already, its active move is returned.

        Each move has a line in the ledger, which counts against the budgets that restores keep to.

        Raises:
            BudgetExceeded: Nothing was reserved and nothing added.
        """

    def claim(self, owner: str, *, seconds: float, plan: PlanId | None = None) -> Move | None:
        """Take the oldest unfinished move that is due and that nobody works on."""

    def renew(self, move_id: MoveId, owner: str, *, seconds: float) -> bool:
        """Keep the lease; False when it was lost."""

    def update(self, move: Move, owner: str) -> bool:
        """New state and facts; False, and nothing is written, where the owner lost the lease.

        Raises:
            StateConflict: There is no way from its state to the new one.
        """

    def release(self, move_id: MoveId, owner: str) -> None:
        """Let go of a move that is not finished, for the next one to take."""

    def cancel(self, move_id: MoveId) -> Move:
        """Give up a move of which nothing was copied; giving it up again changes nothing.

        Raises:
            StateConflict: There is a copy, or somebody works on it.
        """

    def settled(self, move_ids: Iterable[str]) -> frozenset[str]:
        """Those of some ids whose copy the ledger knows as the master, or whose manifest was read."""

    def conclude(self, move: Move) -> None:
        """Write down how a move ended that this ledger knows as running, or not at all.

        Raises:
            CatalogBusy: Somebody works on it.
        """

    def get(self, move_id: MoveId) -> Move:
        """By id; raises MoveNotFound."""

    def find(
        self,
        *,
        states: Sequence[MoveState] = (),
        asset: AssetId | None = None,
        plan: PlanId | None = None,
        limit: int = 1000,
    ) -> list[Move]:
        """Newest first."""

    def counts(self, plan: PlanId | None = None) -> dict[MoveState, tuple[int, int]]:
        """How many moves, and bytes, are in each state."""

    def spent(self, month: str) -> Decimal:
        """Reserved and spent on moves in a month (``2026-11``)."""

    def reserved_by(self, plan: PlanId) -> Decimal:
        """What a plan's moves were reserved, exactly; those that gave their money back are left out."""

    def occupant(self, location_id: LocationId, name: str) -> tuple[InstanceId, AssetId] | None:
        """The copy that is on record at a place, and its asset."""

    def vacate(self, instance_id: InstanceId) -> None:
        """Forget a copy that a walk found while it was being made; its asset must have been merged."""
