"""Links that follow from two others: what two assets share with a third, they share with each other. Pure.

A poor copy of footage that stands still has lost its grain, and nothing else proves where a cut-down of the
master lies in it. Both lie in the master, though, and that says where one lies in the other.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

import numpy as np

from catalog.model import Link, LinkKind
from embeddings.alignment import BESIDE, SHORTEST, Stretch
from foundation.ids import AssetId
from foundation.timecode import FrameRange
from indexer.linking import Print, linked

MOST_NEIGHBOURS = 64
"""Links of one asset that are followed, the best ones: a logo is in every programme."""

Ends = tuple[AssetId, AssetId]
Neighbours = Mapping[AssetId, Mapping[AssetId, Link]]


def neighbours_of(links: Iterable[Link]) -> Neighbours:
    """Links by both ends, the best ones of each asset."""
    found: dict[AssetId, dict[AssetId, Link]] = {}
    for link in sorted(links, key=lambda item: -item.score):
        for one in (link.first, link.second):
            mine = found.setdefault(one, {})
            if len(mine) < MOST_NEIGHBOURS:
                mine[link.other(one)] = link
    return found


def open_pairs(neighbours: Neighbours, among: Iterable[AssetId]) -> dict[Ends, list[AssetId]]:
    """Pairs that share a neighbour and no whole, with those neighbours.

    Args:
        neighbours: All links that may be followed.
        among: One of the three is in here.
    """
    wanted = set(among)
    found: dict[Ends, list[AssetId]] = {}
    for middle, ends in neighbours.items():
        for one, other in combinations(sorted(ends), 2):
            known = neighbours.get(one, {}).get(other)
            if not wanted.isdisjoint((middle, one, other)) and (
                known is None or known.kind is LinkKind.SHARES
            ):
                found.setdefault((one, other), []).append(middle)
    return found


def inferred(one: Print, other: Print, ways: Iterable[tuple[Link, Link]], known: Link | None) -> Link | None:
    """The link that follows, None where it says no more than the one known.

    Args:
        one: The end that sorts first.
        other: The other end.
        ways: Links of each with the same third asset.
        known: What their own pictures prove.
    """
    found = [link for way in ways if (link := _by(one, other, *way)) is not None]
    best = max(found, key=_length, default=None)
    is_more = best is not None and (known is None or _length(best) > _length(known))
    return best if is_more else None


def _length(link: Link) -> int:
    return sum(len(item.first) for item in link.ranges)


def _by(one: Print, other: Print, link: Link, onward: Link) -> Link | None:
    carried = [_seen(one, other, rows) for rows in _carried(one, other, link, onward)]
    return linked(one, other, _apart(item for item in carried if item is not None))


def _carried(one: Print, other: Print, link: Link, onward: Link) -> Iterator[tuple[int, int, int]]:
    """First row, row after the last and lag of what both links have in common."""
    for here, between in link.seen_from(one.asset):
        for there, beside in onward.seen_from(other.asset):
            start = max(between.in_frame, beside.in_frame)
            end = min(between.out_frame, beside.out_frame)
            if start < end:
                mine = [_at(frame, between, here) for frame in (start, end)]
                first, last = (one.row_of(frame) for frame in mine)
                yield first, last, other.row_of(_at(start, beside, there)) - first


def _at(frame: int, source: FrameRange, target: FrameRange) -> int:
    pace = len(target) / len(source)
    return target.in_frame + round((frame - source.in_frame) * pace)


def _seen(one: Print, other: Print, rows: tuple[int, int, int]) -> Stretch | None:
    """The stretch as the two fingerprints show it, at the best of three lags; None where they do not."""
    found = [_fit(one, other, rows[0], rows[1], rows[2] + by) for by in (0, -1, 1)]
    stretches = (item for item in found if item is not None)
    # Pictures that stand still are as alike at every lag: the one that was carried over is the first.
    return max(stretches, key=lambda item: round(item.score, 3), default=None)


def _fit(one: Print, other: Print, start: int, end: int, lag: int) -> Stretch | None:
    start, end = max(start, 0, -lag), min(end, len(one.vectors), len(other.vectors) - lag)
    if end - start < SHORTEST:
        return None
    rows = np.arange(start, end)
    seen = one.seen[rows] & other.seen[rows + lag]
    if seen.sum() < SHORTEST:
        return None
    score = np.einsum("ij,ij->i", one.vectors[rows[seen]], other.vectors[rows[seen] + lag])
    return Stretch(start, end - start, lag, float(score.mean())) if np.median(score) >= BESIDE else None


def _apart(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Those that take no row twice, the longest first."""
    kept: list[Stretch] = []
    for item in sorted(stretches, key=lambda item: -item.rows):
        if all(_are_apart(item, before) for before in kept):
            kept.append(item)
    return sorted(kept)


def _are_apart(one: Stretch, other: Stretch) -> bool:
    here = one.end <= other.start or other.end <= one.start
    there = one.end + one.lag <= other.start + other.lag or other.end + other.lag <= one.start + one.lag
    return here and there
