"""Wire types of timelines: moments on their way to an editing program, and lists on their way back."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from foundation.errors import BadRange
from search_api.schemas import ASSET_ID, AssetRef, Hit
from search_api.wire import Wire

TimelineFormat = Literal["edl", "otio", "fcpxml"]
ReadFormat = Literal["edl", "otio"]
Against = Literal["proxy", "master"]
MOST_MOMENTS = 10_000
MOST_TEXT = 16 << 20
"""Characters of a timeline that is handed in."""

_MOMENT = re.compile(r"(?P<asset>[^@\s]+)(?:@(?P<first>[^-\s]*)-(?P<last>[^-\s]*))?\Z")
_HOW = f"Write it like {ASSET_ID}, or with a range: {ASSET_ID}@120-240, @10:00:04:20-10:00:09:15, @4.8s-9.6s."


class Moment(BaseModel):
    """A range of an asset: frame numbers, timecode labels, or seconds with an ``s`` (`12.5s`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    asset: str = Field(max_length=64, examples=[ASSET_ID])
    first: int | str | None = Field(
        None, alias="in", description="First frame; the asset's first when missing.", examples=[120]
    )
    last: int | str | None = Field(
        None, alias="out", description="Frame after the last; the asset's end when missing.", examples=[240]
    )


def moment_of(text: str) -> Moment:
    """Read ``ASSET`` or ``ASSET@IN-OUT``.

    Raises:
        BadRange: It is neither.
    """
    match = _MOMENT.match(text.strip())
    if match is None:
        raise BadRange(f"{text[:80]!r} names no moment.", remedy=_HOW)
    return Moment(asset=match["asset"][:64], first=match["first"] or None, last=match["last"] or None)


def moment_of_hit(hit: Hit) -> Moment:
    """Return where a hit lies: in frames, in a sound in seconds, else whole.

    What captions beside a master tell has seconds long before anybody looked at the master; without its clock
    no range of it can be named.
    """
    if hit.in_frame is not None:
        return Moment(asset=hit.asset.id, first=hit.in_frame, last=hit.out_frame)
    if hit.asset.kind != "sound" or hit.start is None or hit.end is None or hit.playback.url is None:
        return Moment(asset=hit.asset.id)
    return Moment(asset=hit.asset.id, first=f"{hit.start:.6f}s", last=f"{hit.end:.6f}s")


class TimelineRequest(BaseModel):
    """Moments in the order of the timeline."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    moments: list[Moment] = Field(min_length=1, max_length=MOST_MOMENTS)
    format: TimelineFormat = Field("edl", description="CMX 3600, OpenTimelineIO or FCPXML 1.9.")
    against: Against = Field("proxy", description="Which media the timeline refers to.")
    name: str = Field("Rekindle", min_length=1, max_length=200, description="Title of the timeline.")
    handles: int = Field(0, ge=0, le=100_000, description="Frames added at either end of every moment.")
    rate: str | None = Field(
        None,
        max_length=20,
        description="Frames per second of the timeline, rational; else the rate most moments have.",
        examples=["30000/1001"],
    )
    media_root: str | None = Field(
        None,
        min_length=1,
        max_length=4096,
        description="Folder in which the editor finds the media; else where they are now.",
        examples=["/Volumes/RAID/footage"],
    )
    whole_reels: bool = Field(
        False, description="EDL: reel names longer than CMX 3600's eight characters, as Resolve matches them."
    )
    hour: int = Field(1, ge=0, le=23, description="Hour at which the timeline's own timecode begins.")


class TimelineText(BaseModel):
    """A timeline of an editing program."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: ReadFormat = Field(examples=["edl"])
    text: str = Field(max_length=MOST_TEXT, description="The file.")
    rate: str | None = Field(
        None,
        max_length=20,
        description="Frames per second by which an EDL counts sound; pictures count by their own.",
        examples=["25"],
    )


class TimelineClip(Wire):
    """One clip of a timeline, and the moment it stands for."""

    name: str = Field(examples=["A001_C002.mov"])
    reel: str | None = Field(examples=["A001_C002"])
    file: str | None = Field(description="Name, path or address of its media as written.")
    asset: AssetRef | None = Field(description="None where it could not be found: `unresolved` says why.")
    in_frame: int | None = Field(description="First frame in the asset; None for sound and stills.")
    out_frame: int | None = Field(description="Frame after the last.")
    start: float | None = Field(description="Seconds in the asset; None for stills.")
    end: float | None = Field(description="Seconds.")
    timecode: str | None = Field(description="Source timecode of the first frame.")
    unresolved: str | None = Field(description="Why nothing was found for it, else None.")


class ReadTimeline(Wire):
    """The clips of a timeline in order; none is left out."""

    name: str
    clips: list[TimelineClip]
    resolved: int = Field(description="Clips whose asset is known.", examples=[11])
