"""Wire types of what people say of assets, and of rights."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from search_api.schemas_work import Request
from search_api.wire import Wire

Saying = Literal["label", "keyword", "title", "description", "creator", "place", "recorded"]
RightKind = Literal["owned", "licensed", "public domain"]
_LAST_FRAME = 1 << 40


class _Part(Request):
    """Of the whole asset, or of a range of its picture."""

    in_frame: int | None = Field(None, ge=0, le=_LAST_FRAME, description="First frame of a range.")
    out_frame: int | None = Field(None, ge=1, le=_LAST_FRAME, description="Frame after the last.")

    @model_validator(mode="after")
    def _is_a_range(self) -> "_Part":
        if (self.in_frame is None) is not (self.out_frame is None):
            raise ValueError("give both ends of the range, or neither")
        if self.in_frame is not None and self.out_frame is not None and self.in_frame >= self.out_frame:
            raise ValueError("the range ends before it starts")
        return self


class NewStatement(_Part):
    """What somebody says of an asset; only descriptions and keywords may be about a range."""

    field: Saying = Field(examples=["label"])
    value: str = Field(
        min_length=1,
        max_length=10_000,
        description="Text; for `recorded` a date as `1987`, `1987-06` or `1987-06-14`, uncertain with `?`.",
        examples=["keep-hot"],
    )
    language: str | None = Field(None, max_length=35, description="BCP-47 tag.", examples=["en"])
    supersedes: str | None = Field(
        None, max_length=64, description="Id of the statement of the same field that this one corrects."
    )

    @model_validator(mode="after")
    def _may_have_a_range(self) -> "NewStatement":
        if self.in_frame is not None and self.field not in ("description", "keyword"):
            raise ValueError(f"a {self.field} is about the whole asset")
        return self


class NewRight(_Part):
    """Somebody may show the asset; what is left out sets no bounds."""

    kind: RightKind = Field(description="What it rests on.", examples=["licensed"])
    who: str = Field("", max_length=400, description="Who may show it.", examples=["North Film"])
    territory: str = Field("", max_length=400, description="Where.", examples=["GB, IE"])
    media: str = Field("", max_length=400, description="In which media.", examples=["television"])
    valid_from: AwareDatetime | None = Field(None, description="From when on.")
    valid_until: AwareDatetime | None = Field(None, description="Until when; this moment is not part of it.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "NewRight":
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValueError("the right ends before it begins")
        return self


class NewRights(Request):
    """All rights of an asset from now on."""

    rights: list[NewRight] = Field(max_length=1000)


class Right(Wire):
    """Somebody may show the asset, and who says so."""

    kind: RightKind
    who: str = Field(examples=["North Film"])
    territory: str
    media: str
    valid_from: datetime | None
    valid_until: datetime | None
    in_frame: int | None
    out_frame: int | None
    active: bool = Field(description="It is in force now.")
    source: str = Field(description="Who says so.", examples=["person:prn_local"])
    created_at: datetime


class RightsList(Wire):
    """Rights of an asset, in the order they were given."""

    state: Literal["active", "expired", "none"] = Field(
        description="What lifecycle rules see: one is in force, there are only others, or there are none."
    )
    rights: list[Right]
