"""Wire types of search and assets. Positions are frame ordinals; seconds are for players and people."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from search_api.schemas_reading import Understood
from search_api.wire import Wire

SignalName = Literal["visual", "speech", "onscreen", "face", "description", "name"]
SIGNALS: tuple[SignalName, ...] = ("visual", "speech", "onscreen", "face", "description", "name")

Money = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""An exact decimal inside; a JSON number on the wire, whose text is the decimal itself."""

ASSET_ID = "ast_01K9X2V7QJ8M4T6W0N3B5C7D9F"


def _listed(value: object) -> object:
    """Let one value stand for a list of one; the search reads ``a,b`` as two."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _texted(value: object) -> object:
    """Let a JSON number or boolean stand where a query string has its text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Words = Annotated[list[str], BeforeValidator(_listed)]
Scalar = Annotated[str | None, BeforeValidator(_texted)]


class Problem(Wire):
    """What went wrong (RFC 9457), which code it has everywhere, and what to do about it."""

    type: str = Field(description="Address that names the kind of problem.", examples=["/problems/bad-query"])
    title: str = Field(description="The kind of problem in words.", examples=["Bad query"])
    status: int = Field(description="HTTP status.", examples=[422])
    detail: str = Field(description="What happened this time.", examples=["The query is empty."])
    code: str = Field(description="Stable code, the same on the command line.", examples=["bad-query"])
    remedy: str = Field(description="What to do next.", examples=["Give a few words."])
    retryable: bool = Field(description="Whether the same request may succeed later.", examples=[False])
    exit_code: int = Field(70, description="Exit code of the command line for this.", examples=[2])
    facts: dict[str, object] = Field(default_factory=dict, description="Machine-readable facts.")


