"""Wire types of projects, holds, leases, tier plans and moves."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from search_api.schemas import ASSET_ID, Money
from search_api.schemas_work import Request
from search_api.wire import Wire

PROJECT_ID = "prj_01K9X2V7QJ8M4T6W0N3B5C7D9F"
PLAN_ID = "pln_01K9X2V7QJ8M4T6W0N3B5C7D9F"
State = Literal["active", "wrapped", "on hold"]


class NewProject(Request):
    """A project to make."""

    name: str = Field(min_length=1, max_length=200, examples=["The Long Night"])


class NewState(Request):
    """Where a project stands from now on."""

    state: State = Field(examples=["wrapped"])


class Assignment(Request):
    """Assets to put into a project: by id, or all with a copy below a path of a location."""

    assets: list[str] = Field([], max_length=100_000, examples=[[ASSET_ID]])
    location: str | None = Field(None, max_length=200, description="Name of a location.", examples=["nas"])
    path: str = Field(
        "",
        max_length=4096,
        description="Path within that location; all of it when empty.",
        examples=["north/"],
    )


class Project(Wire):
    """A group of assets."""

    id: str = Field(examples=[PROJECT_ID])
    name: str = Field(examples=["The Long Night"])
    state: State
    state_at: datetime = Field(description="Since when.")
    state_by: str = Field(description="Who put it there.")
    assets: int = Field(description="How many assets it has.")
    created_at: datetime


class ProjectList(Wire):
    """Projects by name."""

    projects: list[Project]


class Assigned(Wire):
    """What an assignment did."""

    project: Project
    changed: int = Field(description="Assets that were in another project.")


class NewHold(Request):
    """What must stay where it is: one asset, or a project with all its assets."""

    asset: str | None = Field(None, max_length=64, examples=[ASSET_ID])
    project: str | None = Field(None, max_length=200, description="Name or id.")
    reason: str = Field(min_length=1, max_length=2000, examples=["litigation"])
    until: AwareDatetime | None = Field(None, description="When it ends by itself; never when missing.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewHold":
        if (self.asset is None) is (self.project is None):
            raise ValueError("name either an asset or a project")
        return self


class Hold(Wire):
    """Something that stays where it is."""

    id: str
    asset: str | None
    project: str | None = Field(description="Id of the project.")
    reason: str
    principal: str
    created_at: datetime
    until: datetime | None
    released_at: datetime | None = None


class HoldList(Wire):
    """Holds in force, oldest first."""

    holds: list[Hold]


class NewKeep(Request):
    """What shall have a copy that can be read at once: one asset, or a project with all its assets."""

    asset: str | None = Field(None, max_length=64, examples=[ASSET_ID])
    project: str | None = Field(None, max_length=200, description="Name or id.")
    location: str = Field(max_length=200, description="Where the copies lie; not a vault.", examples=["ssd"])
    reason: str = Field("", max_length=2000, examples=["anniversary in May"])
    until: AwareDatetime | None = Field(None, description="When it ends by itself; never when missing.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "NewKeep":
        if (self.asset is None) is (self.project is None):
            raise ValueError("name either an asset or a project")
        return self


class Keep(Wire):
    """Something that is kept hot, and how far that is."""

    id: str
    asset: str | None
    project: str | None = Field(description="Id of the project.")
    name: str = Field(description="Of the asset, or of the project.", examples=["spot-3301.mov"])
    location: str = Field(description="Name of the location where the copies lie.")
    reason: str
    principal: str
    created_at: datetime
    until: datetime | None
    released_at: datetime | None = None
    assets: int = Field(description="How many assets it covers.")
    hot: int = Field(description="That have a copy there.")
    copying: int = Field(description="That are being copied there.")
    asleep: int = Field(description="That sleep, and are copied once somebody brings them back.")


class KeepList(Wire):
    """Keeps in force, oldest first; and copies that nothing keeps any more."""

    keeps: list[Keep]
    leaving: int = Field(description="Copies that nothing keeps and that have yet to go.")
    staying: list[str] = Field(description="Why some of those could not go, each reason once.")


class NewLease(Request):
    """Somebody begins to work with a master."""

    asset: str = Field(max_length=64, examples=[ASSET_ID])
    until: AwareDatetime = Field(description="It is not moved before then.")
    reason: str = Field("", max_length=2000, examples=["conform"])


class Lease(Wire):
    """Somebody works with a master."""

    id: str
    asset: str
    principal: str
    until: datetime
    reason: str
    created_at: datetime


class LeaseList(Wire):
    """Leases in force, the one that ends last first."""

    leases: list[Lease]


class PlanCharge(Wire):
    """One line of a bill; exact."""

    what: str = Field(examples=["writing objects"])
    storage_class: str
    quantity: Money
    unit: str
    price: Money
    amount: Money


class PlanRoute(Wire):
    """Copies that one rule moves from one class to another."""

    rule: str = Field(examples=["wrapped productions"])
    line: int = Field(description="Line of the rules' file.")
    from_location: str
    from_class: str
    to_location: str
    to_class: str
    way: Literal["tag", "in place", "store copy", "across"]
    copies: int
    objects: int
    bytes: int
    examples: list[str]
    monthly_before: Money
    monthly_after: Money
    saving: Money = Field(description="Per month.")
    cost: Money = Field(description="Once.")
    early_deletion: Money = Field(description="Part of the cost.")
    break_even_months: Money | None = Field(description="None where it never pays back.")
    charges: list[PlanCharge]


class PlanRefusal(Wire):
    """Copies that a rule chose and that stay nevertheless."""

    rule: str
    line: int
    reason: str = Field(examples=["held"])
    sentence: str
    copies: int
    bytes: int
    examples: list[str]


class TierPlan(Wire):
    """What the lifecycle rules would move; kept under its id until it runs out."""

    id: str = Field(examples=[PLAN_ID])
    created_at: datetime
    expires_at: datetime
    applied_at: datetime | None
    scanned: int = Field(description="Copies that were looked at.")
    moving: int
    refused: int
    bytes: int
    cost: Money = Field(description="Once, all moves together.")
    saving: Money = Field(description="Per month; negative where it costs more.")
    currency: str
    break_even_months: Money | None
    routes: list[PlanRoute]
    refusals: list[PlanRefusal]
    notices: list[str]
    prices: list[dict[str, str]]


class PlanItem(Wire):
    """One copy that a rule chose."""

    ordinal: int
    asset: str
    instance: str
    name: str
    bytes: int
    rule: str
    line: int
    reason: str | None = Field(description="Why it stays; None where it moves.")
    sentence: str | None


class PlanItemPage(Wire):
    """A page of a plan's items; `after` of the next page is the last ordinal."""

    items: list[PlanItem]


