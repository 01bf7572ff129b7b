"""Essence that lies in several files, made into one file that can be probed like any other.

Parts of a camera card are rewrapped, not decoded. Numbered pictures are rewrapped where a film can carry them
as they are (JPEG, PNG), else kept without loss as FFV1.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from media.frame_clock import HEAD_BYTES, FrameClock
from media.tool import MediaLimits, OpenMaster, input_arguments, open_master, run_ffmpeg

ClockOf = Callable[[bytes], FrameClock]
"""Says how fast numbered pictures run, given the head of the first one."""

_PER_SECOND_OF_WORK = 24
"""So many pictures are given the time of a second of essence, however fast they run."""

_CARRIED = frozenset({".jpg", ".jpeg", ".png"})
_PICTURES = "dpx,exr,png,mjpeg,tiff"
_LINEAR_LIGHT = ".exr"
_FOR_SCREENS = "zscale=tin=linear:t=iec61966-2-1,format=gbrp16le"


def join_parts(parts: Sequence[Path], target: Path, limits: MediaLimits) -> None:
    """Rewrap the picture of the first part and the sound of the others into one QuickTime file.

    Args:
        parts: The part with the picture, then those with sound.
        target: ``.mov`` file to write.
        limits: What the child may use.

    Raises:
        ToolFailed: They cannot be joined.
        StorageError: One of them cannot be read, or changed meanwhile.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(open_master(part)) for part in parts]
        inputs = [argument for part in opened for argument in input_arguments(part, limits)]
        maps = ["-map", "0:v:0", "-map", "0:a?"]
        maps += [argument for n in range(1, len(opened)) for argument in ("-map", f"{n}:a")]
        first: OpenMaster = replace(opened[0], companions=tuple(opened[1:]))
        output = ["-c", "copy", "-map_metadata", "0", f"file:{target}"]
        run_ffmpeg([*inputs, *maps, *output], first, limits=limits, seconds=None)


def join_frames(frames: Sequence[Path], target: Path, limits: MediaLimits, clock_of: ClockOf) -> None:
    """Make one QuickTime file of numbered pictures, with the rate and the timecode that its clock has.

    Args:
        frames: In order, of one format and size.
        target: ``.mov`` file to write; a folder of links is made beside it.
        limits: What the child may use.
        clock_of: Tells the time by the first :data:`media.frame_clock.HEAD_BYTES` of the first one.

    Raises:
        ToolFailed: They cannot be joined.
        StorageError: The first one cannot be read.
    """
    suffix = frames[0].suffix.lower()
    folder = _linked(frames, target.with_suffix(".frames"))
    with open_master(frames[0]) as first:
        clock = clock_of(os.pread(first.fd, HEAD_BYTES, 0))
        source = [
            *("-protocol_whitelist", "file", "-format_whitelist", "image2", "-codec_whitelist", _PICTURES),
            *("-max_pixels", str(limits.max_pixels), "-f", "image2", "-framerate", str(clock.rate)),
            *("-i", f"file:{folder}/%08d{suffix}"),
        ]
        timecode = ["-timecode", clock.start] if clock.start else []
        # A header may tell the decoder another rate than is believed; stamps stay those of the reader.
        stamps = ["-fps_mode", "passthrough", "-enc_time_base:v", "demux"]
        output = [*_codec(suffix), *timecode, *stamps, f"file:{target}"]
        run_ffmpeg([*source, *output], first, limits=limits, seconds=len(frames) / _PER_SECOND_OF_WORK)


def _linked(frames: Sequence[Path], folder: Path) -> Path:
    """A folder in which the pictures are numbered without a gap."""
    folder.mkdir(parents=True)
    for n, frame in enumerate(frames):
        (folder / f"{n:08d}{frame.suffix.lower()}").symlink_to(frame)
    return folder


def _codec(suffix: str) -> list[str]:
    if suffix in _CARRIED:
        return ["-c:v", "copy"]
    filters = ["-vf", _FOR_SCREENS] if suffix == _LINEAR_LIGHT else []
    return [*filters, "-c:v", "ffv1", "-level", "3", "-g", "1"]
