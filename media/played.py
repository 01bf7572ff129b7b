"""Reads our own renditions back: proxies and analysis sound. Masters are never opened here."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """When the frames of a proxy are shown, and which of them need no other to be decoded.

    Attributes:
        time_base: Seconds per tick.
        stamps: Presentation stamp of every frame in ticks, ascending.
        sync: Ordinals of the sync frames, ascending.
    """

    time_base: Fraction
    stamps: tuple[int, ...]
    sync: tuple[int, ...]


def picture_order(path: Path) -> PictureOrder:
    """Read when the frames of a proxy are shown, without decoding it."""
    with opened(path) as container:
        stream = container.streams.video[0]
        packets = sorted(
            (packet.pts, packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size and not packet.is_discard
        )
        sync = tuple(ordinal for ordinal, (_, is_sync) in enumerate(packets) if is_sync)
        return PictureOrder(stream.time_base, tuple(stamp for stamp, _ in packets), sync)


def frames_at(path: Path, stamps: Collection[int]) -> Iterator[Any]:
    """Decode the frames of a proxy with these stamps, ascending, and no others than lead to them.

    A group of pictures is decoded from its sync frame to the last frame that is wanted of it; most need
    nothing but the sync frame.
    """
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for group in _groups(container.demux(stream)):
            ends = [end for end, packet in enumerate(group, 1) if packet.pts in stamps]
            if ends:
                yield from _decoded(stream.codec_context, group[: ends[-1]], stamps)


def _groups(packets: Iterable[Any]) -> Iterator[list[Any]]:
    """Packets from one sync frame to the next; proxies have closed groups, one a second."""
    group: list[Any] = []
    for packet in packets:
        if packet.is_keyframe and group:
            yield group
            group = []
        if packet.size:
            group.append(packet)
    yield group


def _decoded(decoder: Any, group: list[Any], stamps: Collection[int]) -> list[Any]:
    # The end of the stream (None) makes a decoder give up what it holds back for reordering.
    frames = [frame for packet in (*group, None) for frame in decoder.decode(packet) if frame.pts in stamps]
    decoder.flush_buffers()
    return frames


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
