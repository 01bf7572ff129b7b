"""Moments that show the same pictures in several assets become one, with the others behind it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from catalog.model import Link, LinkKind
from foundation.ids import AssetId
from foundation.timecode import FrameRange
from search_api.services.moments import Moment, Span

OVERLAP = 0.5
"""Share of the shorter moment that both must show to be one."""

_Neighbours = Mapping[AssetId, Mapping[AssetId, Link]]


def collapsed(moments: Iterable[Moment], links: Iterable[Link]) -> list[Moment]:
    """Keep the first of all moments that show the same, in order; collapsing twice changes nothing."""
    neighbours = _neighbours(links)
    kept: list[Moment] = []
    places: dict[AssetId, list[int]] = {}
    for moment in moments:
        linked = neighbours.get(moment.asset, {})
        near = [(place, link) for other, link in linked.items() for place in places.get(other, ())]
        near.sort(key=itemgetter(0))
        at = next((place for place, link in near if _is_same(kept[place], moment, link)), None)
        if at is None:
            places.setdefault(moment.asset, []).append(len(kept))
            kept.append(moment)
        else:
            kept[at] = replace(kept[at], duplicates=_joined(kept[at], moment))
    return kept


def led_by(moment: Moment, best: AssetId) -> Moment:
    """The same moment as the best of its assets shows it."""
    if moment.asset == best:
        return moment
    members = [replace(moment, duplicates=()), *moment.duplicates]
    chosen = next(item for item in members if item.asset == best)
    return replace(chosen, duplicates=tuple(item for item in members if item is not chosen))


def _neighbours(links: Iterable[Link]) -> _Neighbours:
    found: dict[AssetId, dict[AssetId, Link]] = {}
    for link in links:
        found.setdefault(link.first, {})[link.second] = link
        found.setdefault(link.second, {})[link.first] = link
    return found


def _joined(kept: Moment, moment: Moment) -> tuple[Moment, ...]:
    """One moment for each asset beside the first, the better one where there are two; best first."""
    members = (*kept.duplicates, replace(moment, duplicates=()), *moment.duplicates)
    best = {item.asset: item for item in sorted(members, key=lambda item: item.score)}
    best.pop(kept.asset, None)
    return tuple(sorted(best.values(), key=lambda item: (-item.score, item.asset)))


def _is_same(one: Moment, other: Moment, link: Link) -> bool:
    """Say whether the two ends of a link show the same pictures in these moments."""
    if one.span is None or other.span is None:
        return one.span is other.span and link.kind is LinkKind.SAME
    shared = sum(
        _common(_carried(one.span, here, there), other.span) for here, there in link.seen_from(one.asset)
    )
    return shared >= OVERLAP * min(_length(one.span), _length(other.span))


def _carried(span: Span, here: FrameRange, there: FrameRange) -> Span | None:
    """Where the part of a span that lies in one range lies in the other asset, at its rate."""
    start, end = max(span.start, here.in_frame), min(span.end, here.out_frame)
    if start >= end:
        return None
    pace = len(there) / len(here)
    return Span(
        there.in_frame + round((start - here.in_frame) * pace),
        there.in_frame + round((end - here.in_frame) * pace),
    )


def _common(one: Span | None, other: Span) -> int:
    return 0 if one is None else max(0, min(one.end, other.end) - max(one.start, other.start))


def _length(span: Span) -> int:
    return span.end - span.start


def assets_of(moments: Sequence[Moment]) -> list[AssetId]:
    """Every asset that shows one of the moments."""
    return list(dict.fromkeys(item.asset for moment in moments for item in (moment, *moment.duplicates)))
