"""Wire types of near-duplicates."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from search_api.schemas import ASSET_ID, AssetRef, Range
from search_api.wire import Wire

OTHER_ID = "ast_01K9X2V7QJ8M4T6W0N3B5C7D9G"
Relation = Literal["same", "part of", "holds", "shares shots"]


class SharedRange(Wire):
    """The same pictures in both assets."""

    here: Range = Field(description="In the asset that was asked for.")
    there: Range = Field(description="In the other one.")
    score: float = Field(description="Mean likeness, 0..1.", examples=[0.994])


class DuplicateLink(Wire):
    """Another asset that shows the same pictures."""

    asset: AssetRef
    relation: Relation = Field(
        description="What the asset that was asked for is to this one.", examples=["part of"]
    )
    score: float = Field(description="Mean likeness over all ranges, 0..1.", examples=[0.994])
    decision: Literal["confirmed"] | None = Field(None, description="What a person said of the link.")
    ranges: list[SharedRange]


class BestMaster(Wire):
    """Which copy to work from."""

    asset: AssetRef
    reasons: list[str] = Field(
        description="What the others lack, most important first.",
        examples=[["the whole: 61.5 s", "the largest picture: 1920 × 1080"]],
    )


class Duplicates(Wire):
    """Near-duplicates of one asset."""

    asset: AssetRef
    best: BestMaster
    links: list[DuplicateLink]


class Pair(Wire):
    """Two linked assets."""

    first: AssetRef
    second: AssetRef
    relation: Relation = Field(description="What the first is to the second.", examples=["same"])
    score: float = Field(examples=[0.994])
    decision: Literal["confirmed"] | None = None


class PairList(Wire):
    """A page of links in order of their ends."""

    pairs: list[Pair]
    next_cursor: str | None = Field(None, description="Hand it back as `cursor` for the next page.")


class LinkDecision(BaseModel):
    """What a person says of a link."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: str = Field(max_length=64, examples=[ASSET_ID])
    other: str = Field(max_length=64, examples=[OTHER_ID])
    decision: Literal["confirmed", "rejected"] | None = Field(
        description="None leaves it to the comparison again.", examples=["rejected"]
    )


class NewComparison(BaseModel):
    """What to compare."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    again: bool = Field(False, description="Compare everything anew, not only what is due.")
