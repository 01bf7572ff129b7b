"""Wire types of trials of model packs, and of who serves."""

from typing import Literal

from pydantic import Field

from search_api.schemas import ASSET_ID
from search_api.schemas_work import Request, Run
from search_api.wire import Wire

SideBySide = Literal["visual", "text"]
"""Kinds of packs whose vectors exist side by side."""
Role = Literal["serving", "trial", "former", "kept"]


class NewTrial(Request):
    """The pack to try beside the one in use."""

    name: str = Field(min_length=1, max_length=64, description="Name of an installed pack.", examples=["b32"])


class TrialEstimate(Wire):
    """What a trial takes, said beforehand."""

    kind: SideBySide
    pack: str = Field(examples=["b32"])
    space: str = Field(examples=["visual:b32@0a1b2c3d4e5f"])
    assets: int = Field(description="Assets that are encoded; the others are already, or hold nothing.")
    vectors: int = Field(description="Vectors that are made, about.")
    file_bytes: int = Field(description="Of vector files.")
    index_bytes: int = Field(description="Of the vector index, about; twice that while it is rebuilt.")
    free_bytes: int = Field(description="On the home's disk.")


class Trial(Wire):
    """A trial under way."""

    estimate: TrialEstimate
    run: Run


class TrialEnded(Wire):
    """Nothing is tried any more."""

    kind: SideBySide
    pack: str | None = Field(description="What was on trial; None where nothing was.")


class Lacking(Wire):
    """Shots or passages of one asset without a vector."""

    asset: str = Field(examples=[ASSET_ID])
    name: str
    units: int
    why: str = Field(examples=["not encoded yet"])


class SpaceAudit(Wire):
    """One vector space held against the archive; `expected` is `encoded` plus `missing`, always."""

    kind: SideBySide
    pack: str
    space: str
    role: Role = Field(description="`kept` vectors are of packs that no longer have a part.")
    unit: Literal["shots", "passages"]
    assets: int = Field(description="Visible assets, all of them accounted for.")
    expected: int
    encoded: int
    missing: int
    excused: dict[str, int] = Field(
        description="Assets with nothing to encode, by reason.", examples=[{"a sound has no picture": 3}]
    )
    lacking: list[Lacking] = Field(description="Where vectors are missing; the first hundred.")


class PackAudit(Wire):
    """Every space of the kinds asked for."""

    spaces: list[SpaceAudit]


class SwitchRequest(Request):
    """Let the pack on trial serve."""

    force: bool = Field(False, description="Even where vectors are missing: those moments are not found.")


class Switched(Wire):
    """Who serves now."""

    kind: SideBySide
    serving: str
    former: str | None = Field(description="What `rollback` goes back to.")
    missing: int = Field(description="Shots or passages that the serving pack has no vector for.")


class Pruned(Wire):
    """Vectors that are gone."""

    spaces: list[str]
    assets: int
    bytes: int = Field(description="Of vector files; the index gives its room back when it is next rebuilt.")
