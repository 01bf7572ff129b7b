"""Captions beside a file and inside it → cues on the asset's sound clock.

Sidecars may be SubRip, WebVTT or TTML/DFXP, in any encoding that announces itself or is UTF-8 (else they are
read as Windows-1252, which old subtitle tools write).
"""

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pysubs2
import webvtt

from foundation.errors import BadCaptions, ObjectMissing, ObjectUnreadable
from foundation.timecode import SOUND_RATE, SampleRange
from media.probe import MediaInfo
from media.tool import MediaLimits, open_master, run_reader
from media.ttml import parse_ttml

MOST_BYTES = 16 << 20
"""Larger sidecars are refused: ten hours of captions are about one megabyte."""

_TAGS = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")


@dataclass(frozen=True, slots=True)
class CaptionCue:
    """Words and when they are shown.

    Attributes:
        sound: On the 48 kHz clock that starts with the asset's first frame.
        text: Without markup; lines separated by newlines.
        speaker: Who says them, where the captions tell.
    """

    sound: SampleRange
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    start: Fraction
    end: Fraction
    text: str
    speaker: str | None = None


def parse_sidecar(path: Path, *, programme_start: Fraction = Fraction(0)) -> list[CaptionCue]:
    """Read a caption file.

    Args:
        path: ``.srt``, ``.vtt``, ``.ttml``, ``.dfxp`` or ``.xml``; what is inside decides.
        programme_start: Seconds of the asset's start timecode. Captions that all lie at or after it are
            taken to be labelled with timecode and are shifted by it.

    Returns:
        Its cues, by start; cues without words or without length are left out.

    Raises:
        BadCaptions: It cannot be parsed, holds no cue, or is absurdly large.
        ObjectMissing: It is not there.
        ObjectUnreadable: It may not be read.
    """
    text = _decoded(_bytes(path), path.name)
    rows = list(_parser_of(text)(text, path.name))
    if not rows and not text.lstrip().startswith("WEBVTT"):
        raise BadCaptions(f"{path.name!r} holds no caption.")
    first = min((row.start for row in rows), default=Fraction(0))
    return _cues(rows, programme_start if first >= programme_start else Fraction(0))


def embedded_captions(
    master: Path, info: MediaInfo, limits: MediaLimits
) -> list[tuple[int, str | None, list[CaptionCue]]]:
    """Read the text captions inside a file.

    Args:
        master: The file that was probed.
        info: What :func:`media.probe.probe` said of it.
        limits: What the decoder child may use.

    Returns:
        Per caption stream that holds any: its index, its language (as tagged), its cues.

    Raises:
        MediaError: It cannot be read to its end.
    """
    if not info.caption_streams:
        return []
    request = {
        "what": "captions",
        "streams": list(info.caption_streams),
        "max_streams": limits.max_streams,
    }
    with open_master(master) as opened:
        seconds = info.duration_ms / 1000
        answer: dict[str, Any] = run_reader("media.reader", request, opened, limits=limits, seconds=seconds)
    languages = {stream.index: stream.language for stream in info.streams}
    start = _first_frame(info)
    found = [(index, _cues(_embedded_rows(rows), start)) for index, rows in answer["captions"]]
    return [(index, languages.get(index), cues) for index, cues in found if cues]


def _first_frame(info: MediaInfo) -> Fraction:
    if info.pts is None or not info.exact_times:
        return Fraction(0)
    return info.pts.first_pts * info.pts.time_base


def _embedded_rows(rows: Iterable[tuple[int, int, str]]) -> list[_Row]:
    return [_Row(Fraction(start, 1000), Fraction(end, 1000), *_spoken(text)) for start, end, text in rows]


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ObjectMissing(f"{path.name!r} is not there.") from error
    except OSError as error:
        raise ObjectUnreadable(f"{path.name!r} cannot be read: {error}.") from error
    if len(data) > MOST_BYTES:
        raise BadCaptions(f"{path.name!r} is larger than {MOST_BYTES >> 20} MiB.")
    return data


def _decoded(data: bytes, name: str) -> str:
    text = data.decode(_encoding_of(data), "replace").replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise BadCaptions(f"{name!r} is not text.")
    return text.removeprefix("\ufeff")


def _encoding_of(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = data[:2000]
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if head[0::2].count(0) > len(head) // 4:
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _parser_of(text: str) -> Callable[[str, str], Iterable[_Row]]:
    head = text.lstrip()
    if head.startswith("WEBVTT"):
        return _vtt
    return _timed_text if head.startswith("<") else _srt


def _vtt(text: str, name: str) -> Iterable[_Row]:
    try:
        captions = list(webvtt.WebVTT.from_string(text.lstrip()))
    except webvtt.errors.MalformedFileError as error:
        raise BadCaptions(f"{name!r} is not WebVTT: {error}.") from error
    for caption in captions:
        yield _Row(_clock(caption.start), _clock(caption.end), *_spoken(caption.raw_text))


def _clock(label: str) -> Fraction:
    hours, minutes, seconds = label.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)


def _srt(text: str, name: str) -> Iterable[_Row]:
    try:
        events = pysubs2.SSAFile.from_string(text, format_="srt")
    except (pysubs2.Pysubs2Error, ValueError) as error:
        raise BadCaptions(f"{name!r} is not SubRip: {error}.") from error
    for event in events:
        words = event.text.replace("\\N", "\n").replace("\\h", " ")
        yield _Row(Fraction(event.start, 1000), Fraction(event.end, 1000), *_spoken(words))


def _timed_text(text: str, name: str) -> Iterable[_Row]:
    try:
        paragraphs = parse_ttml(text)
    except BadCaptions as error:
        raise BadCaptions(f"{name!r}: {error.message}") from error
    for paragraph in paragraphs:
        yield _Row(paragraph.begin, paragraph.end, paragraph.text, paragraph.speaker)


def _spoken(marked: str) -> tuple[str, str | None]:
    """Words without markup, and the voice that WebVTT names."""
    voice = _VOICE.search(marked)
    lines = html.unescape(_TAGS.sub("", marked)).split("\n")
    text = "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
    return text, html.unescape(voice[1]).strip() if voice else None


def _cues(rows: Iterable[_Row], shift: Fraction) -> list[CaptionCue]:
    cues = (_cue(row, shift) for row in sorted(rows, key=lambda row: (row.start, row.end)))
    return [cue for cue in cues if cue is not None]


def _cue(row: _Row, shift: Fraction) -> CaptionCue | None:
    start = max(0, round((row.start - shift) * SOUND_RATE))
    end = round((row.end - shift) * SOUND_RATE)
    return CaptionCue(SampleRange(start, end), row.text, row.speaker) if row.text and end > start else None
