"""One look at a proxy: every frame small, then the sampled frames whole, and keyframes made of those.

The small pictures come from the thumbnail track, or from the proxy itself where there is none; of the proxy
no more is decoded than leads to the samples. The same proxy and the same shots give the same samples,
whatever asks for them: :mod:`media.sampling`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from foundation.errors import FrameCountMismatch
from foundation.timecode import FrameRange
from media.keyframes import Picture, worth, write_jpeg
from media.played import PictureOrder, frames_at, opened, picture_order
from media.sampling import samples_of
from media.shots import ShotDetector, SmallPicture
from media.thumbnails import small_size

KEYFRAME_FOLDER = "keyframes"
SECONDS_PER_KEYFRAME = 10
_FRAMES_PER_REPORT = 50

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame worth a look.

    Attributes:
        frame: Its ordinal.
        picture: RGB at the proxy's size, height × width × 3, 0..255.
    """

    frame: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found.

    Attributes:
        shots: Contiguous ranges that cover every frame.
        samples: Ordinals of the frames that were seen, ascending; at least one in every shot.
        keyframes: (frame, ordinal of its shot, file) ascending; at least one in every shot.
    """

    shots: tuple[FrameRange, ...]
    samples: tuple[int, ...]
    keyframes: tuple[tuple[int, int, Path], ...]


def look(  # noqa: PLR0913 - one pass serves every reader of the picture
    proxy: Path,
    folder: Path,
    *,
    frames: int,
    rate: Fraction,
    per_second: float,
    detector: ShotDetector,
    see: Callable[[Sample], None],
    thumbnails: Path | None = None,
    known_shots: tuple[FrameRange, ...] | None = None,
    glance: Callable[[int, SmallPicture], None] | None = None,
    progress: Report | None = None,
) -> Look:
    """Look at a proxy once and hand out what is in it.

    Args:
        proxy: ``proxy.mp4``.
        folder: The asset's folder; keyframes go to ``keyframes/`` in it.
        frames: How many frames the proxy has.
        rate: Frames per second, the average where it varies.
        per_second: Samples per second of a shot.
        detector: Says where shots begin.
        see: Called for every sample, in frame order, after the last glance.
        thumbnails: The proxy's thumbnail track; without it the proxy is decoded whole for glances and shots.
        known_shots: Use these instead of the detector.
        glance: Called for every frame, in order, with a small BGR picture of it.
        progress: Called with the fraction done, 0..1.

    Returns:
        Shots, samples and keyframes.

    Raises:
        FrameCountMismatch: The proxy, or its thumbnail track, has another number of frames.
        StorageError: One of them does not decode.
    """
    order, report = picture_order(proxy), progress or (lambda _: None)
    _expect(len(order.stamps), frames, proxy)
    watch = _Watch(thumbnails or proxy, frames, None if known_shots is not None else detector, glance)
    starts = watch.starts(lambda done: report(done / 2))
    shots = known_shots or tuple(FrameRange(first, after) for first, after in pairwise([*starts, frames]))
    step, stretch = Fraction(rate) / Fraction(per_second), rate * SECONDS_PER_KEYFRAME
    keyframes = _Keyframes(folder / KEYFRAME_FOLDER, shots, stretch)
    wanted = [frame for shot in shots for frame in samples_of(shot, order.sync, step)]
    for number, sample in enumerate(_samples(proxy, order, wanted), 1):
        keyframes.consider(sample)
        see(sample)
        report((1 + number / len(wanted)) / 2)
    return Look(shots, tuple(wanted), keyframes.close())


def _expect(found: int, frames: int, path: Path) -> None:
    if found != frames:
        raise FrameCountMismatch(f"{path} has {found} frames, not {frames}.")


@dataclass(frozen=True, slots=True)
class _Watch:
    """Every frame once, small, for whoever asks for that.

    Attributes:
        path: Thumbnail track or proxy.
        frames: How many frames it has to have.
        detector: Says where shots begin; None where that is known.
        glance: Takes the pictures.
    """

    path: Path
    frames: int
    detector: ShotDetector | None
    glance: Callable[[int, SmallPicture], None] | None

    def starts(self, report: Report) -> list[int]:
        """First frames of shots as the detector has them; nothing is decoded where nobody watches."""
        if self.detector is None and self.glance is None:
            return [0]
        found, count = [0], 0
        for ordinal, picture in enumerate(_small_pictures(self.path)):
            if self._watched(ordinal, picture) and ordinal:
                found.append(ordinal)
            count = ordinal + 1
            if count % _FRAMES_PER_REPORT == 0:
                report(min(count / self.frames, 1.0))
        _expect(count, self.frames, self.path)
        return found

    def _watched(self, ordinal: int, picture: SmallPicture) -> bool:
        if self.glance is not None:
            self.glance(ordinal, picture)
        return self.detector is not None and self.detector.begins(ordinal, picture)


def _small_pictures(path: Path) -> Iterator[SmallPicture]:
    shrink = VideoReformatter()
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # workers run side by side; threads would cost a fifth more
        for frame in container.decode(stream):
            yield _small(frame, shrink)


def small_picture(picture: Picture) -> SmallPicture:
    """What ``glance`` gets, made of an RGB picture: for stills."""
    size = small_size(picture.shape[1], picture.shape[0])
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _small(frame: Any, shrink: VideoReformatter) -> SmallPicture:
    width, height = small_size(frame.width, frame.height)
    small = shrink.reformat(frame, width=width, height=height, format="bgr24", interpolation="FAST_BILINEAR")
    return np.asarray(small.to_ndarray(), dtype=np.uint8)


def _samples(proxy: Path, order: PictureOrder, wanted: Sequence[int]) -> Iterator[Sample]:
    colour, ordinals = VideoReformatter(), {order.stamps[frame]: frame for frame in wanted}
    count = 0
    for frame in frames_at(proxy, ordinals):
        count += 1
        picture = colour.reformat(frame, format="rgb24").to_ndarray()
        yield Sample(ordinals[frame.pts], np.asarray(picture, dtype=np.uint8))
    _expect(count, len(wanted), proxy)


@dataclass(slots=True)
class _Keyframes:
    """Keeps the sample that stands best for each stretch of each shot.

    Attributes:
        folder: Where keyframes go.
        shots: In order; samples come in the same order.
        stretch: Frames that one keyframe may stand for.
    """

    folder: Path
    shots: Sequence[FrameRange]
    stretch: Fraction
    _kept: list[tuple[int, int, Path]] = field(default_factory=list)
    _best: tuple[float, Sample] | None = None
    _place: tuple[int, int] = (0, 0)

    def consider(self, sample: Sample) -> None:
        """Take in the next sample."""
        place = self._place_of(sample.frame)
        if place != self._place:
            self._keep()
            self._place = place
        value = worth(sample.picture)
        if self._best is None or value > self._best[0]:
            self._best = (value, sample)

    def close(self) -> tuple[tuple[int, int, Path], ...]:
        """Frame, ordinal of its shot and file of all that were kept, ascending."""
        self._keep()
        return tuple(self._kept)

    def _place_of(self, frame: int) -> tuple[int, int]:
        ordinal = self._place[0]
        while frame not in self.shots[ordinal]:
            ordinal += 1
        return ordinal, int((frame - self.shots[ordinal].in_frame) // self.stretch)

    def _keep(self) -> None:
        if self._best is None:
            return
        sample = self._best[1]
        path = self.folder / f"f{sample.frame:08d}.jpg"
        write_jpeg(path, sample.picture)
        self._kept.append((sample.frame, self._place[0], path))
        self._best = None
