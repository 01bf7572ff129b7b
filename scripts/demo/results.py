"""What came out of the demo."""

from dataclasses import dataclass

from scripts.demo.questions import Question
from search_api.schemas import Hit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought; ``found`` is the first hit's clip."""

    question: Question
    hit: Hit | None

    @property
    def found(self) -> str | None:
        """Name of the clip that came first."""
        return self.hit.asset.name if self.hit else None

    @property
    def right(self) -> bool:
        """The expected clip came first, for the expected reason."""
        if self.hit is None or self.found != self.question.clip:
            return False
        signals = {match.signal for match in self.hit.matched}
        return self.question.by in signals and (self.question.by != "visual" or signals <= {"visual"})


@dataclass(frozen=True, slots=True)
class Played:
    """A piece of a proxy fetched at the moment, and whether a player could decode the picture there."""

    clip: str
    start: float
    first_byte: int
    milliseconds: float
    decoded: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A production in the vault; ``verified`` compares digests taken here before and after.

    Attributes:
        moves: Masters that this run moved; none where an earlier run has.
    """

    moves: int
    verified: bool
    clips: list[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A moment of a sleeping master, brought back for a trailer.

    Attributes:
        restores: Status of each restore in the end.
        subclip: Every frame of the subclip could be decoded.
        edl: The cut was written.
        asleep: The master sleeps again.
    """

    clip: str
    played: bool
    cost: str
    restores: list[str]
    subclip: bool
    edl: bool
    asleep: bool

    @property
    def right(self) -> bool:
        """Everything worked."""
        done = self.restores and all(status == "verified" for status in self.restores)
        return bool(done) and self.played and self.subclip and self.edl and self.asleep


@dataclass(frozen=True, slots=True)
class Returned:
    """A restored master; ``verified`` compares our own digest of the file with the one on record."""

    clip: str
    cost: str
    seconds: float
    sha256: str
    verified: bool
