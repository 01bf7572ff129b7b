"""Timed text (TTML, DFXP, EBU-TT, IMSC): paragraphs with their times. Styling is left aside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree as ET

from foundation.errors import BadCaptions

_CLOCK = re.compile(r"(\d{2,}):(\d{2}):(\d{2})(?:\.(\d+)|:(\d{2,})(?:\.\d+)?)?\Z", re.ASCII)
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|f|t)\Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?\Z", re.ASCII)
_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_PARAMETERS = ("http://www.w3.org/ns/ttml#parameter", "http://www.w3.org/2006/10/ttaf1#parameter")
_METADATA = ("http://www.w3.org/ns/ttml#metadata", "http://www.w3.org/2006/10/ttaf1#metadata")
_MOST_DEPTH = 64


@dataclass(frozen=True, slots=True)
class _Span:
    begin: Fraction = Fraction(0)
    end: Fraction | None = None


@dataclass(frozen=True, slots=True)
class _Clock:
    """How the document counts time."""

    frame_rate: Fraction
    tick_rate: Fraction

    def seconds(self, label: str) -> Fraction:
        clock, offset = _CLOCK.match(label.strip()), _OFFSET.match(label.strip())
        if clock:
            hours, minutes, seconds = (int(clock[n]) for n in (1, 2, 3))
            part = Fraction(f"0.{clock[4]}") if clock[4] else int(clock[5] or 0) / self.frame_rate
            return hours * 3600 + minutes * 60 + seconds + part
        if offset:
            return Fraction(offset[1]) * self._unit(offset[2])
        raise BadCaptions(f"{label!r} is not a time of timed text.")

    def _unit(self, metric: str) -> Fraction:
        return {**_SECONDS, "f": 1 / self.frame_rate, "t": 1 / self.tick_rate}[metric]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One ``p``: times in seconds, its words, who speaks them."""

    begin: Fraction
    end: Fraction
    text: str
    speaker: str | None


def parse_ttml(document: str) -> list[Paragraph]:
    """Read the paragraphs of a timed-text document, in document order.

    Raises:
        BadCaptions: It is no XML, no timed text, or declares entities (which are never expanded).
    """
    if re.search(r"<!(?:DOCTYPE|ENTITY)", document[:65_536], re.IGNORECASE):
        raise BadCaptions("Timed text with a document type declaration is refused.")
    try:
        root = ET.fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", document))  # noqa: S314 - no entities get here
    except ET.ParseError as error:
        raise BadCaptions(f"The timed text is not well-formed XML: {error}.") from error
    if _local(root) != "tt":
        raise BadCaptions(f"<{_local(root)}> is not timed text.")
    clock = _Clock(_frame_rate(root), _positive(_parameter(root, "tickRate") or "1"))
    return list(_paragraphs(root, _Span(), clock, _agents(root), 0))


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _parameter(root: ET.Element, name: str) -> str | None:
    return next((v for ns in _PARAMETERS if (v := root.get(f"{{{ns}}}{name}"))), None)


def _frame_rate(root: ET.Element) -> Fraction:
    rate = _positive(_parameter(root, "frameRate") or "30")
    up, _, down = (_parameter(root, "frameRateMultiplier") or "1 1").replace(":", " ").partition(" ")
    return rate * _positive(up) / _positive(down or "1")


def _positive(text: str) -> Fraction:
    if not _NUMBER.match(text) or not Fraction(text):
        raise BadCaptions(f"{text!r} is not a rate of timed text.")
    return Fraction(text)


def _agents(root: ET.Element) -> dict[str, str]:
    found = {}
    for element in root.iter():
        key = element.get("{http://www.w3.org/XML/1998/namespace}id")
        if _local(element) == "agent" and key:
            found[key] = " ".join("".join(element.itertext()).split())
    return found


def _paragraphs(
    element: ET.Element, outer: _Span, clock: _Clock, agents: dict[str, str], depth: int
) -> Iterator[Paragraph]:
    if depth > _MOST_DEPTH:
        raise BadCaptions("The timed text is nested too deeply.")
    span = _span(element, outer, clock)
    if _local(element) == "p":
        yield from _paragraph(element, span, agents, clock)
        return
    for child in element:
        yield from _paragraphs(child, span, clock, agents, depth + 1)


def _span(element: ET.Element, outer: _Span, clock: _Clock) -> _Span:
    """Times of an element; they count from where its parent begins."""
    begin, end, duration = (element.get(name) for name in ("begin", "end", "dur"))
    start = outer.begin + (clock.seconds(begin) if begin else 0)
    stops = [] if outer.end is None else [outer.end]
    if end:
        stops.append(outer.begin + clock.seconds(end))
    if duration:
        stops.append(start + clock.seconds(duration))
    return _Span(start, min(stops, default=None))


def _paragraph(
    element: ET.Element, span: _Span, agents: dict[str, str], clock: _Clock
) -> Iterator[Paragraph]:
    timed = [child for child in element if child.get("begin")]
    speaker = next((agents.get(v) for ns in _METADATA if (v := element.get(f"{{{ns}}}agent"))), None)
    for part in timed or [element]:
        inner = _span(part, span, clock) if timed else span
        text = "\n".join(" ".join(line.split()) for line in _words(part).split("\n")).strip()
        if text and inner.end is not None and inner.end > inner.begin:
            yield Paragraph(inner.begin, inner.end, text, speaker)


def _words(element: ET.Element) -> str:
    """Text with ``br`` as line ends; white space of the source counts as a blank."""
    parts = [" ".join((element.text or "").split("\n"))]
    for child in element:
        parts.append("\n" if _local(child) == "br" else _words(child))
        parts.append(" ".join((child.tail or "").split("\n")))
    return "".join(parts)
