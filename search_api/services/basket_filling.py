"""What is put into a basket: typed moments and the clips of timelines, as assets and ranges."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.model import Asset, AssetKind, BasketItem
from catalog.repository import CatalogReader
from foundation.errors import BadRange
from foundation.ids import AssetId, BasketItemId, mint
from foundation.timecode import FrameRange, SampleRange
from search_api.schemas_timelines import Moment
from search_api.services.positions import frames_between, picture_of, samples_between
from search_api.services.timeline_resolving import Resolved
from search_api.services.timelines import Timelines


@dataclass(frozen=True, slots=True)
class Filling:
    """Things to put in, and what was not found."""

    items: tuple[BasketItem, ...]
    unresolved: tuple[str, ...] = ()


def of_moments(
    reader: CatalogReader,
    timelines: Timelines,
    assets: Sequence[Asset],
    moments: Sequence[Moment],
    label: str,
) -> Filling:
    """Typed moments, each with the asset it names.

    Raises:
        BadRange: A range is not one of its asset.
    """
    ranged = [asset for asset, moment in zip(assets, moments, strict=True) if _has_range(moment)]
    known = timelines.of(reader, ranged)
    items = []
    for asset, moment in zip(assets, moments, strict=True):
        item = _item(asset.id, label)
        if _has_range(moment):
            picture = picture_of(asset, known.get(asset.id))
            if picture is not None:
                item = replace(item, frames=frames_between(picture, moment.first, moment.last))
            else:
                item = replace(item, sound=_sound(asset, moment))
        items.append(item)
    return Filling(tuple(items))


def of_clips(clips: Sequence[Resolved], label: str) -> Filling:
    """Clips of a timeline; what was not found is told, never dropped in silence."""
    items = tuple(
        _item(clip.asset.id, label or clip.clip.name, clip.frames, clip.sound)
        for clip in clips
        if clip.asset is not None
    )
    missing = tuple(f"{clip.clip.name}: {clip.reason}" for clip in clips if clip.asset is None)
    return Filling(items, missing)


def _has_range(moment: Moment) -> bool:
    return moment.first is not None or moment.last is not None


def _sound(asset: Asset, moment: Moment) -> SampleRange:
    if asset.kind is not AssetKind.SOUND or asset.technical.samples is None:
        raise BadRange(f"{asset.name!r} has no ranges: put it in as a whole.")
    return samples_between(asset.technical.samples, moment.first, moment.last)


def _item(
    asset_id: AssetId, label: str, frames: FrameRange | None = None, sound: SampleRange | None = None
) -> BasketItem:
    return BasketItem(BasketItemId(mint("bki")), asset_id, frames, sound, label[:200])
