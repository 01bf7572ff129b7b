"""A sorted listing cut where nothing before the cut belongs to anything behind it.

What belongs together stands close together in key order: a sidecar shares its master's name up to a dot, a
frame's successor has the next number, a card's files lie in one folder. So a location of any size is grouped
segment by segment; memory holds the largest segment (a card, a sequence), never the listing.
"""

import re
from collections.abc import Iterable, Iterator

from archive_tiering.stores.object_store import ObjectInfo
from indexer.cards import card_of
from indexer.sequences import may_be_frame
from indexer.sidecar_names import METADATA_SUFFIXES, sidecar_of
from media.formats import CAPTION_SUFFIXES, SEQUENCE_SUFFIXES, STILL_SUFFIXES, kind_of, suffix_of

_LAST = "\U0010ffff"
"""Sorts behind every character of a key."""

_NUMBERED = re.compile(r"(?P<stem>(?:.*[^0-9])?)(?P<number>[0-9]{3,})\Z", re.DOTALL)


def segments(listing: Iterable[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    """Cut a listing in key order; what is neither media, nor a sidecar, nor on a card is left out.

    Grouping each segment gives what grouping the whole listing would; a listing out of order may cut
    groups in two, and loses nothing.
    """
    segment: list[ObjectInfo] = []
    reach = ""
    for info in listing:
        key = info.key
        if segment and key > reach:
            yield segment
            segment, reach = [], ""
        mine = reach_of(key)
        if mine:
            segment.append(info)
            reach = max(reach, mine)
    if segment:
        yield segment


def reach_of(key: str) -> str:
    """The last key that may belong together with this one; empty for what belongs to nothing."""
    suffix, card = suffix_of(key), card_of(key)
    if card is not None:
        return f"{card}/{_LAST}"
    if suffix in CAPTION_SUFFIXES or suffix in METADATA_SUFFIXES:
        return f"{_shortest_owner(key)}.{_LAST}"
    if kind_of(key) is None:
        return ""
    stem = key[: -len(suffix)]
    alone = f"{stem}.{_LAST}"
    if suffix in SEQUENCE_SUFFIXES or suffix in STILL_SUFFIXES:
        return max(alone, _next_frame(stem, suffix))
    return alone


def scope_of(key: str) -> str:
    """What all keys begin with that this one's name says it may belong together with; see :func:`widened`."""
    card = card_of(key)
    if card is not None:
        return f"{card}/"
    suffix = suffix_of(key)
    if suffix in CAPTION_SUFFIXES or suffix in METADATA_SUFFIXES:
        owner = _shortest_owner(key)
        return f"{owner[: -len(suffix_of(owner))] if kind_of(owner) else owner}."
    stem = key[: len(key) - len(suffix)]
    if suffix in SEQUENCE_SUFFIXES or suffix in STILL_SUFFIXES:
        match = _NUMBERED.match(stem.rpartition("/")[2])
        if match is not None and may_be_frame(match["stem"], suffix):
            return stem[: len(stem) - len(match["number"])]
    return f"{stem}."


def widened(scope: str, keys: Iterable[str]) -> str:
    """Return the scope that what lies within this one belongs to; the same one where it is wide enough."""
    return min((scope_of(key) for key in keys), key=len, default=scope)[: len(scope)]


def _shortest_owner(key: str) -> str:
    return min((name.owner for name in sidecar_of(key)), key=len)


def _next_frame(stem: str, suffix: str) -> str:
    folder, slash, name = stem.rpartition("/")
    match = _NUMBERED.match(name)
    if match is None or not may_be_frame(match["stem"], suffix):
        return ""
    number = match["number"]
    return f"{folder}{slash}{match['stem']}{int(number) + 1:0{len(number)}}{_LAST}"
