"""One decode of the proxy: shots, sampled frames, keyframes, all in a single pass.

Samples lie on a grid inside each shot, away from the cut; a shot too short for the grid gives one frame. The
same proxy and the same shots give the same samples, whatever asks for them.
"""

from collections.abc import Callable, Iterator
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
from media.played import opened
from media.shots import KnownShots, ShotDetector, SmallPicture

KEYFRAME_FOLDER = "keyframes"
SECONDS_PER_KEYFRAME = 10
_SMALL_WIDTH = 256
_FRAMES_PER_REPORT = 50


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
    known_shots: tuple[FrameRange, ...] | None = None,
    glance: Callable[[int, SmallPicture], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Look:
    """Decode a proxy once and hand out what is in it.

    Args:
        proxy: ``proxy.mp4``.
        folder: The asset's folder; keyframes go to ``keyframes/`` in it.
        frames: How many frames the proxy has.
        rate: Frames per second, the average where it varies.
        per_second: Samples per second of a shot.
        detector: Says where shots begin.
        see: Called for every sample, in frame order.
        known_shots: Use these instead of the detector.
        glance: Called for every frame, in order, with a small BGR picture of it.
        progress: Called with the fraction done, 0..1.

    Returns:
        Shots, samples and keyframes.

    Raises:
        FrameCountMismatch: The proxy has another number of frames.
        StorageError: The proxy does not decode.
    """
    cuts: ShotDetector = detector if known_shots is None else KnownShots(known_shots)
    eye = _Eye(
        folder / KEYFRAME_FOLDER, Fraction(rate) / Fraction(per_second), rate * SECONDS_PER_KEYFRAME, see
    )
    count, shrink = 0, VideoReformatter()
    for ordinal, frame in enumerate(_frames(proxy)):
        small = _small(frame, shrink)
        eye.take(ordinal, frame, starts=cuts.begins(ordinal, small) or ordinal == 0)
        if glance is not None:
            glance(ordinal, small)
        count = ordinal + 1
        if progress is not None and count % _FRAMES_PER_REPORT == 0:
            progress(min(count / frames, 1.0))
    if count != frames:
        raise FrameCountMismatch(f"{proxy} has {count} frames, not {frames}.")
    return eye.close(frames)


def _frames(proxy: Path) -> Iterator[Any]:
    with opened(proxy) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # workers run side by side; threads would cost a fifth more
        yield from container.decode(stream)


def small_picture(picture: Picture) -> SmallPicture:
    """What ``glance`` gets, made of an RGB picture: for stills."""
    width = min(_SMALL_WIDTH, picture.shape[1])
    size = (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def _small(frame: Any, shrink: VideoReformatter) -> SmallPicture:
    width = min(_SMALL_WIDTH, frame.width)
    height = max(1, round(frame.height * width / frame.width))
    small = shrink.reformat(frame, width=width, height=height, format="bgr24", interpolation="FAST_BILINEAR")
    return np.asarray(small.to_ndarray(), dtype=np.uint8)


@dataclass(slots=True)
class _Eye:
    """Decides which frames are seen and which become keyframes; holds a handful of frames at most.

    Attributes:
        folder: Where keyframes go.
        step: Frames between samples.
        stretch: Frames that one keyframe may stand for.
        see: Takes the samples.
    """

    folder: Path
    step: Fraction
    stretch: Fraction
    see: Callable[[Sample], None]
    shots: list[int] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)
    keyframes: list[tuple[int, int, Path]] = field(default_factory=list)
    _early: list[tuple[int, Any]] = field(default_factory=list)
    _taken: int = 0
    _best: tuple[float, Sample] | None = None
    _stretches: int = 0
    _colour: VideoReformatter = field(default_factory=VideoReformatter)

    def take(self, ordinal: int, frame: Any, *, starts: bool) -> None:
        """Look at a frame; ``starts`` says that a shot begins with it."""
        if starts:
            self._end_shot()
            self.shots.append(ordinal)
        offset = ordinal - self.shots[-1]
        if offset >= self.step * (Fraction(self._taken) + Fraction(1, 2)):
            self._sample(ordinal, frame)
        elif not self._taken and offset & (offset - 1) == 0:
            # Powers of two, the last two of them: one lies between a quarter and half of a short shot.
            self._early = [*self._early[-1:], (ordinal, frame)]

    def close(self, frames: int) -> Look:
        """End the last shot and report."""
        self._end_shot()
        edges = [*self.shots, frames]
        shots = tuple(FrameRange(first, after) for first, after in pairwise(edges))
        return Look(shots, tuple(self.samples), tuple(self.keyframes))

    def _end_shot(self) -> None:
        if self._early and not self._taken:
            self._sample(
                *self._early[0]
                if len(self._early) > 1 and self._early[0][0] != self.shots[-1]
                else self._early[-1]
            )
        self._keep()
        self._early, self._taken, self._stretches = [], 0, 0

    def _sample(self, ordinal: int, frame: Any) -> None:
        self._taken += 1
        picture = self._colour.reformat(frame, format="rgb24").to_ndarray()
        sample = Sample(ordinal, np.asarray(picture, dtype=np.uint8))
        self.samples.append(ordinal)
        self._consider(sample)
        self.see(sample)

    def _consider(self, sample: Sample) -> None:
        """Keep the picture that stands best for the present stretch of the shot."""
        stretch = int((sample.frame - self.shots[-1]) // self.stretch)
        if stretch > self._stretches:
            self._keep()
            self._stretches = stretch
        value = worth(sample.picture)
        if self._best is None or value > self._best[0]:
            self._best = (value, sample)

    def _keep(self) -> None:
        if self._best is None:
            return
        sample = self._best[1]
        path = self.folder / f"f{sample.frame:08d}.jpg"
        write_jpeg(path, sample.picture)
        self.keyframes.append((sample.frame, len(self.shots) - 1, path))
        self._best = None