class NewApply(Request):
    """A plan that is agreed to."""

    budget_usd: str | float | None = Field(
        None, description="Most it may cost; a decimal. The month's budget holds besides."
    )


class Applied(Wire):
    """What applying a plan began."""

    plan: str = Field(examples=[PLAN_ID])
    begun: int = Field(description="Moves that were added.")
    running: int = Field(description="Copies that were being moved already.")
    skipped: int = Field(description="Copies that are no longer what was planned, or must stay by now.")
    reserved_usd: Money = Field(description="Set aside for the new moves.")


class Move(Wire):
    """One copy on its way to another storage class or location."""

    id: str
    asset: str
    plan: str | None
    name: str = Field(description="Path of its first object.")
    from_location: str
    from_class: str
    to_location: str
    to_class: str
    way: str
    state: str = Field(examples=["copying"])
    bytes: int
    bytes_done: int = Field(description="Bytes that the step under way has read, where this process does it.")
    cost: Money
    currency: str
    rule: str
    line: int
    verified: list[str] = Field(description="How the copies were verified.")
    manifest: str | None
    error: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class MoveList(Wire):
    """Moves, newest first."""

    moves: list[Move]


class MoveCount(Wire):
    """Moves in one state."""

    state: str = Field(examples=["done"])
    moves: int
    bytes: int


class TierStatus(Wire):
    """How far moves are."""

    counts: list[MoveCount]
    unfinished: int
    bytes_total: int
    bytes_done: int = Field(description="Bytes of finished moves, and of those whose copy is the master.")
    spent_usd: Money = Field(description="Reserved and spent on moves this month.")
    budget_usd: Money = Field(description="The month's budget, for moves and all else that costs.")
