"""Wire types of baskets."""

from datetime import datetime

from pydantic import AwareDatetime, Field

from search_api.schemas import ASSET_ID, Master, Money
from search_api.schemas_restores import PROJECT, Quote
from search_api.schemas_timelines import MOST_MOMENTS, Moment, TimelineText
from search_api.schemas_work import Request
from search_api.wire import Wire


class NewItems(Request):
    """What to put into a basket: assets, ranges of them, or all that a timeline uses."""

    moments: list[Moment] = Field([], max_length=MOST_MOMENTS, description="Assets, with a range or whole.")
    timeline: TimelineText | None = Field(None, description="A timeline of an editing program.")
    label: str = Field("", max_length=200, description="What they are put in for.")


class Item(Wire):
    """One thing in a basket."""

    id: str = Field(examples=["bki_01K9X2V7QJ8M4T6W0N3B5C7D9F"])
    asset: str = Field(examples=[ASSET_ID])
    name: str
    in_frame: int | None = Field(description="None for the whole asset, and for sound.")
    out_frame: int | None
    start: float | None = Field(description="Seconds.")
    end: float | None
    label: str
    added_at: datetime | None
    size: int | None = Field(None, description="Bytes of the master; None where it has no copy.")
    master: Master | None = Field(None, description="Where it lives, and what having it back takes.")


class Basket(Wire):
    """A named collection of yours."""

    id: str
    name: str = Field(examples=["trailer"])
    items: int = Field(description="How many things are in it.")
    created_at: datetime


class BasketList(Wire):
    """Your baskets, by name."""

    baskets: list[Basket]


class BasketDetail(Basket):
    """A basket with all that is in it."""

    contents: list[Item]


class Filled(Wire):
    """What became of putting things in."""

    basket: Basket
    added: int = Field(description="Things that were not there yet.")
    unresolved: list[str] = Field(description="Clips of the timeline whose asset was not found, and why.")


class BasketQuoteRequest(Request):
    """How the masters shall come back."""

    retrieval_tier: str | None = Field(
        None, description="The cheapest that meets the deadline when missing.", examples=["bulk"]
    )
    days: int | None = Field(None, ge=1, le=365, description="Days the restored copies are kept.")
    deadline: AwareDatetime | None = Field(None, description="When the masters are needed.")


class TierOffer(Wire):
    """What one retrieval tier would mean for everything that sleeps."""

    retrieval_tier: str = Field(examples=["bulk"])
    eta_seconds: int
    cost: Money
    split: dict[str, Money] = Field(
        description="Exact: `retrieval`, `requests`, `temporary_copy`, `egress`, `early_deletion`."
    )
    in_time: bool | None = Field(description="Whether it meets the deadline; null without one.")


class Warm(Wire):
    """A master that can be read now."""

    asset: str
    uri: str
    until: datetime | None = Field(description="When its copy goes away; null: it stays, or nobody knows.")


class Coming(Wire):
    """A master that is on its way; the cost is for a longer hold or a faster tier."""

    asset: str
    uri: str
    restore: str
    eta: datetime | None
    cost: Money


class Impossible(Wire):
    """A master that cannot be brought back, and why."""

    asset: str
    name: str
    code: str
    reason: str
    remedy: str


class Unasked(Wire):
    """A copy that was passed over: its store did not say whether it sleeps. It may be awake, or cheaper."""

    asset: str
    uri: str
    code: str
    reason: str


class BasketQuote(Wire):
    """What the basket costs; agree to it by the quote's id."""

    quote: Quote = Field(description="Without `lines` of single objects.")
    gigabytes: float = Field(description="Of 2^30 bytes, to be brought back.")
    tiers: list[TierOffer]
    in_time: bool | None = Field(description="Whether what was chosen meets the deadline; null without one.")
    warm: list[Warm]
    coming: list[Coming]
    impossible: list[Impossible]
    unasked: list[Unasked]


class BasketApproval(Request):
    """Your yes to a basket's quote."""

    quote: str = Field(max_length=64)
    budget_usd: str | float | None = Field(None, description="Most that may be spent on it; a decimal.")
    project: str = Field(PROJECT, pattern=r"^prj_[A-Za-z0-9_]{1,26}$", description="Project that pays.")
    deadline: AwareDatetime | None = Field(None, description="When the masters are needed.")
