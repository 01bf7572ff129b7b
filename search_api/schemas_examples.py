"""Wire types of a search by example."""

import base64
from typing import Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator

from search_api.schemas import ASSET_ID, SearchRequest, Words

MOST_EXAMPLES = 50
"""Examples of either side: a page of hits, each judged."""


class Example(BaseModel):
    """A moment of the archive, or a picture from outside.

    A moment is an ``asset`` with seconds or frames. Either end may be left out; without both, the whole
    asset counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    asset: str | None = Field(None, max_length=64, description="Id of the asset.", examples=[ASSET_ID])
    start: float | None = Field(None, ge=0, le=1e9, description="Seconds.", examples=[12.48])
    end: float | None = Field(None, ge=0, le=1e9, description="Seconds.", examples=[19.2])
    in_frame: int | None = Field(None, ge=0, le=1 << 40, description="First frame, in place of seconds.")
    out_frame: int | None = Field(None, ge=1, le=1 << 40, description="Frame after the last.")
    picture: Base64Bytes | None = Field(
        None, description="A JPEG, PNG, TIFF or WebP file in base64, in place of an asset."
    )

    @classmethod
    def of_picture(cls, data: bytes) -> Self:
        """Wrap the bytes of a picture file."""
        return cls(picture=base64.b64encode(data))

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        seconds, frames = (self.start, self.end), (self.in_frame, self.out_frame)
        if (self.asset is None) == (self.picture is None):
            raise ValueError("give either an asset or a picture")
        if self.picture is not None and any(part is not None for part in (*seconds, *frames)):
            raise ValueError("a picture has no time")
        if any(part is not None for part in seconds) and any(part is not None for part in frames):
            raise ValueError("give either seconds or frames")
        for first, last in (seconds, frames):
            if first is not None and last is not None and first >= last:
                raise ValueError("the moment ends before it starts")
        return self


class ExampleRequest(SearchRequest):
    """A search by example: what it should be like, what not, and words and filters beside it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "q": "at night",
                    "like": [{"asset": ASSET_ID, "start": 12.48}],
                    "unlike": [{"asset": ASSET_ID, "in_frame": 312, "out_frame": 480}],
                    "unlike_text": ["people"],
                }
            ]
        }
    )

    like: list[Example] = Field(
        [], max_length=MOST_EXAMPLES, description="It should look or sound like these."
    )
    unlike: list[Example] = Field([], max_length=MOST_EXAMPLES, description="It should not be like these.")
    unlike_text: Words = Field(
        [], max_length=MOST_EXAMPLES, description="Descriptions of what it should not be like."
    )
