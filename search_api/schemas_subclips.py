"""Wire types of subclips: parts of masters, fetched without the whole."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from search_api.schemas import ASSET_ID, Money
from search_api.schemas_work import QUOTE_ID
from search_api.wire import Wire

SUBCLIP_ID = "sub_01K9X2V7QJ8M4T6W0N3B5C7D9F"


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SubclipQuoteRequest(_Request):
    """A range of an asset: frame numbers, timecode labels, or seconds with an ``s`` (`12.5s`)."""

    asset: str = Field(max_length=64, examples=[ASSET_ID])
    first: int | str | None = Field(None, alias="in", description="First frame.", examples=["10:00:04:20"])
    last: int | str | None = Field(
        None, alias="out", description="Frame after the last.", examples=["10:00:14:20"]
    )
    handles: int = Field(
        0, ge=0, le=100_000, description="Frames added at either end, as far as there are any."
    )


class SubclipQuote(Wire):
    """What fetching a part of a master takes and costs; nothing of it was read."""

    id: str = Field(examples=[QUOTE_ID])
    asset: str = Field(examples=[ASSET_ID])
    in_frame: int = Field(description="First frame that was asked for, handles included.")
    out_frame: int = Field(description="Frame after the last.")
    first_frame: int = Field(description="Where the subclip will begin: the sync frame at or before it.")
    timecode: str | None = Field(description="Of that frame.", examples=["10:00:04:00"])
    bytes: int = Field(description="Bytes that will be read.", examples=[21_000_000])
    whole: int = Field(description="Bytes of the whole master.", examples=[7_200_000_000])
    requests: int = Field(description="Reads it takes.", examples=[2])
    cost: Money
    currency: str = Field(examples=["USD"])
    lines: list[dict[str, object]] = Field(description="What the cost is made of.")
    expires_at: datetime


class NewSubclip(_Request):
    """The quote that is agreed to."""

    quote: str = Field(max_length=64, examples=[QUOTE_ID])
    budget_usd: str | float | None = Field(None, description="Most that may be spent on it; a decimal.")
    project: str = Field(
        "prj_default",
        pattern=r"^prj_[A-Za-z0-9_]{1,26}$",
        description="Project whose budget it counts against.",
    )
    ask_approval: bool = Field(
        False, description="Where a budget does not suffice or the sum is too high, ask an approver."
    )


class Subclip(Wire):
    """A part of a master as a file, picture and sound as they are in the master."""

    id: str = Field(examples=[SUBCLIP_ID])
    asset: str = Field(examples=[ASSET_ID])
    in_frame: int = Field(description="Its first frame: the sync frame at or before the one asked for.")
    out_frame: int = Field(description="Frame after its last.")
    wanted_in: int = Field(description="First frame that was asked for, handles included.")
    wanted_out: int = Field(description="Frame after the last that was asked for.")
    timecode: str | None = Field(description="Of its first frame; None where the master has none.")
    read: int = Field(description="Bytes that were read of the master.")
    whole: int = Field(description="Bytes of the whole master.")
    cost: Money
    size: int = Field(description="Bytes of the subclip.")
    url: str = Field(
        description="Where it is served.", examples=[f"/v1/assets/{ASSET_ID}/subclips/{SUBCLIP_ID}"]
    )
    suggested_name: str = Field(description="File name for people.", examples=["meadow_10-00-04-00.mov"])


class SubclipList(Wire):
    """Finished subclips, the newest first."""

    subclips: list[Subclip]
