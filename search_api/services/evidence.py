"""What signals hand to fusion: evidence that a place in an asset answers the query. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from foundation.ids import AssetId
from foundation.timecode import FrameRange, SampleRange
from search_api.schemas import SignalName

ON = "on"
LISTED = "filter"
"""``source`` of evidence that only passes the filters: nothing else was asked for."""
MEANING = "meaning"
"""``source`` of evidence that matched in meaning, not in words."""
DEFINITE = 0.3
"""Trust from which words set the range of a moment before looks do (some half of the query's words)."""


def off(sentence: str) -> str:
    """State of a signal that did not take part, and how to turn it on."""
    return f"off: {sentence}"


@dataclass(frozen=True, slots=True)
class Evidence:
    r"""One signal's reason to show one place.

    Attributes:
        score: In the signal's own scale, larger is better.
        trust: 0..1, how far the reason holds (share of the words found, nearness in meaning).
        frames: Where in picture; None with ``sound`` None stands for the whole asset.
        sound: Where in sound.
        position: The frame that looks best.
        highlight: Text with matched words between ``\x02`` and ``\x03``.
        source: What the text or the picture was matched by.
        encoder: Name of the pack whose vectors were compared, where any were.
        has_phrases: Every quoted phrase was found here.
        has_scoped: Every phrase asked of this signal alone (``said:``, ``onscreen:``) was found here.
        passage: Ordinal of the passage that holds the words, of which ``sound`` may be cut to some sentences.
    """

    signal: SignalName
    asset: AssetId
    score: float
    trust: float = 1.0
    frames: FrameRange | None = None
    sound: SampleRange | None = None
    position: int | None = None
    highlight: str = ""
    source: str = ""
    encoder: str = ""
    has_phrases: bool = False
    has_scoped: bool = False
    passage: int | None = None

    @property
    def is_definite(self) -> bool:
        """Say whether it names the very place: words said or read there, and not just a few of many."""
        is_read = self.signal in ("speech", "onscreen") and self.source != MEANING
        return is_read and self.trust >= DEFINITE

    @property
    def is_whole(self) -> bool:
        """Say whether it speaks of the asset as a whole."""
        return self.frames is None and self.sound is None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Evidence of one kind, best first.

    Attributes:
        name: Which kind; a signal may have several (words and meaning of speech).
        weight: How much it counts against the other rankings.
        is_full: There may be more evidence than was asked for.
    """

    name: str
    weight: float
    evidence: Sequence[Evidence]
    is_full: bool = False

    def among(self, assets: Collection[AssetId]) -> "Ranking":
        """The same, of these assets alone."""
        return replace(self, evidence=[item for item in self.evidence if item.asset in assets])


@dataclass(frozen=True, slots=True)
class SignalAnswer:
    """What one signal says to a query."""

    signal: SignalName
    state: str
    rankings: tuple[Ranking, ...] = ()
    notes: tuple[str, ...] = ()

    def joined(self, other: "SignalAnswer") -> "SignalAnswer":
        """Both parts of what the signal says; the state is that of the first."""
        return replace(self, rankings=self.rankings + other.rankings, notes=self.notes + other.notes)

    def settled(self, assets: Collection[AssetId]) -> "SignalAnswer":
        """What it says of these assets by rankings that hold all there is: asking again gives the same."""
        whole = (ranking for ranking in self.rankings if not ranking.is_full)
        return replace(self, rankings=tuple(ranking.among(assets) for ranking in whole))

    def part(self, names: Collection[str]) -> "SignalAnswer | None":
        """The rankings of these names; None where one is missing."""
        found = tuple(ranking for ranking in self.rankings if ranking.name in names)
        return replace(self, rankings=found) if len(found) == len(names) else None
