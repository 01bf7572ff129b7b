"""Clips of somebody's timeline → assets and ranges. What cannot be found is named, never dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from catalog.model import Asset, AssetKind, AssetState
from catalog.query import AssetFilter
from catalog.repository import CatalogReader, TextQuery
from foundation.errors import BadTimecode
from foundation.ids import AssetId
from foundation.timecode import SOUND_RATE, FrameRange, SampleRange, count_of
from media.timeline import USUAL_RATE, cmx_reel
from media.timeline_read import ReadClip
from search_api.services.positions import Picture, frames_per_day, picture_of
from search_api.services.timelines import Timelines

_MOST_CANDIDATES = 200
_TOLD = 3


@dataclass(frozen=True, slots=True)
class Resolved:
    """A clip and the moment it stands for.

    Attributes:
        asset: None where it was not found.
        frames: Presented frames, for video.
        sound: Samples, for sound.
        reason: Why it was not found, else None.
    """

    clip: ReadClip
    asset: Asset | None = None
    frames: FrameRange | None = None
    sound: SampleRange | None = None
    reason: str | None = None


class Resolver:
    """Finds the assets that clips speak of: by our own mark, by file name, by reel; the range decides ties.

    Args:
        reader: What is known of assets.
        timelines: Pts tables, kept between requests.
        rate: Frames per second by which labels of sound count.
    """

    def __init__(self, reader: CatalogReader, timelines: Timelines, rate: Fraction | None) -> None:
        self._reader, self._timelines = reader, timelines
        self._rate = rate or USUAL_RATE

    def resolve(self, clip: ReadClip) -> Resolved:
        """One clip."""
        candidates = self._candidates(clip)
        if not candidates:
            return Resolved(clip, reason=f"No asset has {_description(clip)}.")
        placed = [self._placed(clip, asset) for asset in candidates]
        fitting = [item for item in placed if item.reason is None]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            return placed[0] if len(placed) == 1 else Resolved(clip, reason=_several(placed, "none holds it"))
        return _closest(clip, fitting)

    def _candidates(self, clip: ReadClip) -> list[Asset]:
        """Assets of the best kind of evidence that leads anywhere."""
        if clip.asset is not None and (ours := self._visible([AssetId(clip.asset)])):
            return ours
        if clip.file is not None and (named := self._named(file_name(clip.file))):
            return named
        return self._on_reel(clip.reel) if clip.reel is not None else []

    def _visible(self, asset_ids: Iterable[AssetId]) -> list[Asset]:
        hidden = (AssetState.WITHDRAWN, AssetState.ERASED)
        found = self._reader.assets.many(asset_ids)
        return [asset for asset in found.values() if asset.state not in hidden]

    def _named(self, name: str) -> list[Asset]:
        """Assets with this file name, else with its stem: a proxy's suffix is not its master's."""
        stem = PurePosixPath(name).stem
        found = self._search(TextQuery(phrases=(stem,)))
        same = [a for a in found if PurePosixPath(a.name).name.casefold() == name.casefold()]
        return same or [a for a in found if PurePosixPath(a.name).stem.casefold() == stem.casefold()]

    def _on_reel(self, reel: str) -> list[Asset]:
        """Assets whose reel is this one, or is cut to it by CMX 3600."""
        stated = self._reader.words.descriptions(TextQuery(phrases=(reel,)), AssetFilter(), _MOST_CANDIDATES)
        told = [match.asset_id for match in stated if match.text.casefold() == reel.casefold()]
        if told:
            return self._visible(told)
        found = self._search(TextQuery(phrases=(reel,))) or self._search(TextQuery(terms=(f"{reel}*",)))
        short = cmx_reel(reel)
        return [asset for asset in found if short == cmx_reel(PurePosixPath(asset.name).stem)]

    def _search(self, query: TextQuery) -> list[Asset]:
        matches = self._reader.words.names(query, AssetFilter(), _MOST_CANDIDATES)
        return self._visible(dict.fromkeys(match.asset_id for match in matches))

    def _placed(self, clip: ReadClip, asset: Asset) -> Resolved:
        """The clip's range in an asset, if it lies there."""
        if asset.kind is AssetKind.STILL:
            return Resolved(clip, asset)
        if asset.kind is AssetKind.SOUND:
            return self._in_sound(clip, asset)
        picture = picture_of(asset, self._timelines.of(self._reader, [asset]).get(asset.id))
        if picture is None:
            return Resolved(
                clip, reason=f"Nobody has looked at {asset.name!r} yet: its frames are not known."
            )
        frames = _in_picture(clip, picture)
        if frames is None:
            return Resolved(clip, reason=f"Its timecode lies outside {asset.name!r}.")
        return Resolved(clip, asset, frames)

    def _in_sound(self, clip: ReadClip, asset: Asset) -> Resolved:
        counted = _counts(clip, self._rate)
        total = asset.technical.samples or (asset.duration_ms or 0) * SOUND_RATE // 1000
        if counted is None:
            return Resolved(clip, reason="Its timecode cannot be read.")
        rate = clip.rate or self._rate
        first, last = (int(count * SOUND_RATE / rate) for count in counted)
        if not 0 <= first < min(last, total):
            return Resolved(clip, reason=f"Its timecode lies outside {asset.name!r}.")
        return Resolved(clip, asset, sound=SampleRange(first, min(last, total)))


