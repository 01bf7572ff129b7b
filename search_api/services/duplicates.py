"""Near-duplicates of one asset, the group it belongs to, and the best master of that group."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from catalog.model import Asset, AssetKind, AssetState, Fingerprint, Instance, Link, LinkKind, ScreenText
from catalog.repository import CatalogReader
from foundation.ids import AssetId
from foundation.timecode import FrameRange, merge_ranges
from search_api import schemas as s
from search_api import schemas_links as sl
from search_api.presenters import Clock
from search_api.services.collapse import assets_of, collapsed, led_by
from search_api.services.masters import Copy, best_master
from search_api.services.moments import Moment
from search_api.services.timelines import Timelines

MOST_COPIES = 200
"""Copies of a group that are weighed against each other at most."""


def duplicates_of(reader: CatalogReader, asset: Asset, timelines: Timelines) -> sl.Duplicates:
    """Links of an asset, and which copy to work from."""
    found = reader.links.of(asset.id)
    ids = [asset.id, *(link.other(asset.id) for link in found)]
    assets = reader.assets.many(ids)
    refs = refs_of(reader, assets.values())
    shown = timelines.of(reader, assets.values())
    clocks = {item.id: Clock(item.kind, shown.get(item.id)) for item in assets.values()}
    return sl.Duplicates(
        asset=refs[asset.id],
        best=best_of(reader, asset),
        links=[_seen_from(asset.id, link, refs, clocks) for link in found if link.other(asset.id) in assets],
    )


def best_of(reader: CatalogReader, asset: Asset) -> sl.BestMaster:
    """The best master of the group that an asset belongs to."""
    members = reader.assets.many(group_of(reader, asset.id))
    choice = best_master(list(copies_of(reader, members.values()).values()))
    refs = refs_of(reader, [members[choice.asset]])
    return sl.BestMaster(asset=refs[choice.asset], reasons=list(choice.reasons))


def group_of(reader: CatalogReader, asset_id: AssetId) -> list[AssetId]:
    """An asset, all that show the same from end to end, their cut-downs, and what they are part of."""
    group = _same_as(reader, [asset_id])
    parts: dict[AssetId, None] = {}
    wholes: dict[AssetId, None] = {}
    for link in reader.links.among(group):
        if link.part in group:
            wholes[link.other(link.part)] = None
        elif link.part is not None:
            parts[link.part] = None
    return list(dict.fromkeys([*group, *_same_as(reader, wholes), *parts]))[:MOST_COPIES]


def _same_as(reader: CatalogReader, assets: Iterable[AssetId]) -> list[AssetId]:
    """These assets and all that show the same, by however many steps."""
    group = dict.fromkeys(assets)
    fresh = list(group)
    while fresh and len(group) < MOST_COPIES:
        found = reader.links.among(fresh)
        same = [end for link in found if link.kind is LinkKind.SAME for end in (link.first, link.second)]
        fresh = [end for end in dict.fromkeys(same) if end not in group]
        group |= dict.fromkeys(fresh)
    return list(group)


def shown_once(reader: CatalogReader, moments: Sequence[Moment]) -> list[Moment]:
    """Moments, those that show the same pictures collapsed into the first of them."""
    return collapsed(moments, reader.links.between(assets_of(moments)))


def best_first(
    reader: CatalogReader, moments: Sequence[Moment], assets: Mapping[AssetId, Asset]
) -> list[Moment]:
    """The same moments, each as the best master among its assets shows it."""
    choices = [_as_asked_for(moment) if moment.duplicates else [] for moment in moments]
    copies = copies_of(reader, (assets[asset] for asset in dict.fromkeys(chain.from_iterable(choices))))
    return [
        led_by(moment, best_master([copies[asset] for asset in chosen]).asset) if chosen else moment
        for moment, chosen in zip(moments, choices, strict=True)
    ]


def _as_asked_for(moment: Moment) -> list[AssetId]:
    """Assets that may lead: whoever asks for a file by its name gets that file, not a better copy."""
    named = {item.asset: _name_trust(item) for item in (*moment.duplicates, moment)}
    return [asset for asset, trust in named.items() if trust == max(named.values())]


def _name_trust(moment: Moment) -> float:
    names = (item.evidence.trust for item in moment.evidence if item.evidence.signal == "name")
    return max(names, default=0.0)


def copies_of(reader: CatalogReader, assets: Iterable[Asset]) -> dict[AssetId, Copy]:
    """What the choice of a master goes by, of each asset."""
    chosen = {asset.id: asset for asset in assets}
    instances = reader.assets.primary_instances(chosen)
    prints = reader.links.fingerprints_of(chosen)
    return {
        asset.id: _copy(
            asset, instances.get(asset.id), prints.get(asset.id), reader.facts.screen_text(asset.id)
        )
        for asset in chosen.values()
    }


def refs_of(reader: CatalogReader, assets: Iterable[Asset]) -> dict[AssetId, s.AssetRef]:
    """Assets, named."""
    chosen = {asset.id: asset for asset in assets}
    instances = reader.assets.primary_instances(chosen)
    return {
        asset.id: s.AssetRef(
            id=asset.id,
            name=asset.name,
            uri=instances[asset.id].essence.uri if asset.id in instances else "",
            kind=asset.kind.value,
        )
        for asset in chosen.values()
    }


def relation_of(link: Link, asset_id: AssetId) -> sl.Relation:
    """What an asset is to the other end of a link."""
    if link.kind is LinkKind.PART:
        return "part of" if link.part == asset_id else "holds"
    return "same" if link.kind is LinkKind.SAME else "shares shots"


def _seen_from(
    asset_id: AssetId, link: Link, refs: Mapping[AssetId, s.AssetRef], clocks: Mapping[AssetId, Clock]
) -> sl.DuplicateLink:
    other = link.other(asset_id)
    ranges = zip(link.seen_from(asset_id), link.ranges, strict=True)
    return sl.DuplicateLink(
        asset=refs[other],
        relation=relation_of(link, asset_id),
        score=round(link.score, 4),
        decision="confirmed" if link.decision is not None else None,
        ranges=[
            sl.SharedRange(
                here=clocks[asset_id].range_of(here),
                there=clocks[other].range_of(there),
                score=round(shared.score, 4),
            )
            for (here, there), shared in ranges
        ],
    )


def _copy(
    asset: Asset, instance: Instance | None, printed: Fingerprint | None, texts: Sequence[ScreenText]
) -> Copy:
    technical = asset.technical
    return Copy(
        asset=asset.id,
        name=asset.name,
        is_available=asset.state is AssetState.PRESENT,
        seconds=0.0 if asset.kind is AssetKind.STILL else (asset.duration_ms or 0) / 1000,
        width=technical.width,
        height=technical.height,
        filled=1.0 if printed is None else printed.filled,
        codec=technical.codec,
        size=0 if instance is None else instance.size,
        has_colour=None if printed is None else printed.has_colour,
        text_share=_share([text.frames for text in texts], technical.frames),
    )


def _share(ranges: Sequence[FrameRange], frames: int | None) -> float:
    return min(1.0, sum(len(item) for item in merge_ranges(ranges)) / frames) if frames else 0.0
