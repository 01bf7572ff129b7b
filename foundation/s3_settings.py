"""Settings of S3 stores: what is general, and what holds for single locations in its place."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field


class S3Endpoint(BaseModel):
    """How an S3 store is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint_url: str | None = Field(None, description="Address of an S3-compatible store; empty for AWS.")
    region: str | None = Field(None, description="Region; boto3's own default when unset.")
    profile: str | None = Field(
        None, description="Profile of `~/.aws` with the credentials; boto3's own chain when unset."
    )
    addressing_style: Literal["path", "virtual"] | None = Field(
        None, description="Where requests name the bucket; `path` at an `endpoint_url`, when unset."
    )

    @property
    def store(self) -> str:
        """Which store this is, used as whom: only within one does a store copy objects by itself."""
        return f"{(self.endpoint_url or '').rstrip('/').lower()} {self.profile or ''}"

    @property
    def shown(self) -> str | None:
        """The address for people to read, without what may be a password in it."""
        if self.endpoint_url is None:
            return None
        parts = urlsplit(self.endpoint_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class S3PlaceSettings(S3Endpoint):
    """What holds for one location in place of what is general; what is unset is as in general."""

    price_table: Path | None = Field(None, description="In place of `tiering.price_table`.")
    count_egress: bool | None = Field(None, description="In place of `tiering.count_egress`.")


class S3Settings(S3Endpoint):
    """S3 and its look-alikes; credentials come from boto3's own chain."""

    inventories: dict[str, str] = Field(
        {},
        description="Where S3 Inventory reports of locations lie, as JSON or TOML: the location's name and "
        "`s3://bucket/prefix/source-bucket/configuration`; they are listed from the newest report.",
    )
    locations: dict[str, S3PlaceSettings] = Field(
        {},
        description="Other stores for single locations, by name, as JSON or TOML; what is unset is as in "
        "general, what is empty as boto3 has it.",
    )

    def endpoint(self, location: str) -> S3Endpoint:
        """Say how the store of a location is reached; what is empty is as boto3 has it."""
        both = [self, *filter(None, [self.locations.get(location)])]
        found = {
            name: value
            for each in both
            for name in S3Endpoint.model_fields
            if (value := getattr(each, name)) is not None
        }
        return S3Endpoint(**{name: value or None for name, value in found.items()})

    def unmatched(self, locations: Iterable[str]) -> list[str]:
        """Names that have settings here, and are of none of these locations."""
        return sorted({*self.locations, *self.inventories} - set(locations))
