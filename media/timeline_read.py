"""What a timeline of another program says of its clips, before anybody looked for their assets."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ReadClip:
    """One clip as the file describes it; None where it does not say.

    Attributes:
        name: What a person calls it.
        reel: Reel name, possibly cut to eight characters.
        file: Name, path or URL of its media.
        asset: Id of the asset, where Rekindle wrote the file.
        label_in: Timecode of the source's first frame; meaningless without the source's rate.
        label_out: Timecode after its last frame.
        count_in: The same as a frame count since midnight at ``rate``.
        count_out: The same after its last frame.
        rate: Of ``count_in`` and ``count_out``.
        record_in: Where it lies on the record side.
        available: Count since midnight of the media's own first frame, where the file says it.
    """

    name: str
    reel: str | None = None
    file: str | None = None
    asset: str | None = None
    label_in: str | None = None
    label_out: str | None = None
    count_in: int | None = None
    count_out: int | None = None
    rate: Fraction | None = None
    record_in: str | None = None
    available: int | None = None


@dataclass(frozen=True, slots=True)
class ReadTimeline:
    """A timeline's title and its clips in order; gaps and transitions are left out."""

    name: str
    clips: tuple[ReadClip, ...]
