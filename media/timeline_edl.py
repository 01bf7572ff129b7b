"""CMX 3600 edit decision lists, written and read.

An EDL names no frame rate, and its labels mean nothing without one: what is read here stays labels until the
sources are known. The library's adapter needs one rate for all, takes every 29.97 for drop-frame when it
writes and forgets ``FCM`` when it reads, which is why the format has code of its own (docs/adr/0013).
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from foundation.errors import BadTimeline, TimelineUnsupported
from media.timeline import Cut, Timeline, clean, cmx_reels
from media.timeline_read import ReadClip, ReadTimeline

MOST_EVENTS = 999
"""Events that the format can number."""

_FASTEST = 60
"""Frames per second whose labels fit its two digits for frames."""
_CODES = {0: "V", 1: "B"}
_LABEL = r"(\d{1,2}[:;.]\d{2}[:;.]\d{2}[:;.,]\d{2,3})"
_EVENT = re.compile(
    rf"(\d{{1,6}})\s+(\S+)\s+(\S+)\s+([A-Z]+\d*)\s+(?:(\d+)\s+)?{_LABEL}\s+{_LABEL}\s+{_LABEL}\s+{_LABEL}\s*\Z"
)
_COMMENT = re.compile(r"\*?\s*(FROM CLIP NAME|TO CLIP NAME|SOURCE FILE|FROM FILE|FROM CLIP|REEL)\s*:\s*(.*)")
_OURS = re.compile(r"\*\s*REKINDLE ASSET:\s*(\S+)")
_UNKNOWN_REELS = frozenset({"AX", "BL", "BLACK"})


def write_edl(timeline: Timeline, *, whole_reels: bool = False) -> str:
    """Write a timeline as CMX 3600.

    Args:
        timeline: What to write.
        whole_reels: Leave reel names as long as they are: against the format, but what programs need that
            match reels with file names.

    Raises:
        TimelineUnsupported: Its sources have several rates, one too fast for the format, or it has too many
            cuts. ``detail["rates"]`` lists the places of the cuts of each rate.
    """
    _check(timeline)
    sources = [cut.source for cut in timeline.cuts]
    reels = {s.asset: _whole(s.reel) for s in sources} if whole_reels else cmx_reels(sources)
    mode = "DROP FRAME" if timeline.drop_frame else "NON-DROP FRAME"
    lines = [f"TITLE: {timeline.name[:70]}", f"FCM: {mode}", ""]
    at = 0
    for number, cut in enumerate(timeline.cuts, 1):
        lines += _event(timeline, number, cut, reels[cut.source.asset], at)
        at += timeline.length(cut)
    return "\n".join(lines) + "\n"


def _check(timeline: Timeline) -> None:
    rates: dict[str, list[int]] = {}
    for place, cut in enumerate(timeline.cuts):
        rates.setdefault(str(cut.source.rate), []).append(place)
    if set(rates) - {str(timeline.rate)}:
        told = ", ".join(rates)
        raise TimelineUnsupported(
            f"An EDL has one frame rate; these moments have {told} (the timeline {timeline.rate}).",
            remedy="Make one EDL per rate (--per-rate), or export OTIO or FCPXML.",
            detail={"rates": rates},
        )
    if timeline.rate > _FASTEST:
        raise TimelineUnsupported(
            f"CMX 3600 has no timecode at {timeline.rate} frames per second.", remedy="Export OTIO or FCPXML."
        )
    if len(timeline.cuts) > MOST_EVENTS:
        raise TimelineUnsupported(
            f"CMX 3600 has {MOST_EVENTS} events at most, and these are {len(timeline.cuts):,}.",
            remedy="Export OTIO or FCPXML, or several EDLs.",
        )


def _event(timeline: Timeline, number: int, cut: Cut, reel: str, at: int) -> Iterator[str]:
    media, source, length = timeline.media(cut), cut.source, timeline.length(cut)
    channels = sum(media.channels)
    labels = (
        timeline.source_label(cut, cut.frames.in_frame),
        timeline.source_label(cut, cut.frames.out_frame),
        timeline.record_label(at),
        timeline.record_label(at + length),
    )
    yield f"{number:03d}  {reel:<8} {_code(source.kind, channels):<5} C        {' '.join(labels)}"
    if channels > 2:
        yield "AUD  3" if channels == 3 else "AUD  3    4"
    yield f"* FROM CLIP NAME: {clean(media.name)}"
    yield f"* SOURCE FILE: {clean(place_of(media.url))}"
    yield f"* REEL: {clean(source.reel)}"
    yield f"* REKINDLE ASSET: {source.asset}"
    if channels > 4:
        yield f"* REKINDLE: {channels} channels of sound, of which CMX 3600 carries 4"
    for note in source.notes:
        yield f"* REKINDLE: {clean(note)}"
    yield ""


def _whole(reel: str) -> str:
    """A reel name as one word."""
    return clean(reel).replace(" ", "_") or "REEL"


def place_of(url: str) -> str:
    """A ``file:`` URL as the path it stands for; any other address as it is."""
    return unquote(urlsplit(url).path) if url.startswith("file:") else url


def _code(kind: str, channels: int) -> str:
    """Which channels an event edits: B is picture and one of sound, AA two of sound."""
    if kind == "sound":
        return "A" if channels <= 1 else "AA"
    return _CODES.get(channels, "AA/V")


def read_edl(text: str) -> ReadTimeline:
    """Read a CMX 3600 list, of whatever program.

    Dissolves and wipes are two events with one number; each counts as a clip. Events of black are left out.
    An event that is repeated for its sound, of the same source and place, is one clip.

    Raises:
        BadTimeline: It holds no event.
    """
    title, drop_frame = "", False
    clips: list[ReadClip] = []
    event: re.Match[str] | None = None
    comments: list[str] = []
    for line in map(str.strip, text.lstrip("\ufeff").splitlines()):
        if match := _EVENT.match(line):
            clips += _clips(event, comments, drop_frame=drop_frame)
            event, comments = match, []
        elif line.startswith("TITLE:"):
            title = line[6:].strip()
        elif line.startswith("FCM:"):
            clips += _clips(event, comments, drop_frame=drop_frame)
            event, comments = None, []
            drop_frame = "NON" not in line.upper()
        elif line:
            comments.append(line)
    clips += _clips(event, comments, drop_frame=drop_frame)
    if not clips:
        raise BadTimeline("There is no event of an EDL in it.")
    return ReadTimeline(title, tuple(_once(clips)))


def _clips(event: re.Match[str] | None, comments: Sequence[str], *, drop_frame: bool) -> list[ReadClip]:
    if event is None or event[2].upper() in ("BL", "BLACK"):
        return []
    said = {match[1]: match[2].strip() for line in comments if (match := _COMMENT.match(line))}
    ours = next((match for line in comments if (match := _OURS.match(line))), None)
    reel = said.get("REEL") or event[2]
    name = said.get("FROM CLIP NAME") or said.get("TO CLIP NAME") or ""
    return [
        ReadClip(
            name=name or reel,
            reel=None if reel in _UNKNOWN_REELS else reel,
            file=said.get("SOURCE FILE") or said.get("FROM FILE") or said.get("FROM CLIP") or name or None,
            asset=None if ours is None else ours[1],
            label_in=_label(event[6], drop_frame=drop_frame),
            label_out=_label(event[7], drop_frame=drop_frame),
            record_in=event[8],
        )
    ]


def _label(label: str, *, drop_frame: bool) -> str:
    """One spelling: the last separator tells drop-frame, which many programs leave to the FCM line."""
    *parts, frame = re.split(r"[:;.,]", label)
    is_drop_frame = drop_frame or ";" in label
    return f"{':'.join(parts)}{';' if is_drop_frame else ':'}{frame}"


def _once(clips: Sequence[ReadClip]) -> list[ReadClip]:
    return list(
        {(c.reel, c.file, c.label_in, c.label_out, c.record_in): c for c in reversed(clips)}.values()
    )[::-1]