class AssetFilters(BaseModel):
    """Which assets take part. Lists may be repeated or joined by commas; filters are joined by AND."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    location: Words = Field([], description="Names of locations.")
    storage_class: Words = Field(
        [], alias="class", description="Storage classes of the master; `cold` means all that need a restore."
    )
    year: Scalar = Field(None, description="`1987`, `1987..1992`, `1987..` or `..1992`.")
    duration: Scalar = Field(None, description="Seconds: `10..60`, `10..` or `..60`.")
    kind: Words = Field([], description="`video`, `still` or `sound`.")
    has_speech: Scalar = Field(None, description="`true` or `false`.")
    black_and_white: Scalar = Field(None, description="`true` or `false`.")
    person: Words = Field([], description="Names of people who all appear.")


class SearchRequest(AssetFilters):
    """A search."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"q": "a rabbit", "class": ["cold"]}]})

    q: str = Field(
        "",
        description='Words that describe it; "quoted phrases" are exact; `person:`, `said:`, `onscreen:`, '
        "`year:`, `in:`, `class:`, `kind:`, `-word`, `NOT`, `OR`, `A then B within 20s`.",
        examples=["a rabbit"],
    )
    limit: int = Field(20, ge=1, le=200, description="Most hits of one page.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    signals: Words = Field([], description="Signals that may take part; all when empty.")
    collapse: bool = Field(
        True, description="Show the same pictures once, in the best master that passes the filters."
    )
    per_asset: int = Field(3, ge=1, le=200, description="Most hits of one asset.")
    demand: bool = Field(True, description="Counts as unmet demand if it finds nothing good.")
    visual_pack: Scalar = Field(None, description="Search with this visual pack in place of the one in use.")
    text_pack: Scalar = Field(None, description="Search with this text pack in place of the one in use.")


class AssetRef(Wire):
    """Which asset."""

    id: str = Field(examples=[ASSET_ID])
    name: str = Field(description="Path within the location.", examples=["films/meadow.mov"])
    uri: str = Field(description="Address of the master.", examples=["file:///footage/films/meadow.mov"])
    kind: Literal["video", "still", "sound"] = Field("video", examples=["video"])


class Range(Wire):
    """Where in the asset."""

    in_frame: int | None
    out_frame: int | None
    start: float | None = Field(description="Seconds.")
    end: float | None = Field(description="Seconds.")
    timecode: str | None = None


class Match(Wire):
    """Why a signal holds this hit to match."""

    signal: SignalName = Field(examples=["speech"])
    score: float = Field(description="In the signal's own scale; larger is better.", examples=[7.25])
    why: str = Field(description="The reason, for people.", examples=["said: ask what «your country» can do"])
    contribution: float = Field(
        0.0, description="Part of the hit's score, 0..1; those of a hit add up to 1.", examples=[0.62]
    )
    words: list[str] = Field([], description="What was found of the query.", examples=[["your country"]])
    text: str | None = Field(None, description="Where, found words in «guillemets».")
    frame: int | None = Field(None, description="The frame that matched.", examples=[320])
    person: str | None = Field(None, description="Who is seen.", examples=["Ada Lovelace"])
    encoder: str | None = Field(None, description="The pack that compared.", examples=["all-MiniLM-L6-v2"])


class Playback(Wire):
    """Where to play it; ``url`` is None while the asset has no proxy."""

    url: str | None = Field(examples=[f"/v1/assets/{ASSET_ID}/proxy"])
    start: float | None = Field(description="Seconds into the proxy.", examples=[12.48])


class Master(Wire):
    """Where the master lives, how long it takes and what it costs to have it back."""

    storage_class: str = Field(examples=["DEEP_ARCHIVE"])
    restore: Literal["none", "needed", "in progress", "restored"] = Field(examples=["needed"])
    eta_seconds: int | None = Field(examples=[43200])
    cost_usd: Money | None = Field(examples=[0.42])


class HitStep(Range):
    """One step of a sequence (`A then B`)."""

    matched: list[Match]
    picture: str | None = Field(None, description="Address of a still of the step.")


class Hit(Wire):
    """A moment that answers the query."""

    asset: AssetRef
    in_frame: int | None = Field(description="First frame; None for sound and stills.", examples=[312])
    out_frame: int | None = Field(description="Frame after the last.", examples=[480])
    start: float | None = Field(description="Seconds; None for stills.", examples=[12.48])
    end: float | None = Field(description="Seconds.", examples=[19.2])
    timecode: str | None = Field(description="SMPTE label of the first frame.", examples=["10:00:12:12"])
    score: float = Field(
        description="Fused score; orders one reply, compares with no other.", examples=[0.031]
    )
    confidence: Literal["strong", "possible", "weak"] = Field(
        description="How sure it is, measured against chance.", examples=["possible"]
    )
    matched: list[Match]
    duplicates: int = Field(
        0, description="Other assets that show the same and were found, too.", examples=[2]
    )
    also_in: list[str] = Field(default_factory=list, description="Their ids.", examples=[[ASSET_ID]])
    playback: Playback
    master: Master
    picture: str | None = Field(
        None,
        description="Address of a still of the moment.",
        examples=[f"/v1/assets/{ASSET_ID}/keyframes/320"],
    )
    steps: list[HitStep] = Field(
        default_factory=list, description="Of `A then B`: where each step lies, in order of time."
    )


class SearchReply(Wire):
    """Hits, best first, and which signals took part."""

    query: str = Field(examples=["a rabbit in a meadow"])
    signals: dict[SignalName, str] = Field(
        description="`on`, or `off: ` and a sentence that says how to turn it on.",
        examples=[{"visual": "on", "face": "off: no person has a name yet."}],
    )
    hits: list[Hit]
    next_cursor: str | None = Field(None, description="Hand it back as `cursor` for the next page.")
    understood: Understood
    notes: list[str] = Field(default_factory=list, description="What to know about this answer.")


class Technical(Wire):
    """Technical facts; None where there is none, or nobody looked yet."""

    rate: str | None = Field(description="Frames per second, rational.", examples=["30000/1001"])
    frames: int | None = Field(examples=[7191])
    width: int | None = Field(examples=[1920])
    height: int | None = Field(examples=[1080])
    rotation: int = Field(0, description="Degrees.")
    field_order: str | None = None
    colour: dict[str, str] = Field(default_factory=dict)
    codec: str | None = Field(examples=["h264"])
    container: str | None = Field(examples=["mov,mp4"])
    start_timecode: str | None = Field(examples=["10:00:00:00"])
    drop_frame: bool = False
    variable_rate: bool = False


class Copy(Wire):
    """One instance of the asset."""

    id: str
    location: str = Field(description="Name of the location.", examples=["footage"])
    name: str = Field(examples=["films/meadow.mov"])
    uri: str
    size: int = Field(description="Bytes.")
    storage_class: str = Field(examples=["STANDARD"])
    restore: str = Field(examples=["none"])
    available: bool
    kept_hot: bool = Field(False, description="A keep wants it awake where it is.")


class Links(Wire):
    """Where the asset's files are served; None while there is none."""

    proxy: str | None
    poster: str | None
    captions: str | None


class Asset(Wire):
    """What is known of one asset, briefly."""

    id: str = Field(examples=[ASSET_ID])
    kind: Literal["video", "still", "sound"]
    name: str = Field(examples=["films/meadow.mov"])
    location: str = Field(description="Name of the location.", examples=["footage"])
    state: str = Field(examples=["present"])
    storage_class: str = Field(examples=["STANDARD"])
    duration: float | None = Field(description="Seconds.", examples=[61.5])
    year: int | None = Field(examples=[1987])
    year_source: str | None = Field(
        description="Which kind of date the year comes from.", examples=["recorded"]
    )
    has_speech: bool | None
    version: int = Field(description="Grows each time the master's bytes are replaced.", examples=[1])
    indexed_at: datetime | None


class AssetDetail(Asset):
    """What is known of one asset."""

    sha256: str | None = Field(description="Digest of the master.")
    technical: Technical
    master: Master
    links: Links
    instances: list[Copy]


class AssetPage(Wire):
    """A page of assets in id order."""

    assets: list[Asset]
    next_cursor: str | None = None


class Shot(Range):
    """Cut to cut."""

    id: str
    ordinal: int


class Keyframe(Wire):
    """A representative still of a shot."""

    frame: int
    seconds: float | None
    timecode: str | None
    shot: str
    url: str


class Cue(Range):
    """Words heard or captioned."""

    ordinal: int
    text: str
    kind: str = Field(description="`caption`, `sdh`, `forced`, `translation`, `recognised` or `draft`.")
    language: str | None = None
    speaker: str | None = None
    confidence: float | None = None


class Box(Wire):
    """A region of the picture, in fractions of width and height."""

    left: float
    top: float
    width: float
    height: float


class Face(Range):
    """A face followed through a shot."""

    ordinal: int
    asset: str
    best_frame: int
    box: Box
    quality: float
    person: str | None = Field(description="Id of the person, once named.")
    cluster: str | None = Field(None, description="Id of the cluster of faces like this one.")
    picture: str


class ScreenText(Range):
    """Text read off the picture."""

    ordinal: int
    box: Box
    text: str
    confidence: float


class Statement(Range):
    """What is known, and who says so: `person:…` or `stage:…`."""

    id: str
    field: str
    value: str
    source: str
    draft: bool = Field(
        False, description="Found by a descriptor that is often wrong: its precision or recall is below 0.8."
    )
    language: str | None = None
    confidence: float | None = None
    supersedes: str | None = Field(None, description="Id of the statement it corrects.")


class Rendition(Wire):
    """One encoding of the asset."""

    role: str
    size: int
    sha256: str
    media_type: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    url: str | None = None


class ShotList(Wire):
    """Shots in order; they cover the whole picture."""

    shots: list[Shot]


class KeyframeList(Wire):
    """Keyframes in order."""

    keyframes: list[Keyframe]


class Transcript(Wire):
    """Cues in order."""

    cues: list[Cue]


class FaceList(Wire):
    """Face tracks in order."""

    faces: list[Face]


class ScreenTextList(Wire):
    """Text on screen in order."""

    texts: list[ScreenText]


class StatementList(Wire):
    """Statements that nothing supersedes."""

    statements: list[Statement]


class RenditionList(Wire):
    """Renditions by role."""

    renditions: list[Rendition]
