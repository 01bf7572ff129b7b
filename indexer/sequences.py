"""Numbered pictures that are frames of one film, told apart from photographs."""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import PurePosixPath
from statistics import median

from archive_tiering.stores.object_store import ObjectInfo
from media.formats import SEQUENCE_SUFFIXES, STILL_SUFFIXES

MIN_FRAMES = 24
"""Fewest consecutive JPEG, PNG or TIFF files that are taken for a film: a second of it."""

MOST_CHANGE = 0.1
"""Typical change of size from one frame to the next, at most; photographs differ more than that."""

_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d{3,})\Z")
_CAMERA = re.compile(r"(img|_?mg|dsc|dscf|dscn|pxl|dji|gopr|p\d|pict|cimg|sam|scan)[_-]?\Z", re.IGNORECASE)
"""Names still cameras and scanners count with (JEITA DCF and common makers)."""


def sequences(listing: Iterable[ObjectInfo]) -> list[list[ObjectInfo]]:
    """Runs of consecutive frames, each in frame order.

    DPX and EXR are always frames. JPEG, PNG and TIFF are when at least :data:`MIN_FRAMES` follow each other
    without a gap, their name is not one that still cameras give, and neighbours are about the same size.
    """
    runs: list[list[ObjectInfo]] = []
    for (_, stem, suffix, _), numbered in _by_pattern(listing).items():
        always = suffix in SEQUENCE_SUFFIXES
        found = _consecutive(sorted(numbered))
        runs += found if always else [run for run in found if _is_film(stem, run)]
    return runs


def may_be_frame(stem: str, suffix: str) -> bool:
    """Say whether a numbered picture may be a frame, by its name without number and its suffix alone."""
    return suffix in SEQUENCE_SUFFIXES or _CAMERA.match(stem) is None


def _is_film(stem: str, run: list[ObjectInfo]) -> bool:
    if len(run) < MIN_FRAMES or _CAMERA.match(stem):
        return False
    steps = (abs(after.size - before.size) / max(before.size, 1) for before, after in pairwise(run))
    return median(steps) <= MOST_CHANGE


_Pattern = tuple[str, str, str, int]


def _by_pattern(listing: Iterable[ObjectInfo]) -> dict[_Pattern, list[tuple[int, str, ObjectInfo]]]:
    found: dict[_Pattern, list[tuple[int, str, ObjectInfo]]] = defaultdict(list)
    for info in listing:
        path = PurePosixPath(info.key)
        suffix = path.suffix.lower()
        match = _NUMBERED.match(path.stem)
        if match and (suffix in SEQUENCE_SUFFIXES or suffix in STILL_SUFFIXES):
            pattern = (str(path.parent), match["stem"], suffix, len(match["number"]))
            found[pattern].append((int(match["number"]), info.key, info))
    return found


def _consecutive(numbered: list[tuple[int, str, ObjectInfo]]) -> list[list[ObjectInfo]]:
    runs: list[list[ObjectInfo]] = []
    last: int | None = None
    for number, _, info in numbered:
        if last is None or number != last + 1:
            runs.append([])
        runs[-1].append(info)
        last = number
    return runs