def _in_picture(clip: ReadClip, picture: Picture) -> FrameRange | None:
    """Presented frames; a clip may count from the file's timecode, or from zero where that was lost."""
    counted = _counts(clip, picture.rate)
    if counted is None:
        return FrameRange(0, len(picture.pts)) if clip.label_in is None and clip.count_in is None else None
    if clip.rate is not None and clip.rate != picture.rate:
        factor = picture.rate / clip.rate
        counted = (round(counted[0] * factor), round(counted[1] * factor))
    starts = (0,) if clip.available is not None else dict.fromkeys((picture.start, 0))
    for start in starts:
        found = _within(picture, counted[0] - start, counted[1] - counted[0])
        if found is not None:
            return found
    return None


def _within(picture: Picture, first: int, length: int) -> FrameRange | None:
    if first < 0:
        first += frames_per_day(picture.rate, drop_frame=picture.drop_frame)
    if not 0 <= first < picture.frames:
        return None
    return picture.to_presented(FrameRange(first, min(first + max(length, 1), picture.frames)))


def _counts(clip: ReadClip, rate: Fraction) -> tuple[int, int] | None:
    """Frame counts of in and out: from the media's first frame where the clip says it, else from midnight."""
    if clip.count_in is not None and clip.count_out is not None:
        origin = clip.available or 0
        return clip.count_in - origin, clip.count_out - origin
    if clip.label_in is None or clip.label_out is None:
        return None
    try:
        first, drop_frame = count_of(clip.label_in, rate)
        last, _ = count_of(clip.label_out, rate)
    except BadTimecode:
        return None
    return first, last if last >= first else last + frames_per_day(rate, drop_frame=drop_frame)


def file_name(written: str) -> str:
    """File name of a path or URL, of any platform."""
    path = unquote(urlsplit(written).path) if "://" in written else written
    return PurePosixPath(path.replace("\\", "/")).name


def _description(clip: ReadClip) -> str:
    known = []
    if clip.file is not None:
        known.append(f"the file name {file_name(clip.file)!r}")
    if clip.reel is not None:
        known.append(f"the reel {clip.reel!r}")
    return " or ".join(known) or "a name that it could be known by"


def _several(found: Sequence[Resolved], what: str) -> str:
    reasons = dict.fromkeys(item.reason for item in found if item.reason)
    return f"{len(found)} assets have this name and {what}: {' '.join(list(reasons)[:_TOLD])}"


def _closest(clip: ReadClip, fitting: Sequence[Resolved]) -> Resolved:
    """The one whose path shares the most folders with the clip's; several with as many stay unresolved."""
    folders = [_shared(clip.file or "", item.asset.name) for item in fitting if item.asset is not None]
    best = [item for item, shared in zip(fitting, folders, strict=True) if shared == max(folders)]
    if len(best) == 1:
        return best[0]
    names = ", ".join(item.asset.name for item in best[:_TOLD] if item.asset is not None)
    return Resolved(clip, reason=f"{len(best)} assets could be meant: {names}.")


def _shared(written: str, name: str) -> int:
    """Path parts that two names have in common, from the end."""
    path = unquote(urlsplit(written).path) if "://" in written else written.replace("\\", "/")
    pairs = zip(reversed(PurePosixPath(path).parts), reversed(PurePosixPath(name).parts), strict=False)
    count = 0
    for one, other in pairs:
        if one.casefold() != other.casefold():
            break
        count += 1
    return count
