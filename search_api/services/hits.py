"""Moments become hits: everything a page shows is read in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import (
    Asset,
    AssetKind,
    AssetTimeline,
    Cue,
    Instance,
    Rendition,
    RenditionRole,
    RestoreState,
)
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from foundation.timecode import FrameRange, SampleRange
from search_api import schemas as s
from search_api.presenters import Clock, duration_of, master_of, picture_url, proxy_url
from search_api.services.confidence import confidence_of
from search_api.services.evidence import MEANING, Evidence
from search_api.services.explain import matches_of, where_said
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
    cues: Mapping[AssetId, Sequence[Cue]]


def read_page(
    reader: CatalogReader, moments: Sequence[Moment], assets: Mapping[AssetId, Asset], timelines: Timelines
) -> Shown:
    """Read what these moments need."""
    ids = list(dict.fromkeys(moment.asset for moment in moments))
    spoken = [(item.asset, item.sound) for item in map(_spoken, moments) if item and item.sound]
    return Shown(
        assets,
        reader.assets.primary_instances(ids),
        timelines.of(reader, [assets[asset] for asset in ids]),
        reader.facts.renditions_of(ids, RenditionRole.PROXY),
        reader.facts.cues_within(spoken) if spoken else {},
    )


def hits_of(moments: Iterable[Moment], shown: Shown, restorer: RestoreDesk) -> list[s.Hit]:
    """Hits in the order of their moments."""
    return [_hit(moment, shown, restorer) for moment in moments]


def _hit(moment: Moment, shown: Shown, restorer: RestoreDesk) -> s.Hit:
    asset = shown.assets[moment.asset]
    instance = shown.instances.get(asset.id)
    place = place_of(moment, asset, shown)
    is_playable = asset.id in shown.proxies
    estimate = (RestoreState.NONE, None, None) if instance is None else restorer.estimate(instance)
    frame = next(
        (e.evidence.position for e in moment.evidence if e.evidence.position is not None), place.in_frame
    )
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
        picture=picture_url(asset.id, asset.kind, frame) if is_playable else None,
    )


def place_of(moment: Moment, asset: Asset, shown: Shown) -> s.Range:
    """Where the moment lies: the cue in which the words were said, else its span, else the whole asset."""
    clock = Clock(asset.kind, shown.timelines.get(asset.id))
    if asset.kind is AssetKind.STILL:
        return clock.range_of(None)
    said = _said(moment, shown)
    if said is not None:
        return clock.range_of(None, said)
    if moment.span is None:
        return _whole(asset, clock)
    if asset.kind is AssetKind.SOUND or clock.is_blind:
        return clock.range_of(None, SampleRange(moment.span.start, moment.span.end))
    return clock.range_of(_clamped(as_frames(moment.span), clock.frames))


def _whole(asset: Asset, clock: Clock) -> s.Range:
    if asset.kind is AssetKind.SOUND:
        return clock.range_of(None, duration_of(asset))
    return clock.range_of(FrameRange(0, clock.frames) if clock.frames else None)


def _clamped(frames: FrameRange, count: int | None) -> FrameRange:
    """Inside the picture, even if the index still knows a longer version of the asset."""
    if count is None or frames.out_frame <= count:
        return frames
    return FrameRange(min(frames.in_frame, count - 1), count)


def _spoken(moment: Moment) -> Evidence | None:
    """The words that set the moment's range, if words did."""
    first = moment.evidence[0].evidence
    return first if first.signal == "speech" and first.source != MEANING and first.sound else None


def _said(moment: Moment, shown: Shown) -> SampleRange | None:
    spoken = _spoken(moment)
    if spoken is None or spoken.sound is None:
        return None
    return where_said(spoken.highlight, shown.cues.get(moment.asset, ())) or spoken.sound
