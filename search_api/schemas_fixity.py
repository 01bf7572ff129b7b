"""Wire types of fixity: how far places are checked, findings, offers."""

from datetime import datetime

from pydantic import Field

from search_api.schemas import ASSET_ID, Money
from search_api.schemas_work import Request
from search_api.wire import Wire

FINDING_ID = "fnd_01K9X2V7QJ8M4T6W0N3B5C7D9F"


class FixityPlace(Wire):
    """How far one place is checked."""

    name: str = Field(description="A location, `derived` or `catalog`.", examples=["nas"])
    objects: int
    bytes: int
    days: int = Field(description="Everything comes up within so many days, as long as budgets allow.")
    read: int = Field(description="Objects that a full read found good within these days.")
    told: int = Field(description="Objects that only their store vouches for: asleep, or not paid for.")
    never: int = Field(description="Objects that were never read for this.")
    oldest_read_at: datetime | None = Field(
        description="Of the last good full reads, the longest ago; null while some are missing."
    )
    outcomes: dict[str, int] = Field(
        description="Objects by how their last check ended.", examples=[{"good": 120, "changed": 1}]
    )
    weight: int = Field(description="All of it as the schedule weighs it: bytes, and 64 KiB per object.")
    share: int = Field(description="What one day looks at, likewise.")
    month_bytes: int = Field(description="Read this month.")
    month_bytes_limit: int | None = Field(description="Most bytes of a month; null for no limit.")
    month_cost: Money = Field(description="Reserved for billed reads this month.")
    month_budget: Money = Field(description="Most that billed reads of a month may cost.")
    round_cost: Money = Field(description="Quote: what reading everything here once would cost.")
    round_days: int | None = Field(
        description="How long a round takes with these limits; null where nothing may be read."
    )
    open_findings: int


class FixityStatus(Wire):
    """How far every place is checked."""

    places: list[FixityPlace]


class FixityOffer(Wire):
    """Another copy with the digest on record."""

    instance: str
    location: str = Field(examples=["vault"])
    key: str
    uri: str
    asleep: bool = Field(description="It has to be restored first.")
    billed: bool = Field(description="Reading it is billed.")
    read_at: datetime | None = Field(description="When a full read last found it good.")
    commands: list[str] = Field(description="What to type where Rekindle does not write.")


class FixityFinding(Wire):
    """Bytes that are not what they were."""

    id: str = Field(examples=[FINDING_ID])
    place: str = Field(description="A location, `derived` or `catalog`.", examples=["nas"])
    key: str = Field(description="The object's path, the derived file, or what SQLite's check says.")
    uri: str
    asset: str | None = Field(examples=[ASSET_ID])
    state: str = Field(description="`found`, `confirmed`, `repaired` or `outdated`.", examples=["confirmed"])
    wrong: str = Field(examples=["Its bytes have another digest."])
    expected: str | None = Field(description="SHA-256 on record.")
    found: str | None = Field(description="SHA-256 of what was read.")
    found_at: datetime
    confirmed_at: datetime | None = Field(description="When a second read last gave the same.")
    aside: str | None = Field(description="Where the bad copy is kept since it was replaced.")
    note: str | None
    advice: str = Field(description="What a person can do.")
    offers: list[FixityOffer]


class FixityReport(Wire):
    """Places and findings."""

    places: list[FixityPlace]
    findings: list[FixityFinding]


class NewFixityStep(Request):
    """Check some objects now."""

    place: str = Field(max_length=200, description="A location, `derived` or `catalog`.", examples=["nas"])
    weight: int = Field(
        ge=0,
        le=1 << 50,
        description="How much, as the schedule weighs it, 4 GB at most; 0 only takes in what is new.",
    )
    begins: bool = Field(True, description="The first step of many: take in what is new before.")


class FixityStep(Wire):
    """What was checked; `weight` of 0 means that nothing more can be checked now."""

    place: str
    objects: int
    weight: int
    bytes: int
    outcomes: dict[str, int]
    unreachable: str | None
