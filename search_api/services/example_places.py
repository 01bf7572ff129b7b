"""Which stored vectors an example's moment stands for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from catalog.model import Asset, AssetKind, AssetTimeline, Passage
from embeddings.vector_file import VectorRow
from foundation.errors import BadExample
from foundation.timecode import SOUND_RATE, FrameRange, PtsTable, SampleRange
from search_api.schemas_examples import Example


@dataclass(frozen=True, slots=True)
class Place:
    """A moment in picture and in sound; None stands for all of it."""

    frames: FrameRange | None = None
    sound: SampleRange | None = None


def place_of(example: Example, asset: Asset, timeline: AssetTimeline | None) -> Place:
    """Where in its asset an example lies.

    Raises:
        BadExample: Frames of what has none, or a moment past the asset's end.
    """
    if all(part is None for part in (example.start, example.end, example.in_frame, example.out_frame)):
        return Place()
    if asset.kind is AssetKind.STILL:
        raise BadExample(f"{asset.name} is a still: it has no moments.", remedy="Leave the time out.")
    pts = None if timeline is None else timeline.pts
    if example.in_frame is not None or example.out_frame is not None:
        return _by_frames(example, asset, pts)
    return _by_seconds(example, asset, pts)


def _by_frames(example: Example, asset: Asset, pts: PtsTable | None) -> Place:
    if asset.kind is not AssetKind.VIDEO:
        raise BadExample(f"{asset.name} has no frames.", remedy="Give seconds.")
    first = example.in_frame if example.in_frame is not None else 0
    last = example.out_frame if example.out_frame is not None else first + 1
    _expect_inside(first, len(pts) if pts is not None else asset.technical.frames, asset)
    frames = FrameRange(first, last)
    return Place(frames, None if pts is None else pts.samples_of(frames))


def _by_seconds(example: Example, asset: Asset, pts: PtsTable | None) -> Place:
    first = floor(Fraction(example.start or 0) * SOUND_RATE)
    last = first + 1 if example.end is None else floor(Fraction(example.end) * SOUND_RATE)
    length = None if asset.duration_ms is None else asset.duration_ms * SOUND_RATE // 1000 + 1
    _expect_inside(first, length, asset)
    sound = SampleRange(first, max(last, first + 1))
    if asset.kind is AssetKind.SOUND:
        return Place(None, sound)
    return Place(None if pts is None else pts.frames_of(sound), sound)


def _expect_inside(first: int, length: int | None, asset: Asset) -> None:
    if length is not None and first >= length:
        raise BadExample(f"The moment lies past the end of {asset.name}.")


def rows_at(rows: Sequence[VectorRow], frames: FrameRange | None) -> list[int]:
    """Numbers of the picture rows that a range of frames stands for.

    Those sampled within the range; where none was, the one nearest to its middle, of a shot it touches if
    there is one.
    """
    if frames is None or not rows:
        return list(range(len(rows)))
    inside = [number for number, row in enumerate(rows) if row.position in frames]
    if inside:
        return inside
    middle = (frames.in_frame + frames.out_frame - 1) // 2
    touched = [number for number, row in enumerate(rows) if _touches(row, frames)] or list(range(len(rows)))
    return [min(touched, key=lambda number: abs(rows[number].position - middle))]


def _touches(row: VectorRow, frames: FrameRange) -> bool:
    if row.in_frame is None or row.out_frame is None:
        return False
    return row.in_frame < frames.out_frame and frames.in_frame < row.out_frame


def passages_at(passages: Sequence[Passage], sound: SampleRange | None) -> frozenset[int]:
    """Ordinals of the passages heard during a range of sound; of all passages when it is None."""
    return frozenset(
        passage.ordinal
        for passage in passages
        if sound is None or (passage.sound.start < sound.end and sound.start < passage.sound.end)
    )
