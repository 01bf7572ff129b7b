"""Baskets: what somebody means to bring back together."""

from dataclasses import dataclass
from datetime import datetime

from foundation.ids import DEFAULT_PROJECT, AssetId, BasketId, BasketItemId, PrincipalId, ProjectId
from foundation.timecode import FrameRange, SampleRange


@dataclass(frozen=True, slots=True)
class Basket:
    """A named collection of one user; ``items`` counts them."""

    id: BasketId
    name: str
    principal: PrincipalId
    created_at: datetime
    project: ProjectId = DEFAULT_PROJECT
    items: int = 0


@dataclass(frozen=True, slots=True)
class BasketItem:
    """An asset, or a range of it.

    Attributes:
        frames: The wanted pictures; None for the whole asset, or where it has sound only.
        sound: The wanted sound of an asset without pictures.
        label: What it was put in for: a hit's words, a clip's name in a timeline.
    """

    id: BasketItemId
    asset_id: AssetId
    frames: FrameRange | None = None
    sound: SampleRange | None = None
    label: str = ""
    added_at: datetime | None = None
