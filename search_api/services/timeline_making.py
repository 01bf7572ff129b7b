"""Moments of the archive as cuts of a timeline."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePosixPath
from urllib.parse import quote

from catalog.model import Asset, AssetKind, Instance, Rendition, Track, playable_of
from catalog.repository import CatalogReader
from foundation.errors import BadRange, TimelineUnsupported
from foundation.home import Home
from foundation.ids import AssetId
from foundation.timecode import SOUND_RATE, FrameRange
from media.probe import STANDARD_RATES
from media.timeline import (
    STILL_SECONDS,
    USUAL_RATE,
    Against,
    Cut,
    Media,
    Source,
    Timeline,
    make_timeline,
)
from media.timeline_edl import write_edl
from search_api.schemas_timelines import Moment, TimelineFormat, TimelineRequest
from search_api.services.positions import Picture, frames_between, picture_of, samples_between
from search_api.services.timelines import Timelines

_STILL_FRAMES = int(STILL_SECONDS * USUAL_RATE)


@dataclass
class Bench:
    """Makes cuts of moments; every asset is looked up once.

    Args:
        reader: What is known of assets.
        home: Where proxies lie.
        timelines: Pts tables, kept between requests.
        media_root: Folder in which the editor finds the media; None leaves them where they are.
    """

    reader: CatalogReader
    home: Home
    timelines: Timelines
    media_root: str | None = None
    _sources: dict[AssetId, tuple[Source, Picture | None]] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def cut(self, asset: Asset, moment: Moment) -> Cut:
        """One moment; raises BadRange where it lies outside the asset, or nobody has looked at it yet."""
        source, picture = self._source(asset)
        if picture is not None:
            frames = frames_between(picture, moment.first, moment.last)
            return Cut(source, picture.to_conform(frames), frames)
        if asset.kind is AssetKind.STILL:
            return Cut(source, FrameRange(0, _STILL_FRAMES))
        sound = samples_between(source.frames, moment.first, moment.last)
        return Cut(source, FrameRange(sound.start, sound.end))

    def _source(self, asset: Asset) -> tuple[Source, Picture | None]:
        if asset.id not in self._sources:
            self._sources[asset.id] = self._made(asset)
        return self._sources[asset.id]

    def _made(self, asset: Asset) -> tuple[Source, Picture | None]:
        picture = picture_of(asset, self.timelines.of(self.reader, [asset]).get(asset.id))
        if picture is None and asset.kind is AssetKind.VIDEO:
            raise BadRange(
                f"Nobody has looked at {asset.name!r} yet: its frames are not known.",
                remedy="Bring its master in (`rekindle restore quote`) and index it first.",
            )
        rate, frames = _extent(asset, picture)
        made = Source(
            asset=asset.id,
            kind=asset.kind.value,
            reel=self._reel(asset),
            rate=rate,
            frames=frames,
            media=self._media(asset, picture),
            drop_frame=picture is not None and picture.drop_frame,
            has_timecode=picture is not None and picture.has_timecode,
            sha256=asset.sha256,
            notes=_notes(picture),
        )
        return made, picture

    def _reel(self, asset: Asset) -> str:
        """The reel somebody wrote down, else the file's name: what editing programs take without one."""
        known = [s.value for s in self.reader.facts.statements(asset.id) if s.field == "reel"]
        return known[-1] if known else PurePosixPath(asset.name).stem

    def _media(self, asset: Asset, picture: Picture | None) -> dict[Against, Media]:
        found: dict[Against, Media] = {}
        renditions = self.reader.facts.renditions(asset.id)
        proxy = playable_of(renditions)
        tracks = [track for track in self.reader.assets.tracks(asset.id) if track.kind == "audio"]
        if proxy is not None:
            found["proxy"] = self._proxy(asset, proxy, picture, has_sound=bool(tracks))
        copies = self.reader.assets.instances(asset.id)
        if copies:
            found["master"] = self._master(asset, copies[0], picture, tracks)
        return found

    def _proxy(self, asset: Asset, proxy: Rendition, picture: Picture | None, *, has_sound: bool) -> Media:
        name = self._unique(asset, f"{PurePosixPath(asset.name).stem}{PurePosixPath(proxy.path).suffix}")
        here = str(self.home.asset(asset.id) / proxy.path)
        # A proxy of varying rate carries no timecode: its first frame is 00:00:00:00 to an editing program.
        start = 0 if picture is None or picture.variable else picture.start
        channels = (2,) if has_sound else _silent(asset)
        url = file_url(here if self.media_root is None else f"{self.media_root.rstrip('/')}/{name}")
        return Media(url, name, start, proxy.width, proxy.height, channels)

    def _master(
        self, asset: Asset, copy: Instance, picture: Picture | None, tracks: Sequence[Track]
    ) -> Media:
        technical = asset.technical
        url = copy.essence.uri
        if self.media_root is not None:
            url = file_url(f"{self.media_root.rstrip('/')}/{copy.name}")
        return Media(
            url=url,
            name=PurePosixPath(copy.name).name,
            start=0 if picture is None else picture.start,
            width=technical.width,
            height=technical.height,
            channels=tuple(track.channels or 1 for track in tracks) or _silent(asset),
        )

    def _unique(self, asset: Asset, name: str) -> str:
        """Editing programs tell files apart by name, and proxies lie in one folder."""
        if name.casefold() in self._names:
            path = PurePosixPath(name)
            name = f"{path.stem}_{asset.id[-6:]}{path.suffix}"
        self._names.add(name.casefold())
        return name


