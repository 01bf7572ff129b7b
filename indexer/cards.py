"""Camera cards: which files of a P2, XDCAM, XAVC or OP-Atom folder make one clip.

A clip's first part carries the picture; the others are its sound and the camera's metadata. What a card holds
besides (camera proxies, thumbnails, indexes) belongs to no clip and is left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: the key of its picture, and of all its parts with the picture first."""

    key: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """Clips, and every key that lies on a card (also those that belong to no clip)."""

    clips: tuple[Clip, ...]
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Layout:
    """A kind of card: what lies on it, and how parts name their clip (groups ``root`` and ``clip``)."""

    member: re.Pattern[str]
    picture: re.Pattern[str]
    parts: tuple[re.Pattern[str], ...]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<root>(?:.*/)?){text}\Z", re.IGNORECASE)


def _layouts() -> tuple[_Layout, ...]:
    return (
        _Layout(  # Panasonic P2
            _pattern(r"CONTENTS/(?:VIDEO|AUDIO|CLIP|ICON|PROXY|VOICE)/[^/]+"),
            _pattern(r"CONTENTS/VIDEO/(?P<clip>[^/]+)\.MXF"),
            (
                _pattern(r"CONTENTS/AUDIO/(?P<clip>[^/]+)\d\d\.MXF"),
                _pattern(r"CONTENTS/CLIP/(?P<clip>[^/]+)\.XML"),
            ),
        ),
        _Layout(  # Sony XDCAM disc, XAVC card
            _pattern(r"(?:XDROOT|M4ROOT|PROAV|BPAV)/.+"),
            _pattern(r"(?:XDROOT|M4ROOT|PROAV|BPAV)/(?:Clip|CLPR/[^/]+)/(?P<clip>[^/]+)\.(?:MXF|MP4)"),
            (_pattern(r"(?:XDROOT|M4ROOT|PROAV|BPAV)/(?:Clip|CLPR/[^/]+)/(?P<clip>[^/]+)M01\.(?:XML|XMP)"),),
        ),
        _Layout(  # Avid OP-Atom media folder
            _pattern(r"Avid MediaFiles/MXF/[^/]+/[^/]+"),
            _pattern(r"Avid MediaFiles/MXF/[^/]+/(?P<clip>[^/]+?)[._]?V\d\d[._][^/]*\.MXF"),
            (_pattern(r"Avid MediaFiles/MXF/[^/]+/(?P<clip>[^/]+?)[._]?A\d\d[._][^/]*\.MXF"),),
        ),
    )


_MAYBE = re.compile(r"(?:\A|/)(?:CONTENTS|XDROOT|M4ROOT|PROAV|BPAV|Avid MediaFiles)/", re.IGNORECASE)
_CARD = re.compile(
    r"(?P<card>(?:.*/)?(?:CONTENTS(?=/(?:VIDEO|AUDIO|CLIP|ICON|PROXY|VOICE)/[^/]+\Z)"
    r"|XDROOT|M4ROOT|PROAV|BPAV|Avid MediaFiles/MXF(?=/[^/]+/[^/]+\Z)))/.",
    re.IGNORECASE | re.DOTALL,
)


def card_of(key: str) -> str | None:
    """Return the folder of the card that a key lies on, as its path tells; None where it lies on none."""
    if _MAYBE.search(key) is None:
        return None
    match = _CARD.match(key)
    return None if match is None else match["card"]


def card_clips(keys: Iterable[str]) -> Cards:
    """Find the clips of every card in a listing."""
    keys = list(keys)
    members: set[str] = set()
    clips: list[Clip] = []
    for layout in _layouts():
        on_card = [key for key in keys if key not in members and layout.member.match(key)]
        found = _clips(layout, on_card)
        if found:
            clips += found
            members.update(on_card)
    return Cards(tuple(clips), frozenset(members))


def _clips(layout: _Layout, keys: list[str]) -> list[Clip]:
    parts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pattern in layout.parts:
        for key in keys:
            if (match := pattern.match(key)) is not None:
                parts[match["root"], match["clip"].upper()].append(key)
    pictures = {key: match for key in keys if (match := layout.picture.match(key)) is not None}
    return [
        Clip(key, (key, *sorted(parts[match["root"], match["clip"].upper()])))
        for key, match in pictures.items()
    ]
