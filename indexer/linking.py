"""What the stretches that two fingerprints share make of their assets. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.model import Link, LinkKind, SharedRange
from embeddings.alignment import LIKE_STILL, Stretch, Track, align
from embeddings.encoder import Vectors
from foundation.ids import AssetId
from foundation.timecode import FrameRange

WHOLE = 0.9
"""Share of an asset's pictures from which it counts as wholly contained in another one."""

ALIKE_ENOUGH = 0.98
"""Cosine from which a picture adds nothing to the one before it, when likely pairs are looked for."""


@dataclass(frozen=True, slots=True)
class Print:
    """A fingerprint in memory.

    Attributes:
        vectors: [rows, dim]; zero where a picture has no contrast.
        grain: [rows, dim], change of fine detail since the row before; None where nobody looked.
        frames: Frame behind each row, ascending.
        is_still: It has one row and no time.
    """

    asset: AssetId
    vectors: Vectors
    frames: Sequence[int]
    is_still: bool
    grain: Vectors | None = None

    def frames_of(self, start: int, end: int) -> FrameRange:
        """Frames behind rows [start, end)."""
        step = max(1, self.frames[-1] - self.frames[-2]) if len(self.frames) > 1 else 1
        out = self.frames[end] if end < len(self.frames) else self.frames[-1] + step
        return FrameRange(self.frames[start], max(out, self.frames[start] + 1))

    def row_of(self, frame: int) -> int:
        """The first row at or after a frame."""
        return bisect_left(self.frames, frame)

    @property
    def track(self) -> Track:
        """What it is aligned by."""
        return Track.of(self.vectors, self.grain)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Rows of pictures with contrast."""
        return np.asarray(np.abs(self.vectors).sum(axis=1) > 0, dtype=np.bool_)


def link_of(one: Print, other: Print) -> Link | None:
    """The link between two assets, None where they share nothing that can be told."""
    first, second = sorted((one, other), key=lambda item: item.asset)
    if first.is_still != second.is_still or not (len(first.vectors) and len(second.vectors)):
        return None
    stretches = _still(first, second) if first.is_still else align(first.track, second.track)
    return linked(first, second, stretches)


def linked(first: Print, second: Print, stretches: Sequence[Stretch]) -> Link | None:
    """The link that stretches make; ``first`` sorts before ``second``. None for no stretch."""
    if not stretches:
        return None
    whole_first = _share(first, [(item.start, item.end) for item in stretches]) >= WHOLE
    whole_second = _share(second, [(item.start + item.lag, item.end + item.lag) for item in stretches])
    kind, part = _relation(first, second, whole_first=whole_first, whole_second=whole_second >= WHOLE)
    rows = sum(item.rows for item in stretches)
    return Link(
        first=first.asset,
        second=second.asset,
        kind=kind,
        score=min(1.0, sum(item.score * item.rows for item in stretches) / rows),
        ranges=tuple(_shared(first, second, item) for item in stretches),
        part=part,
    )


def telling_rows(item: Print, step: int) -> NDArray[np.int64]:
    """Every ``step``-th row that has contrast and differs from the one taken before it."""
    kept: list[int] = []
    for row in np.flatnonzero(item.seen)[::step].tolist():
        if not kept or float(item.vectors[kept[-1]] @ item.vectors[row]) < ALIKE_ENOUGH:
            kept.append(row)
    return np.asarray(kept, np.int64)


def _still(first: Print, second: Print) -> list[Stretch]:
    score = float(first.vectors[0] @ second.vectors[0])
    return [Stretch(0, 1, 0, score)] if score >= LIKE_STILL else []


def _relation(
    first: Print, second: Print, *, whole_first: bool, whole_second: bool
) -> tuple[LinkKind, AssetId | None]:
    if whole_first and whole_second:
        return LinkKind.SAME, None
    if whole_first or whole_second:
        return LinkKind.PART, first.asset if whole_first else second.asset
    return LinkKind.SHARES, None


def _share(item: Print, ranges: Sequence[tuple[int, int]]) -> float:
    """Share of the pictures with contrast that lie in the ranges of rows."""
    covered = np.zeros(len(item.vectors), bool)
    for start, end in ranges:
        covered[start:end] = True
    return float(covered[item.seen].mean()) if item.seen.any() else 0.0


def _shared(first: Print, second: Print, item: Stretch) -> SharedRange:
    there = second.frames_of(item.start + item.lag, item.end + item.lag)
    return SharedRange(first.frames_of(item.start, item.end), there, min(1.0, item.score))