def _silent(asset: Asset) -> tuple[int, ...]:
    """Channels where no sound track is on record: sound alone has one all the same."""
    return (1,) if asset.kind is AssetKind.SOUND else ()


def _extent(asset: Asset, picture: Picture | None) -> tuple[Fraction, int]:
    if picture is not None:
        return picture.rate, picture.frames
    if asset.kind is AssetKind.STILL:
        return USUAL_RATE, _STILL_FRAMES
    samples = asset.technical.samples or (asset.duration_ms or 0) * SOUND_RATE // 1000
    return Fraction(SOUND_RATE), max(samples, 1)


def _notes(picture: Picture | None) -> tuple[str, ...]:
    if picture is None:
        return ()
    notes = []
    if picture.variable:
        notes.append(
            f"The frame rate varies: positions count {picture.rate} frames per second; conform at that rate."
        )
    if not picture.has_timecode:
        notes.append("No start timecode: the first frame is 00:00:00:00.")
    return tuple(notes)


def file_url(path: str) -> str:
    """A path as a ``file:`` URL; the bytes of undecodable names are kept."""
    return "file://" + quote(path.replace("\\", "/").encode("utf-8", "surrogateescape"))


def timeline_of(bench: Bench, assets: Sequence[Asset], request: TimelineRequest) -> Timeline:
    """The timeline of a request; ``assets`` are those of its moments, one each.

    Raises:
        BadRange: A moment lies outside its asset.
        TimelineUnsupported: There is no such media of an asset, or no such rate.
    """
    cuts = [bench.cut(asset, moment) for asset, moment in zip(assets, request.moments, strict=True)]
    rate = None if request.rate is None else rate_of(request.rate)
    return make_timeline(
        request.name, cuts, request.against, rate=rate, handles=request.handles, hour=request.hour
    )


def rate_of(text: str) -> Fraction:
    """A frame rate as typed; 23.976, 29.97 and 59.94 mean the exact ones.

    Raises:
        TimelineUnsupported: It is no standard rate.
    """
    try:
        asked = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        asked = Fraction(0)
    near = min(STANDARD_RATES, key=lambda standard: abs(standard - asked))
    if abs(near - asked) > Fraction(1, 100):
        known = ", ".join(str(rate) for rate in STANDARD_RATES if rate >= 23)
        raise TimelineUnsupported(f"{text[:20]!r} is no frame rate.", remedy=f"Use one of {known}.")
    return near


def written(timeline: Timeline, kind: TimelineFormat, *, whole_reels: bool = False) -> str:
    """The timeline as a file; raises TimelineUnsupported for what the format cannot carry."""
    if kind == "edl":
        return write_edl(timeline, whole_reels=whole_reels)
    # Most processes never write these; the library is native code and takes its time to load.
    if kind == "otio":
        from media.timeline_otio import write_otio  # noqa: PLC0415

        return write_otio(timeline)
    from media.timeline_fcpxml import write_fcpxml  # noqa: PLC0415

    return write_fcpxml(timeline)
