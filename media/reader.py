"""Reads a master's streams and packets with PyAV, in a child process that :mod:`media.tool` jails.

One JSON question on the command line, one JSON answer on stdout. A question that the file cannot answer gets
``{"error": <name of a leaf in foundation.errors>, "message": …}``.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import av
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc

from foundation.errors import (
    CorruptMedia,
    MediaError,
    NoEssence,
    NotMedia,
    TooLarge,
    UnsupportedMedia,
)
from media.stretches import Stretches
from media.whitelist import CODECS, FORMATS

_TRIAL_PACKETS = 300
_TRIAL_FRAMES = 4
_TEXT_CODECS = ("mov_text", "subrip", "ass", "webvtt", "text")
_ATTACHED = av.stream.Disposition.attached_pic
_DEFAULT = av.stream.Disposition.default


def main(question: str) -> None:
    """Answer one question on stdout."""
    request = json.loads(question)
    try:
        answer = {"probe": _probe, "captions": _captions}[request["what"]](request)
    except MediaError as error:
        answer = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    print(json.dumps(answer))  # noqa: T201 - stdout is how a reader answers


@contextmanager
def _opened(request: dict[str, Any]) -> Iterator[Any]:
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": FORMATS,
        "codec_whitelist": CODECS,
        "max_streams": str(request["max_streams"]),
    }
    try:
        container = av.open(request["url"], options=options, metadata_errors="replace")
    except av.InvalidDataError as error:
        raise NotMedia(f"{request['name']!r} is not media that can be read.") from error
    except (av.FFmpegError, ValueError) as error:
        raise CorruptMedia(f"{request['name']!r} cannot be opened: {error}.") from error
    with container:
        yield container


def _probe(request: dict[str, Any]) -> dict[str, Any]:
    with _opened(request) as container:
        picture, sound = _picture(container), _sound(container)
        if picture is None and sound is None:
            raise NoEssence(f"{request['name']!r} has neither picture nor sound that can be decoded.")
        if picture is None and _has_picture(container):
            raise CorruptMedia(f"{request['name']!r} has a picture whose size cannot be found out.")
        if picture is not None:
            _check_codec(picture, request)
            _check_pixels(picture.width * picture.height, request)
        answer = _facts(container)
        answer["origin"] = str(_origin(container, picture, sound))
        answer.update(_walk(container, picture, request))
        answer["index_end"] = _index_end(container, picture or sound)
        answer["picture"] = None if picture is None else picture.index
        answer["sound"] = None if sound is None else sound.index
    return answer


def _check_pixels(pixels: int, request: dict[str, Any]) -> None:
    if pixels > request["max_pixels"]:
        most = request["max_pixels"] / 1e6
        raise TooLarge(f"{request['name']!r} has {pixels / 1e6:.0f} megapixels; the limit is {most:.0f}.")


def _check_codec(stream: Any, request: dict[str, Any]) -> None:
    if not _allowed(stream):
        raise UnsupportedMedia(f"{request['name']!r} is {_codec(stream)}, which is not read.")


def _allowed(stream: Any) -> bool:
    """The whitelist binds the demuxer; PyAV opens decoders of its own, so it is kept here too."""
    return stream.codec_context.name in CODECS.split(",")


def _picture(container: Any) -> Any:
    return next((s for s in container.streams.video if not s.disposition & _ATTACHED and _decodable(s)), None)


def _has_picture(container: Any) -> bool:
    return any(s.codec_context is not None and not s.disposition & _ATTACHED for s in container.streams.video)


def _sound(container: Any) -> Any:
    tracks = [
        s for s in container.streams.audio if _decodable(s) and _allowed(s) and s.codec_context.sample_rate
    ]
    return next((s for s in tracks if s.disposition & _DEFAULT), tracks[0] if tracks else None)


def _decodable(stream: Any) -> bool:
    return stream.codec_context is not None and (
        stream.type == "audio" or bool(stream.width and stream.height)
    )


def _facts(container: Any) -> dict[str, Any]:
    return {
        "container": container.format.name,
        "duration": container.duration,
        "tags": {**_reel(container), **_tags(container.metadata)},
        "streams": [_stream(s) for s in container.streams],
        "timecode": _timecode(container),
    }


def _tags(metadata: dict[str, str]) -> dict[str, str]:
    return {key[:64].lower(): value[:2000] for key, value in metadata.items()}


def _reel(container: Any) -> dict[str, str]:
    """The reel name, which QuickTime keeps with the timecode track."""
    named = [name for s in container.streams if (name := _tags(s.metadata).get("reel_name"))]
    return {"reel_name": named[0]} if named else {}


def _timecode(container: Any) -> str | None:
    places = [container.metadata, *(s.metadata for s in container.streams)]
    return next((value for place in places if (value := _tags(place).get("timecode"))), None)


def _stream(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    sound = stream.type == "audio" and context is not None
    return {
        "index": stream.index,
        "kind": stream.type,
        "codec": _codec(stream),
        "language": stream.metadata.get("language"),
        "title": (stream.metadata.get("title") or "")[:200] or None,
        "channels": context.layout.nb_channels if sound else None,
        "layout": context.layout.name if sound else None,
        "sample_rate": context.sample_rate if sound else None,
        "dispositions": [d.name for d in av.stream.Disposition if d and stream.disposition & d],
        "text": _codec(stream) in _TEXT_CODECS,
    }


def _codec(stream: Any) -> str:
    return "unknown" if stream.codec_context is None else str(stream.codec_context.codec.canonical_name)


def _origin(container: Any, picture: Any, sound: Any) -> Fraction:
    """Seconds on the master's clock that ffmpeg takes for zero when it reads these streams."""
    if container.format.name in ("mpegts", "mpeg"):
        used = [s for s in (picture, sound) if s is not None and s.start_time is not None]
        return min((s.start_time * s.time_base for s in used), default=Fraction(0))
    return Fraction(container.start_time or 0, av.time_base)


