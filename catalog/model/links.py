"""Pictures that several assets share: fingerprints, and the links found by comparing them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foundation.ids import AssetId
from foundation.timecode import FrameRange


class LinkKind(StrEnum):
    """How two assets are related."""

    SAME = "same"
    PART = "part of"
    SHARES = "shares shots"


class LinkDecision(StrEnum):
    """What a person said of a link."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A Parquet file of small vectors that tell pictures apart, and what they tell of the asset as a whole.

    Attributes:
        path: Relative to the asset's folder.
        per_second: Rows per second; 0 for a still, which has one row.
        filled: Share of the frame that is picture and not bars, 0..1.
        has_colour: False where every sample is black-and-white, None where it was too dark to tell.
    """

    asset_id: AssetId
    version: str
    path: str
    sha256: str
    rows: int
    per_second: int
    filled: float
    has_colour: bool | None


@dataclass(frozen=True, slots=True)
class SharedRange:
    """The same pictures in two assets, at the same pace; ``score`` is their mean likeness, 0..1."""

    first: FrameRange
    second: FrameRange
    score: float


@dataclass(frozen=True, slots=True)
class Link:
    """Two assets that show the same pictures; ``first`` sorts before ``second``.

    Attributes:
        part: Which of the two lies whole in the other, where the kind is ``part of``.
        score: Mean likeness over all ranges, 0..1.
    """

    first: AssetId
    second: AssetId
    kind: LinkKind
    score: float
    ranges: tuple[SharedRange, ...]
    part: AssetId | None = None
    decision: LinkDecision | None = None
    found_at: datetime | None = None

    def other(self, asset_id: AssetId) -> AssetId:
        """The asset on the other end."""
        return self.second if asset_id == self.first else self.first

    def seen_from(self, asset_id: AssetId) -> tuple[tuple[FrameRange, FrameRange], ...]:
        """Ranges as (in ``asset_id``, in the other asset)."""
        if asset_id == self.first:
            return tuple((item.first, item.second) for item in self.ranges)
        return tuple((item.second, item.first) for item in self.ranges)
