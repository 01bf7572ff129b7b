"""Moments become hits: everything a page shows is read in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import (
    Asset,
    AssetKind,
    AssetTimeline,
    Instance,
    Rendition,
    RestoreState,
)
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from foundation.timecode import FrameRange, SampleRange
from search_api import schemas as s
from search_api.presenters import Clock, duration_of, master_of, picture_url, proxy_url
from search_api.services.confidence import confidence_of
from search_api.services.evidence import MEANING
from search_api.services.explain import matches_of
from search_api.services.moments import Moment, as_frames
from search_api.services.ports import RestoreDesk
from search_api.services.timelines import Timelines


@dataclass(frozen=True, slots=True)
class Shown:
    """What the hits of one page are made of, by asset."""

    assets: Mapping[AssetId, Asset]
    instances: Mapping[AssetId, Instance]
    timelines: Mapping[AssetId, AssetTimeline]
    proxies: Mapping[AssetId, Rendition]


def read_page(
    reader: CatalogReader, moments: Sequence[Moment], assets: Mapping[AssetId, Asset], timelines: Timelines
) -> Shown:
    """Read what these moments need."""
    ids = list(dict.fromkeys(moment.asset for moment in moments))
    return Shown(
        assets,
        reader.assets.primary_instances(ids),
        timelines.of(reader, [assets[asset] for asset in ids]),
        reader.facts.playable(ids),
    )


def hits_of(moments: Iterable[Moment], shown: Shown, restorer: RestoreDesk) -> list[s.Hit]:
    """Hits in the order of their moments."""
    return [_hit(moment, shown, restorer) for moment in moments]


def _hit(moment: Moment, shown: Shown, restorer: RestoreDesk) -> s.Hit:
    asset = shown.assets[moment.asset]
    instance = shown.instances.get(asset.id)
    steps = [_step(part, asset, shown) for part in moment.steps]
    place = _across(steps) if steps else place_of(moment, asset, shown)
    is_playable = asset.id in shown.proxies
    estimate = (RestoreState.NONE, None, None) if instance is None else restorer.estimate(instance)
    return s.Hit(
        asset=s.AssetRef(
            id=asset.id,
            name=asset.name,
            uri="" if instance is None else instance.essence.uri,
            kind=asset.kind.value,
        ),
        **place.model_dump(),
        score=round(moment.score, 6),
        confidence=confidence_of(moment.sureness),
        matched=matches_of(moment.evidence),
        playback=s.Playback(url=proxy_url(asset.id) if is_playable else None, start=place.start),
        master=master_of(instance, asset, estimate),
        duplicates=len(moment.duplicates),
        also_in=[item.asset for item in moment.duplicates],
        picture=_picture(moment, asset, place) if is_playable else None,
        steps=steps,
    )


def _step(moment: Moment, asset: Asset, shown: Shown) -> s.HitStep:
    place = place_of(moment, asset, shown)
    picture = _picture(moment, asset, place) if asset.id in shown.proxies else None
    return s.HitStep(**place.model_dump(), matched=matches_of(moment.evidence), picture=picture)


def _picture(moment: Moment, asset: Asset, place: s.Range) -> str:
    positions = (item.evidence.position for item in moment.evidence)
    frame = next((position for position in positions if position is not None), place.in_frame)
    return picture_url(asset.id, asset.kind, frame)


def place_of(moment: Moment, asset: Asset, shown: Shown) -> s.Range:
    """Where a moment of one step lies: the sentence that was said, else its span, else the whole asset."""
    clock = Clock(asset.kind, shown.timelines.get(asset.id))
    if asset.kind is AssetKind.STILL:
        return clock.range_of(None)
    spoken = _spoken(moment)
    if spoken is not None:
        return clock.range_of(None, spoken)
    if moment.span is None:
        return _whole(asset, clock)
    if asset.kind is AssetKind.SOUND or clock.is_blind:
        return clock.range_of(None, SampleRange(moment.span.start, moment.span.end))
    return clock.range_of(_clamped(as_frames(moment.span), clock.frames))


def _across(places: Sequence[s.Range]) -> s.Range:
    """From the start of the first to the end of what ends last."""
    first, last = places[0], max(places, key=lambda place: place.end or 0.0)
    return s.Range(
        in_frame=first.in_frame,
        out_frame=last.out_frame,
        start=first.start,
        end=last.end,
        timecode=first.timecode,
    )


def _whole(asset: Asset, clock: Clock) -> s.Range:
    if asset.kind is AssetKind.SOUND:
        return clock.range_of(None, duration_of(asset))
    return clock.range_of(FrameRange(0, clock.frames) if clock.frames else None)


def _clamped(frames: FrameRange, count: int | None) -> FrameRange:
    """Inside the picture, even if the index still knows a longer version of the asset."""
    if count is None or frames.out_frame <= count:
        return frames
    return FrameRange(min(frames.in_frame, count - 1), count)


def _spoken(moment: Moment) -> SampleRange | None:
    """The sentences that set the moment's range, if words did."""
    first = moment.evidence[0].evidence
    return first.sound if first.signal == "speech" and first.source != MEANING else None
