"""Reads our own renditions back: proxies and analysis sound. Masters are never opened here."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from foundation.errors import RenditionNotFound, StorageError
from media.keyframes import Picture, worth

_CANDIDATES = (Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(0))


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open one of our renditions.

    Raises:
        RenditionNotFound: It is not there.
        StorageError: It does not open or decode: it was damaged after it was made.
    """
    try:
        with av.open(str(path)) as container:
            yield container
    except FileNotFoundError as error:
        raise RenditionNotFound(f"There is no {path.name} in {path.parent}.") from error
    except av.FFmpegError as error:
        raise StorageError(
            f"{path} is damaged: {error}.", remedy="Delete it and index the asset again."
        ) from error


def picture_stamps(path: Path) -> tuple[Fraction, list[int]]:
    """Time base and ascending presentation stamps of every frame of a proxy, without decoding it."""
    with opened(path) as container:
        stream = container.streams.video[0]
        stamps = [packet.pts for packet in container.demux(stream) if packet.size and not packet.is_discard]
        return stream.time_base, sorted(stamps)


def sound_samples(path: Path) -> int:
    """Samples in a sound rendition, counted in its packets."""
    with opened(path) as container:
        stream = container.streams.audio[0]
        ticks = sum(packet.duration or 0 for packet in container.demux(stream) if packet.size)
        return int(ticks * stream.time_base * stream.codec_context.sample_rate)


def best_picture(path: Path) -> Picture:
    """The best of a few pictures spread over a proxy, RGB at its size."""
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        pictures = (_at(container, stream, place) for place in _CANDIDATES)
        return max((p for p in pictures if p is not None), key=worth)


def _at(container: Any, stream: Any, place: Fraction) -> Picture | None:
    container.seek(int((stream.duration or 0) * place), stream=stream)
    frame = next(container.decode(stream), None)
    return None if frame is None else np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
