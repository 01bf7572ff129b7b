"""Essence → facts: what a file holds, how its time runs, whether all of it is there."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from typing import Any, Literal

from foundation.errors import BadTimecode, CorruptMedia, NotMedia, TruncatedMedia
from foundation.timecode import SOUND_RATE, PtsTable, count_of, label_of
from media.sniff import HEAD_BYTES, Essence, announced_size, moov_is_missing, sniff
from media.tool import MediaLimits, OpenMaster, open_master, run_reader

Kind = Literal["video", "still", "sound"]

STANDARD_RATES = tuple(
    Fraction(rate)
    for rate in (
        *(8, 10, 12, 15, "24000/1001", 24, 25, "30000/1001", 30, "48000/1001", 48, 50, "60000/1001", 60),
        *(100, "120000/1001", 120, 240),
    )
)
"""Rates a constant one is taken for when its stamps fit (containers round stamps, and so their averages)."""

_ANNOUNCES_LENGTH = {"matroska", "avi", "mxf", "flac", "aiff"}
_FIELD_ORDERS = {2: "top first", 3: "bottom first", 4: "top first", 5: "bottom first"}
_TICKS_THAT_ROUND = 8
"""Where a frame has fewer ticks, a tick is no rounding error but a missing frame."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One elementary stream; ``index`` is its position in the file."""

    index: int
    kind: str
    codec: str
    language: str | None = None
    title: str | None = None
    channels: int | None = None
    layout: str | None = None
    sample_rate: int | None = None
    dispositions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Facts of one file.

    Attributes:
        kind: What the essence is.
        container: ffmpeg's or Pillow's name of the format.
        codec: Codec of the picture, else of the sound.
        duration_ms: Length in milliseconds; 0 for stills.
        size: Bytes of the file.
        streams: All elementary streams.
        picture: Index of the picture stream that is used.
        sound: Index of the sound stream that is used.
        pts: When each presented frame starts; None without picture. Provisional: a decoder may present
            fewer frames, see :class:`media.proxy.ProxyResult`.
        origin: Seconds on the master's clock that ffmpeg takes for zero.
        exact_times: The container stamps every frame; else ``pts`` assumes a constant rate.
        rate: Frames per second, rational; the average where it varies.
        variable_rate: Frames do not fall on a constant grid.
        width: Width in square pixels as displayed (after rotation and pixel aspect).
        height: Height as displayed.
        coded_width: Width as stored.
        coded_height: Height as stored.
        rotation: Degrees the decoder's picture is turned counter-clockwise for display: 0, 90, 180, 270.
        field_order: None for progressive, else ``top first``, ``bottom first`` or ``interlaced``.
        pixel_format: ffmpeg's name.
        depth: Bits per component.
        alpha: There is an alpha channel.
        colour: primaries, transfer, matrix, range where they are tagged.
        start_timecode: SMPTE label of frame 0; None where there is none that the rate can carry.
        drop_frame: The label counts drop-frame.
        caption_streams: Indexes of text subtitle streams.
        sync_frames: (frame ordinal, byte offset) of the codec's sync frames, in order; offset -1 if unknown.
        tags: The container's own metadata, keys in lower case.
        stretches: (second on the master's own clock, spans of bytes [start, end)) that hold its essence.
    """

    kind: Kind
    container: str
    codec: str
    duration_ms: int
    size: int
    streams: tuple[StreamInfo, ...] = ()
    picture: int | None = None
    sound: int | None = None
    pts: PtsTable | None = None
    exact_times: bool = True
    origin: Fraction = Fraction(0)
    rate: Fraction | None = None
    variable_rate: bool = False
    width: int | None = None
    height: int | None = None
    coded_width: int | None = None
    coded_height: int | None = None
    rotation: int = 0
    field_order: str | None = None
    pixel_format: str | None = None
    depth: int = 8
    alpha: bool = False
    colour: Mapping[str, str] = field(default_factory=dict)
    start_timecode: str | None = None
    drop_frame: bool = False
    caption_streams: tuple[int, ...] = ()
    sync_frames: tuple[tuple[int, int], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    stretches: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = ()

    @property
    def frames(self) -> int | None:
        """Presented frames, as far as the packets tell."""
        return None if self.pts is None else len(self.pts)

    @property
    def samples(self) -> int | None:
        """Length of the sound on the 48 kHz clock; None without sound."""
        return None if self.sound is None else self.duration_ms * SOUND_RATE // 1000

    @property
    def high_dynamic_range(self) -> bool:
        """The picture is graded for PQ or HLG displays."""
        return self.colour.get("transfer") in ("smpte2084", "arib_std_b67")


def probe(path: Path, limits: MediaLimits) -> MediaInfo:
    """Find out what a file holds; reads all its packets, decodes only the first frames.

    Args:
        path: A regular file; its name plays no part but in messages.
        limits: What the decoder child may use.

    Returns:
        Its facts.

    Raises:
        MediaError: The leaf that says what is wrong with the file.
        StorageError: It cannot be read, or changed meanwhile.
        ToolError: The decoder child crashed or hung.
    """
    with open_master(path) as master:
        head = os.pread(master.fd, HEAD_BYTES, 0)
        if sniff(head, path.name, master.size) is Essence.STILL:
            return _still(master, limits)
        return _stream(master, head, limits)


def _still(master: OpenMaster, limits: MediaLimits) -> MediaInfo:
    request = {"what": "facts"}
    facts: dict[str, Any] = run_reader("media.picture_file", request, master, limits=limits, seconds=None)
    return MediaInfo(
        kind="still",
        container=facts["format"],
        codec=facts["format"],
        duration_ms=0,
        size=master.size,
        width=facts["width"],
        height=facts["height"],
        coded_width=facts["width"],
        coded_height=facts["height"],
        pixel_format=facts["mode"],
        alpha=facts["alpha"],
        tags=facts["tags"],
    )


def _stream(master: OpenMaster, head: bytes, limits: MediaLimits) -> MediaInfo:
    request = {"what": "probe", "max_streams": limits.max_streams}
    try:
        facts: dict[str, Any] = run_reader("media.reader", request, master, limits=limits, seconds=None)
    except NotMedia as error:
        if moov_is_missing(head):
            name = master.path.name
            raise TruncatedMedia(
                f"{name!r} ends before its index (moov): nothing in it can be found."
            ) from error
        raise
    _check_complete(facts, master, announced_size(head))
    return _with_picture(facts, master) if facts["picture"] is not None else _sound_only(facts, master)


def _check_complete(facts: Mapping[str, Any], master: OpenMaster, container_size: int | None) -> None:
    name = master.path.name
    missing = max(facts["index_end"], container_size or 0) - master.size
    if missing > 1:  # one: the pad byte that RIFF writers forget
        raise TruncatedMedia(f"{name!r} lacks at least {missing:,} bytes that it announces.")
    if not facts["ends"]:
        raise CorruptMedia(f"{name!r} announces streams, and holds no packet of them.")
    announced = (facts["duration"] or 0) / 1e6 + float(Fraction(facts["origin"]))
    end = max(facts["ends"].values())
    if _family(facts) in _ANNOUNCES_LENGTH and announced - end > max(0.5, announced * 0.02):
        leaf = TruncatedMedia if container_size is None else CorruptMedia
        raise leaf(f"{name!r} can be read up to {end:.1f} of {announced:.1f} seconds.")


def _family(facts: Mapping[str, Any]) -> str:
    return str(facts["container"]).split(",", maxsplit=1)[0]


def _sound_only(facts: Mapping[str, Any], master: OpenMaster) -> MediaInfo:
    return MediaInfo(
        kind="sound",
        codec=facts["streams"][facts["sound"]]["codec"],
        duration_ms=round(facts["ends"][str(facts["sound"])] * 1000),
        **_common(facts, master),
    )


def _common(facts: Mapping[str, Any], master: OpenMaster) -> dict[str, Any]:
    return {
        "container": facts["container"],
        "size": master.size,
        "streams": tuple(_stream_info(s) for s in facts["streams"]),
        "picture": facts["picture"],
        "sound": facts["sound"],
        "origin": Fraction(facts["origin"]),
        "caption_streams": tuple(s["index"] for s in facts["streams"] if s["text"]),
        "tags": facts["tags"],
        "stretches": tuple(
            (second, tuple((start, end) for start, end in spans)) for second, spans in facts["stretches"]
        ),
    }


def _stream_info(stream: Mapping[str, Any]) -> StreamInfo:
    return StreamInfo(
        index=stream["index"],
        kind=stream["kind"],
        codec=stream["codec"],
        language=stream["language"] if stream["language"] != "und" else None,
        title=stream["title"],
        channels=stream["channels"],
        layout=stream["layout"],
        sample_rate=stream["sample_rate"],
        dispositions=tuple(stream["dispositions"]),
    )


def _with_picture(facts: Mapping[str, Any], master: OpenMaster) -> MediaInfo:
    time_base, average = Fraction(facts["time_base"]), Fraction(facts["average_rate"])
    pts, exact = _pts_table(facts["packets"], time_base, average, master)
    constant = constant_rate(pts)
    rate = constant or len(pts) / pts.seconds
    label = _label(facts["timecode"], rate)
    width, height = _displayed(facts)
    return MediaInfo(
        kind="video",
        codec=facts["streams"][facts["picture"]]["codec"],
        duration_ms=round(pts.seconds * 1000),
        pts=pts,
        exact_times=exact,
        rate=rate.limit_denominator(100_000),
        variable_rate=constant is None,
        width=width,
        height=height,
        coded_width=facts["width"],
        coded_height=facts["height"],
        rotation=facts["rotation"],
        field_order=_field_order(facts),
        pixel_format=facts["pixel_format"],
        depth=facts["depth"],
        alpha=facts["alpha"],
        colour=facts["colour"],
        start_timecode=label,
        drop_frame=label is not None and ";" in label,
        sync_frames=_sync_frames(facts["packets"]) if exact else (),
        **_common(facts, master),
    )


def _label(written: str | None, rate: Fraction) -> str | None:
    """The start timecode, if the rate can carry it; a drop-frame mark where there is none is a slip."""
    for label in (written or "", (written or "").replace(";", ":")):
        try:
            count, drop_frame = count_of(label, rate)
        except BadTimecode:
            continue
        return label_of(count, rate, drop_frame=drop_frame)
    return None


def _field_order(facts: Mapping[str, Any]) -> str | None:
    order = _FIELD_ORDERS.get(facts["field_order"])
    return order or ("interlaced" if facts["interlaced"] else None)


def _displayed(facts: Mapping[str, Any]) -> tuple[int, int]:
    width = max(1, round(facts["width"] * Fraction(facts["aspect"])))
    turned = facts["rotation"] in (90, 270)
    return (facts["height"], width) if turned else (width, facts["height"])


Packet = Sequence[Any]
"""pts, dts, duration (ticks or None), is sync frame, byte offset."""


def _pts_table(
    packets: Sequence[Packet], time_base: Fraction, average: Fraction, master: OpenMaster
) -> tuple[PtsTable, bool]:
    """The table, and whether the container stamped every frame."""
    if not packets:
        raise CorruptMedia(f"{master.path.name!r} has a picture stream without a frame.")
    stamps = sorted({p[0] for p in packets if p[0] is not None})
    if len(stamps) < len(packets):
        rate = average or Fraction(25)
        return PtsTable.constant(rate, len(packets)), False
    return table_of(stamps, time_base, _last_duration(packets, stamps)), True


def _last_duration(packets: Sequence[Packet], stamps: Sequence[int]) -> int:
    last = next(p[2] for p in packets if p[0] == stamps[-1])
    steps = [after - before for before, after in pairwise(stamps)]
    return int(last or (median_low(steps) if steps else 1))


def table_of(stamps: Sequence[int], time_base: Fraction, last: int) -> PtsTable:
    """Build a table from ascending stamps; ``last`` is the last frame's duration. Both in ticks."""
    first = stamps[0]
    ticks = tuple(stamp - first for stamp in stamps)
    return PtsTable(time_base, ticks, ticks[-1] + max(last, 1), first)


def constant_rate(pts: PtsTable) -> Fraction | None:
    """Frames per second if every stamp lies on a constant grid, give or take a rounded tick; else None."""
    span = pts.seconds if len(pts) == 1 else pts.ticks[-1] * pts.time_base
    mean = (max(len(pts) - 1, 1) / span).limit_denominator(100_000)
    if len(pts) == 1:
        return mean
    return next((rate for rate in (_nearest_standard(mean), mean) if _on_grid(pts, rate)), None)


def _on_grid(pts: PtsTable, rate: Fraction) -> bool:
    step = 1 / (rate * pts.time_base)
    rounding = 1 if step > _TICKS_THAT_ROUND else 0
    return all(abs(tick - n * step) <= rounding for n, tick in enumerate(pts.ticks))


def _nearest_standard(rate: Fraction) -> Fraction:
    return min(STANDARD_RATES, key=lambda standard: abs(standard - rate))


def _sync_frames(packets: Sequence[Packet]) -> tuple[tuple[int, int], ...]:
    shown = sorted((p[0], p[3], p[4]) for p in packets)
    return tuple((n, offset) for n, (_, sync, offset) in enumerate(shown) if sync)
