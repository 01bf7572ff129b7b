"""Copies packets of a range into a new file with PyAV, in a child process that :mod:`media.tool` jails.

The file it reads may be full of holes outside the range. Everything is read twice: once to find out where the
range can end, once to copy.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from foundation.errors import CorruptMedia, MediaError, UnsupportedMedia
from media.whitelist import CODECS, FORMATS

_BEYOND = 1
"""Seconds of pictures looked at past the range: no codec presents one later than that after decoding."""
_SOUND_LAG = 10
"""Seconds by which sound may follow its picture in the file."""
_CLOCK = "240000"
"""Ticks per second of a QuickTime movie: whole samples of 48 kHz and frames, so that edits are exact."""


@dataclass(frozen=True, slots=True)
class _Extent:
    """What to copy: so many pictures in the order of decoding, and sound before the end (seconds)."""

    pictures: int
    first: int
    last: int
    start: Fraction
    end: Fraction


def main(question: str) -> None:
    """Answer one question on stdout."""
    request = json.loads(question)
    try:
        answer = _cut(request)
    except MediaError as error:
        answer = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    print(json.dumps(answer))  # noqa: T201 - stdout is how a reader answers


def _cut(request: dict[str, Any]) -> dict[str, Any]:
    try:
        with _opened(request) as source:
            extent = _extent(source, request)
        with _opened(request) as source, _made(request["target"]) as target:
            _copy(source, target, request, extent)
    except av.FFmpegError as error:
        raise CorruptMedia(
            f"The range cannot be copied: {error}.", remedy="Take the whole master."
        ) from error
    return {"first": extent.first, "last": extent.last, "pictures": extent.pictures}


def _opened(request: dict[str, Any]) -> Any:
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": FORMATS,
        "codec_whitelist": CODECS,
        "max_streams": str(request["max_streams"]),
    }
    return av.open(request["url"], options=options, metadata_errors="replace")


def _made(target: str) -> Any:
    is_quicktime = target.endswith(".mov")
    return av.open(target, "w", options={"movie_timescale": _CLOCK} if is_quicktime else {})


def _picture(source: Any) -> Any:
    attached = av.stream.Disposition.attached_pic
    return next(s for s in source.streams.video if not s.disposition & attached)


def _from_sync(source: Any, request: dict[str, Any], streams: list[Any]) -> Iterator[Any]:
    """Packets from about the sync frame on, until the bytes end.

    A stream format has no index to seek by, and what was read of it begins near the range.
    """
    if "mpeg" not in source.format.name:
        source.seek(request["sync"], stream=_picture(source), backward=True)
    try:
        for packet in source.demux(streams):
            if packet.size and not packet.is_discard:
                yield packet
    except (av.InvalidDataError, av.EOFError):
        return


def _extent(source: Any, request: dict[str, Any]) -> _Extent:
    picture, gate = _picture(source), _Gate(request["sync"])
    stamps: list[int] = []
    duration = 1
    for packet in _from_sync(source, request, [picture]):
        if not gate.passes(packet):
            continue
        stamps.append(packet.pts)
        duration = packet.duration or duration
        if (packet.pts - request["last"]) * picture.time_base > _BEYOND:
            break
    count = _closed(stamps, request["last"])
    ordered, base = sorted(stamps), picture.time_base
    end = ordered[count] if count < len(ordered) else ordered[-1] + duration
    return _Extent(count, ordered[0], ordered[count - 1], ordered[0] * base, end * base)


class _Gate:
    """Lets pictures through from the sync frame on, without those that lead it, which need earlier ones."""

    def __init__(self, sync: int) -> None:
        self._sync, self._open = sync, False

    def passes(self, packet: Any) -> bool:
        self._open = self._open or (packet.pts == self._sync and packet.is_keyframe)
        return self._open and packet.pts is not None and packet.pts >= self._sync


def _closed(stamps: list[int], last: int) -> int:
    """How many pictures to copy so that all up to ``last`` are there and none is missing between them."""
    ordered = sorted(stamps)
    latest = stamps[0] if stamps else 0
    for count, stamp in enumerate(stamps, 1):
        latest = max(latest, stamp)
        if latest >= last and bisect_left(ordered, latest) == count - 1:
            return count
    raise CorruptMedia("The range is not in the bytes that were read.", remedy="Take the whole master.")


def _copy(source: Any, target: Any, request: dict[str, Any], extent: _Extent) -> None:
    sound = [s for s in source.streams.audio if s.codec_context is not None]
    streams = [_picture(source), *sound]
    copier = _Copier(target, streams, request, extent)
    for packet in _from_sync(source, request, streams):
        if not copier.take(packet):
            break
    copier.finish()


class _Copier:
    """Copies packets of the extent to a target; says when there is nothing more to come."""

    def __init__(self, target: Any, streams: list[Any], request: dict[str, Any], extent: _Extent) -> None:
        self._target, self._extent = target, extent
        self._copies = {stream.index: _stream_like(target, stream, request) for stream in streams}
        if request["timecode"] is not None:
            target.metadata["timecode"] = request["timecode"]
        self._picture, self._gate = streams[0].index, _Gate(request["sync"])
        self._left = extent.pictures
        self._sounding = {stream.index for stream in streams[1:]}

    def take(self, packet: Any) -> bool:
        at = None if packet.pts is None else packet.pts * packet.time_base
        if packet.stream_index == self._picture:
            if self._left and self._gate.passes(packet):
                _expect_bytes(packet)
                self._left -= 1
                self._mux(packet)
            return bool(self._left) or at is None or at <= self._extent.end + _SOUND_LAG
        if at is not None and at >= self._extent.end:
            self._sounding.discard(packet.stream_index)
        elif at is not None and at >= self._extent.start:
            self._mux(packet)
        return bool(self._left or self._sounding)

    def finish(self) -> None:
        if self._left:
            raise CorruptMedia("The range ends early in what was read.", remedy="Take the whole master.")

    def _mux(self, packet: Any) -> None:
        origin = round(self._extent.start / packet.time_base)
        packet.stream = self._copies[packet.stream_index]
        packet.pts -= origin
        if packet.dts is not None:
            packet.dts -= origin
        self._target.mux(packet)


def _expect_bytes(packet: Any) -> None:
    """No codec begins a picture with so many zeros: it is a hole."""
    if not any(bytes(memoryview(packet)[:64])):
        raise CorruptMedia("The range is not in the bytes that were read.", remedy="Take the whole master.")


def _stream_like(target: Any, stream: Any, request: dict[str, Any]) -> Any:
    try:
        made = target.add_stream_from_template(stream, opaque=True)
    except ValueError as error:
        raise UnsupportedMedia(f"{error}.", remedy="Take the whole master.") from error
    made.time_base = stream.time_base
    if stream.type == "video":
        made.codec_context.framerate = Fraction(request["rate"] or stream.average_rate or 25)
        if request["rate"] is not None:
            made.time_base = 1 / Fraction(request["rate"])
    if target.format.name == "mov" and "mov" in stream.container.format.name:
        made.codec_context.codec_tag = stream.codec_context.codec_tag
    for key in ("language", "title"):
        if stream.metadata.get(key):
            made.metadata[key] = stream.metadata[key]
    return made
