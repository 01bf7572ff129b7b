"""FCPXML 1.9, as Final Cut Pro and DaVinci Resolve read it.

Times are rational seconds, so that every rate is exact. ``asset`` elements carry reel and digest as metadata.
"""

from fractions import Fraction
from xml.etree import ElementTree as ET

from media.timeline import Cut, Source, Timeline, clean

VERSION = "1.9"
_REEL = "com.apple.proapps.studio.reel"
_FORMAT = tuple[Fraction, int | None, int | None]


def write_fcpxml(timeline: Timeline) -> str:
    """Write a timeline as FCPXML: one project with one sequence."""
    root = ET.Element("fcpxml", version=VERSION)
    resources = _Resources(ET.SubElement(root, "resources"), timeline)
    sequence_format = resources.format_of(timeline.rate, *_size(timeline))
    references = [resources.asset_of(cut.source) for cut in timeline.cuts]
    event = ET.SubElement(root, "event", name=timeline.name)
    project = ET.SubElement(event, "project", name=timeline.name)
    sequence = ET.SubElement(
        project,
        "sequence",
        format=sequence_format,
        tcStart=_seconds(timeline.record_start / timeline.rate),
        tcFormat=_counting(drop_frame=timeline.drop_frame),
        duration=_seconds(sum(map(timeline.length, timeline.cuts)) / timeline.rate),
    )
    spine, at = ET.SubElement(sequence, "spine"), timeline.record_start
    for cut, reference in zip(timeline.cuts, references, strict=True):
        spine.append(_clip(timeline, cut, reference, at))
        at += timeline.length(cut)
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
    return f"{head}{ET.tostring(root, encoding='unicode')}\n"


class _Resources:
    """Formats and assets, each once, numbered as they come."""

    def __init__(self, element: ET.Element, timeline: Timeline) -> None:
        self._element, self._timeline = element, timeline
        self._formats: dict[_FORMAT, str] = {}
        self._assets: dict[str, str] = {}

    def format_of(self, rate: Fraction, width: int | None, height: int | None) -> str:
        key = (rate, width, height)
        if key not in self._formats:
            self._formats[key] = self._next_id()
            facts = {"id": self._formats[key], "frameDuration": _seconds(1 / rate)}
            if width and height:
                facts |= {"width": str(width), "height": str(height)}
            ET.SubElement(self._element, "format", facts)
        return self._formats[key]

    def asset_of(self, source: Source) -> str:
        if source.asset not in self._assets:
            media = source.media[self._timeline.against]
            facts = {"name": clean(media.name)}
            if source.kind == "still":
                facts |= {"start": "0s", "duration": "0s"}
            else:
                facts |= {"start": _seconds(media.start / source.rate)}
                facts |= {"duration": _seconds(source.frames / source.rate)}
            if source.kind != "sound":
                facts |= {"hasVideo": "1", "format": self.format_of(source.rate, media.width, media.height)}
            if media.channels:
                facts |= {"hasAudio": "1", "audioSources": str(len(media.channels))}
                facts |= {"audioChannels": str(max(media.channels)), "audioRate": str(source.sample_rate)}
            self._assets[source.asset] = self._next_id()
            asset = ET.SubElement(self._element, "asset", {"id": self._assets[source.asset], **facts})
            ET.SubElement(asset, "media-rep", kind="original-media", src=clean(media.url))
            _metadata(asset, source)
        return self._assets[source.asset]

    def _next_id(self) -> str:
        return f"r{len(self._formats) + len(self._assets) + 1}"


def _metadata(asset: ET.Element, source: Source) -> None:
    metadata = ET.SubElement(asset, "metadata")
    known = {
        _REEL: clean(source.reel),
        "org.rekindle.asset": source.asset,
        "org.rekindle.sha256": source.sha256 or "",
        "org.rekindle.note": " ".join(source.notes),
    }
    for key, value in known.items():
        if value:
            ET.SubElement(metadata, "md", key=key, value=value)


def _clip(timeline: Timeline, cut: Cut, reference: str, at: int) -> ET.Element:
    source, media = cut.source, timeline.media(cut)
    facts = {
        "name": clean(media.name),
        "ref": reference,
        "offset": _seconds(at / timeline.rate),
        "duration": _seconds(timeline.length(cut) / timeline.rate),
    }
    if source.kind == "still":
        return ET.Element("video", {**facts, "start": "0s"})
    facts["start"] = _seconds((media.start + cut.frames.in_frame) / source.rate)
    return ET.Element("asset-clip", {**facts, "tcFormat": _counting(drop_frame=source.drop_frame)})


def _size(timeline: Timeline) -> tuple[int | None, int | None]:
    """Picture size of the sequence: that of the first picture at its rate, else of the first picture."""
    pictures = [cut for cut in timeline.cuts if cut.source.kind != "sound"]
    pictures.sort(key=lambda cut: cut.source.rate != timeline.rate)
    media = [timeline.media(cut) for cut in pictures]
    return (media[0].width, media[0].height) if media else (None, None)


def _counting(*, drop_frame: bool) -> str:
    return "DF" if drop_frame else "NDF"


def _seconds(time: Fraction | int) -> str:
    """Rational seconds as FCPXML writes them: ``1001/30000s``, ``5s``."""
    exact = Fraction(time)
    return f"{exact.numerator}s" if exact.denominator == 1 else f"{exact.numerator}/{exact.denominator}s"
