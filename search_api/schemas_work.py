"""Wire types of locations, index runs, people and the state of the archive."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from search_api.schemas import Money
from search_api.wire import Wire

RUN_ID = "run_01K9X2V7QJ8M4T6W0N3B5C7D9F"
QUOTE_ID = "quo_01K9X2V7QJ8M4T6W0N3B5C7D9F"


class Request(BaseModel):
    """Base of request bodies; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NewLocation(Request):
    """A root to register."""

    name: str | None = Field(
        None, min_length=1, max_length=100, description="Unique; made from the URI when missing."
    )
    uri: str = Field(
        min_length=1,
        max_length=4096,
        description="`/folder`, `vault:/folder`, `s3://…`.",
        examples=["/footage"],
    )


class Location(Wire):
    """A root that holds masters."""

    id: str
    name: str = Field(examples=["footage"])
    uri: str = Field(examples=["/footage"])
    kind: Literal["folder", "vault", "s3"]
    endpoint: str | None = Field(
        None,
        description="Address of the S3-compatible store that it lies in; null in AWS and elsewhere.",
        examples=["https://s3.example.org"],
    )
    counts_egress: bool = Field(
        False, description="What is read leaves the store's network, and is billed: indexing asks first."
    )
    created_at: datetime | None = None


class LocationList(Wire):
    """All locations by name."""

    locations: list[Location]


class NewRun(Request):
    """What to index."""

    targets: list[str] = Field(
        [], max_length=1000, description="Location names, paths or URIs; every location when empty."
    )
    cold: bool = Field(True, description="Also restore and index cold masters that have no proxy, in budget.")
    budget_usd: str | float | None = Field(
        None, description="Most this run's restores may cost; a decimal.", examples=["5.00"]
    )
    survey: bool = Field(
        False, description="Only list and catalogue what sleeps, so that it can be forecast; nothing is read."
    )
    accept_losses: bool = Field(
        False, description="Believe listings however many masters they lack; `many-missing` otherwise."
    )


class ForecastRequest(Request):
    """A cold backfill to forecast."""

    targets: list[str] = Field(
        [], max_length=1000, description="Location names, paths or URIs; every location when empty."
    )
    budget_usd: str | float | None = Field(
        None, description="Most it may cost; what it does not reach is listed apart.", examples=["200.00"]
    )


class ForecastWave(Wire):
    """Masters that are asked for together."""

    assets: int
    objects: int
    size: int = Field(description="Bytes.")
    retrieval_tier: str = Field(examples=["bulk"])
    eta_seconds: int = Field(description="Until the store has brought it back.")
    cost: Money
    split: dict[str, Money] = Field(description="Exact amounts by part of the bill.")


class ForecastRest(Wire):
    """Masters that no wave has."""

    assets: int
    size: int = Field(description="Bytes.")


class ForecastReads(Wire):
    """Masters that can be read as they are, at a cost: egress, or a class whose reads are billed."""

    assets: int
    size: int = Field(description="Bytes.")
    cost: Money


class PriceSource(Wire):
    """Where prices are from."""

    table: str
    date: str
    source: str


class Forecast(Wire):
    """What a cold backfill would cost and how long the stores take; nothing was asked of any."""

    waves: list[ForecastWave]
    assets: int
    objects: int
    size: int = Field(description="Bytes.")
    cost: Money
    currency: str = Field(examples=["USD"])
    split: dict[str, Money]
    eta_seconds: int = Field(description="All waves one after the other; looking at them comes on top.")
    days: int = Field(description="Days a restored copy is kept.")
    beyond_budget: ForecastRest
    too_large: ForecastRest = Field(description="Would not fit where masters are staged.")
    reads: ForecastReads
    coming: int = Field(description="Assets on their way already.")
    awake: int = Field(description="Assets that can be read now.")
    impossible: int = Field(description="Assets that cannot be brought back.")
    sources: list[PriceSource]


class ActiveJob(Wire):
    """What a worker does right now."""

    kind: str = Field(examples=["walk"])
    asset: str | None
    name: str | None = Field(None, description="Name of the asset.")
    stage: str | None = Field(examples=["proxy"])
    progress: float = Field(description="0..1.", examples=[0.4])


class Run(Wire):
    """An index run."""

    id: str = Field(examples=[RUN_ID])
    state: str = Field(description="`discovering`, `indexing`, `finished` or `interrupted`.")
    stage: str | None = None
    started_at: datetime
    finished_at: datetime | None
    discovered: int = Field(description="Instances found.")
    unchanged: int = Field(description="Of these, already indexed.")
    cold: int = Field(description="Of these, cold without a proxy.")
    total: int = Field(description="Jobs.")
    done: int
    failed: int = Field(description="Dead letters of this run.")
    active: list[ActiveJob] = Field(default_factory=list)


class DeadLetter(Wire):
    """Something that could not be indexed, and what to do about it."""

    uri: str
    stage: str
    code: str
    message: str
    remedy: str
    retryable: bool
    at: datetime
    asset: str | None = None


class DeadLetterList(Wire):
    """Current dead letters."""

    dead_letters: list[DeadLetter]


class PackInfo(Wire):
    """An installed model pack."""

    kind: str = Field(examples=["visual"])
    name: str = Field(examples=["starter"])
    revision: str
    active: bool
    role: Literal["serving", "trial", "former"] | None = Field(
        None, description="In use, tried beside it, or in use before it."
    )
    builtin: bool
    licence: str
    commercial_use: bool | None
    weakness: str = Field(description="A sentence where the model is known to be weak, else empty.")


class SpaceInfo(Wire):
    """One vector space of the index."""

    space: str
    points: int
    indexed: int


class Status(Wire):
    """The state of the archive."""

    home: str
    counts: dict[str, int] = Field(
        description="Assets, by kind and state.", examples=[{"assets": 12, "video": 10, "cold": 6}]
    )
    signals: dict[str, str]
    notes: list[str] = Field(
        [],
        description="What the settings ask for and cannot be done, and why.",
        examples=[["Shot size is not described: faces are off."]],
    )
    packs: list[PackInfo]
    index: list[SpaceInfo]
    behind: int = Field(description="Changes the vector index has yet to follow; 0 when it is current.")
    latest_run: Run | None
    spent_usd: Money = Field(description="Reserved and spent on restores this month.")
    budget_usd: Money
    fixity_findings: int = Field(0, description="Open findings of the fixity checks.")


class Me(Wire):
    """Who asks."""

    principal: str = Field(description="The local user's without a token.", examples=["prn_ada"])
    approver: bool = Field(description="May approve requests and set budgets.")


class Health(Wire):
    """The API answers."""

    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])