def _walk(container: Any, picture: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Read every packet once; decode only the first frames."""
    packets: list[tuple[int | None, int | None, int, int, int]] = []
    trial = _Trial(picture, request)
    ends: dict[int, float] = {}
    stretches = Stretches(exact="mp4" in container.format.name)
    damaged = 0
    for packet in _demux(container, _essence(container), request):
        damaged += packet.is_corrupt
        _note(packet, ends, stretches)
        if picture is not None and packet.stream_index == picture.index:
            trial.offer(packet)
            if _is_shown(packet, picture):
                packets.append(
                    (packet.pts, packet.dts, packet.duration or 0, packet.is_keyframe, packet.pos or -1)
                )
    if picture is not None:
        trial.close()
    places = {"stretches": stretches.rows()}
    return {"packets": packets, "ends": ends, "damaged": damaged, **places, **trial.facts}


def _essence(container: Any) -> list[Any]:
    return [s for s in container.streams if s.type in ("video", "audio", "subtitle")]


def _demux(container: Any, wanted: list[Any], request: dict[str, Any]) -> Iterator[Any]:
    try:
        for packet in container.demux(wanted):
            if packet.size:
                yield packet
    except av.FFmpegError as error:
        raise CorruptMedia(f"{request['name']!r} cannot be read to its end: {error}.") from error


def _note(packet: Any, ends: dict[int, float], stretches: Stretches) -> None:
    """Where a packet ends in time, and where it lies."""
    stamp = packet.pts if packet.pts is not None else packet.dts
    if stamp is None:
        stretches.add(packet.stream_index, None, packet.pos, packet.size)
        return
    # Division of two integers rounds as the exact fraction would, which costs ten times as much.
    ticks, per_second = packet.time_base.as_integer_ratio()
    end = (stamp + (packet.duration or 0)) * ticks / per_second
    ends[packet.stream_index] = max(end, ends.get(packet.stream_index, end))
    stretches.add(packet.stream_index, stamp * ticks / per_second, packet.pos, packet.size)


def _is_shown(packet: Any, picture: Any) -> bool:
    """Leave out what an edit list cuts away, and VP8's alternate references (RFC 6386, 9.1: show_frame)."""
    if packet.is_discard:
        return False
    return _codec(picture) != "vp8" or bool(memoryview(packet)[0] & 0x10)


class _Trial:
    """Decodes until a few frames came out: what only a frame knows, and whether there are any."""

    def __init__(self, picture: Any, request: dict[str, Any]) -> None:
        self._picture, self._request = picture, request
        self._packets = 0
        self._frames: list[Any] = []

    def offer(self, packet: Any) -> None:
        if self._packets < _TRIAL_PACKETS and len(self._frames) < _TRIAL_FRAMES:
            self._packets += 1
            self._decode(packet)

    def close(self) -> None:
        if not self._frames:
            self._decode(None)
        if not self._frames:
            name, codec = self._request["name"], self._picture.codec_context.name
            raise CorruptMedia(f"Not one frame of {name!r} ({codec}) decodes.")

    def _decode(self, packet: Any) -> None:
        try:
            self._frames += self._picture.codec_context.decode(packet)
        except (av.DecoderNotFoundError, av.PatchWelcomeError) as error:
            codec = self._picture.codec_context.name
            raise UnsupportedMedia(f"{self._request['name']!r} is {codec}, which is not read.") from error
        except av.FFmpegError:
            return

    @property
    def facts(self) -> dict[str, Any]:
        return {} if self._picture is None else _frame_facts(self._picture, self._frames)


def _frame_facts(picture: Any, frames: list[Any]) -> dict[str, Any]:
    first = frames[0]
    aspect = picture.sample_aspect_ratio
    return {
        "width": first.width,
        "height": first.height,
        "aspect": str(aspect) if aspect else "1",
        "rotation": int(first.rotation) % 360,
        "interlaced": any(f.interlaced_frame for f in frames),
        "field_order": int(picture.codec_context.field_order),
        "pixel_format": first.format.name,
        "depth": max(c.bits for c in first.format.components),
        "alpha": any(c.is_alpha for c in first.format.components),
        "colour": _colour(first),
        "time_base": str(picture.time_base),
        "average_rate": str(picture.average_rate or picture.guessed_rate or 0),
    }


def _colour(frame: Any) -> dict[str, str]:
    named = {
        "primaries": _name(ColorPrimaries, frame.color_primaries),
        "transfer": _name(ColorTrc, frame.color_trc),
        "matrix": _name(Colorspace, frame.colorspace),
        "range": {1: "limited", 2: "full"}.get(int(frame.color_range), ""),
    }
    return {key: value for key, value in named.items() if value}


def _name(kind: Any, value: int) -> str:
    names = {int(member): member.name.lower() for member in kind}
    name = names.get(int(value), "")
    return "" if name in ("unspecified", "reserved") else name


def _index_end(container: Any, stream: Any) -> int:
    """Byte after the last sample that an MP4's index announces; 0 where there is no such index."""
    if "mp4" not in container.format.name or not stream.index_entries:
        return 0
    ends = (entry.pos + entry.size for entry in stream.index_entries)
    return int(max(ends))


def _captions(request: dict[str, Any]) -> dict[str, Any]:
    """Read text subtitles: per stream, rows of (start ms, end ms, text)."""
    found: dict[int, list[tuple[int, int, str]]] = {index: [] for index in request["streams"]}
    with _opened(request) as container:
        wanted = [container.streams[index] for index in request["streams"]]
        for packet in _demux(container, wanted, request):
            row = _caption(packet)
            if row is not None:
                found[packet.stream_index].append(row)
    return {"captions": [[index, rows] for index, rows in found.items()]}


def _caption(packet: Any) -> tuple[int, int, str] | None:
    if packet.pts is None:
        return None
    text = _caption_text(packet)
    start = round(packet.pts * packet.time_base * 1000)
    end = start + round((packet.duration or 0) * packet.time_base * 1000)
    return (start, end, text) if text.strip() and end > start else None


def _caption_text(packet: Any) -> str:
    data = bytes(packet)
    codec = _codec(packet.stream)
    if codec == "mov_text":
        data = data[2 : 2 + int.from_bytes(data[:2], "big")]
    text = data.decode("utf-8", "replace")
    if codec == "ass":
        text = text.split(",", 8)[-1].replace("\\N", "\n")
    return text
