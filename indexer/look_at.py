"""The one look at an asset's proxy: every frame of a film, or the one picture of a still."""

from collections.abc import Sequence
from fractions import Fraction

from catalog.model import AssetKind, RenditionRole
from foundation.timecode import FrameRange
from indexer.describing import Descriptors
from indexer.fingerprints import Fingerprints
from indexer.pipeline import Observer
from indexer.seeing import Shots
from indexer.work import Work
from media.look import Look, Sample, look
from media.pictures import read_picture
from media.shots import ContentShotDetector, SmallPicture


def look_at(work: Work, observers: Sequence[Observer]) -> Look:
    """Let every observer see the asset's samples; shots that are on record are not looked for again."""
    return (_still if work.asset.kind is AssetKind.STILL else _film)(work, observers)


def _still(work: Work, observers: Sequence[Observer]) -> Look:
    sample = Sample(0, read_picture(work.folder / work.renditions[RenditionRole.STILL].path))
    for observer in observers:
        observer.see(sample)
    poster = work.folder / work.renditions[RenditionRole.POSTER].path
    return Look((FrameRange(0, 1),), (0,), ((0, 0, poster),))


def _film(work: Work, observers: Sequence[Observer]) -> Look:
    settings = work.services.settings
    proxy = work.renditions[RenditionRole.PROXY]
    thumbnails = work.renditions.get(RenditionRole.THUMBNAILS)
    rate = work.asset.technical.rate or Fraction(25)

    def see(sample: Sample) -> None:
        for observer in observers:
            observer.see(sample)

    glancers = [observer for observer in observers if isinstance(observer, Descriptors | Fingerprints)]

    def glance(frame: int, picture: SmallPicture) -> None:
        for glancer in glancers:
            glancer.glance(frame, picture)

    return look(
        work.folder / proxy.path,
        work.folder,
        frames=proxy.frames or 0,
        rate=rate,
        per_second=settings.signals.frames_per_second,
        detector=ContentShotDetector(rate, settings.media.shot_threshold),
        see=see,
        thumbnails=None if thumbnails is None else work.folder / thumbnails.path,
        glance=glance if glancers else None,
        known_shots=_known_shots(work, observers),
        progress=lambda done: work.lease.report("look", done),
    )


def _known_shots(work: Work, observers: Sequence[Observer]) -> tuple[FrameRange, ...] | None:
    if any(isinstance(observer, Shots) for observer in observers):
        return None
    with work.services.catalog.read() as reader:
        return tuple(shot.frames for shot in reader.facts.shots(work.asset.id))
