"""Port to full text."""

from dataclasses import dataclass
from typing import Protocol

from catalog.query import AssetFilter
from foundation.ids import (
    AssetId,
)
from foundation.timecode import FrameRange, SampleRange


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Words to find in full text.

    Attributes:
        terms: Free words, stemmed; tried joined by AND first, then by OR.
        phrases: Exact phrases, unstemmed, all required; they match across neighbouring cues.
    """

    terms: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextMatch:
    r"""A passage, screen text, name or statement that holds the words.

    Attributes:
        score: BM25, larger is better.
        highlight: The text with matched words between ``\x02`` and ``\x03``.
        matched: The words of the query that were found.
    """

    asset_id: AssetId
    row: int
    score: float
    text: str
    highlight: str
    matched: tuple[str, ...]
    sound: SampleRange | None = None
    frames: FrameRange | None = None
    source: str = ""


class Words(Protocol):
    """Full text. Limits apply after the filter."""

    def speech(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Passages (``sound`` set; ``row`` is the passage's ordinal; ``source`` its cue kind)."""

    def onscreen(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Text on screen (``frames`` set)."""

    def names(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Names, titles and file metadata."""

    def descriptions(self, query: TextQuery, where: AssetFilter, limit: int) -> list[TextMatch]:
        """Statements, human and machine (``frames`` set where the statement has a range)."""
