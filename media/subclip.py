"""A part of a master, cut out of the bytes that hold it and rewrapped without re-encoding.

Pictures are copied as they are, so a subclip begins with a sync frame and ends where no copied picture needs
another one: its true in and out lie at or outside those that were asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from foundation.errors import CorruptMedia, NoSpace, RangeUnavailable
from foundation.timecode import FrameRange, PtsTable, label_of
from media.byte_map import ByteMap, Span, length_of
from media.tool import MediaLimits, open_master, run_reader


@dataclass(frozen=True, slots=True)
class Plan:
    """What must be read for a range.

    Attributes:
        wanted: Frames that were asked for, handles included.
        in_frame: Frame of the sync frame with which the subclip begins.
        spans: Bytes to read, in order.
    """

    wanted: FrameRange
    in_frame: int
    spans: tuple[Span, ...]

    @property
    def size(self) -> int:
        """Bytes to read."""
        return length_of(self.spans)


@dataclass(frozen=True, slots=True)
class Subclip:
    """A finished subclip.

    Attributes:
        frames: Its frames in the asset: at least those that were asked for.
        timecode: Of its first frame; None where the master has none that a file can carry.
    """

    path: Path
    frames: FrameRange
    timecode: str | None


def plan(byte_map: ByteMap, pts: PtsTable, wanted: FrameRange) -> Plan:
    """Say which bytes hold a range of frames.

    Raises:
        RangeUnavailable: No sync frame is known before it.
    """
    start = pts.first_pts + pts.ticks[wanted.in_frame]
    sync = byte_map.sync_before(start)
    first = None if sync is None else _ordinal(pts, sync)
    if sync is None or first is None:
        raise RangeUnavailable("No sync frame before the range is on record.")
    last = pts.first_pts * pts.time_base + pts.start_of(wanted.out_frame)
    return Plan(wanted, first, byte_map.needed(sync * pts.time_base, last))


def _ordinal(pts: PtsTable, stamp: int) -> int | None:
    frame = pts.frame_at((stamp - pts.first_pts) * pts.time_base)
    return frame if pts.first_pts + pts.ticks[frame] == stamp else None


def lay_out(byte_map: ByteMap, parts: Iterable[tuple[Span, Iterable[bytes]]], target: Path) -> None:
    """Put structure and parts into a file that a demuxer can open.

    Args:
        byte_map: The map of the master.
        parts: Spans with their bytes, in order.
        target: File to write; as long as the master but mostly holes where the layout is sparse.

    Raises:
        NoSpace: The disk is full.
    """
    at = 0
    try:
        with target.open("wb") as file:
            for start, end in byte_map.structure:
                if byte_map.layout == "sparse":
                    file.seek(start)
                file.write(byte_map.kept[at : at + end - start])
                at += end - start
            for (start, _), chunks in parts:
                if byte_map.layout == "sparse":
                    file.seek(start)
                file.writelines(chunks)
            if byte_map.layout == "sparse":
                file.truncate(byte_map.size)
    except OSError as error:
        raise NoSpace(
            f"A part of a master cannot be written to {target.parent}: {error.strerror}."
        ) from error


@dataclass(frozen=True, slots=True)
class Labelled:
    """How the master counts: what is needed to label a subclip.

    Attributes:
        rate: Frames per second; None where it varies.
        start: Frames since midnight of the master's first frame; None without timecode.
    """

    rate: Fraction | None
    start: int | None
    drop_frame: bool = False

    def label(self, frame: int) -> str | None:
        """Timecode of a frame."""
        if self.rate is None or self.start is None:
            return None
        return label_of(self.start + frame, self.rate, drop_frame=self.drop_frame)


def suffix_of(container: str) -> str:
    """Suffix of a subclip: QuickTime carries timecode and most codecs; Matroska stays Matroska."""
    return ".mkv" if container.startswith("matroska") else ".mov"


def cut(
    source: Path, target: Path, pts: PtsTable, wanted: Plan, labelled: Labelled, limits: MediaLimits
) -> Subclip:
    """Copy a range of pictures with their sound out of a file that :func:`lay_out` made.

    Args:
        source: The file.
        target: File to write, with the suffix of :func:`suffix_of`.
        pts: The timeline of the master.
        wanted: The range.
        labelled: How the master counts.
        limits: What the child may use.

    Raises:
        CorruptMedia: The bytes do not hold the pictures that the timeline promises.
        ToolFailed: The container cannot take them.
    """
    request = {
        "sync": pts.first_pts + pts.ticks[wanted.in_frame],
        "last": pts.first_pts + pts.ticks[wanted.wanted.out_frame - 1],
        "target": str(target),
        "timecode": labelled.label(wanted.in_frame),
        "rate": None if labelled.rate is None else str(labelled.rate),
        "max_streams": limits.max_streams,
    }
    seconds = float(pts.start_of(wanted.wanted.out_frame) - pts.start_of(wanted.in_frame))
    with open_master(source) as opened:
        made = run_reader("media.cutter", request, opened, limits=limits, seconds=seconds)
    first, last = (_ordinal(pts, int(str(made[key]))) for key in ("first", "last"))
    if first is None or last is None or last + 1 - first != made["pictures"]:
        raise CorruptMedia(
            "The part that was read does not hold the pictures it should.", remedy="Take the whole master."
        )
    return Subclip(target, FrameRange(first, last + 1), labelled.label(first))
