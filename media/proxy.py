"""Master → playable proxy, pictures and sound for analysis, in one pass, frame for frame.

The proxy is H.264 in MP4 with a sync frame every second, its index in front, square pixels, upright, 8 bit,
and starts with the master's first presented frame: frame n of the proxy is frame n of the master, at the
same time. The sound starts at that moment too, so that picture and sound share one clock.
"""

import math
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from foundation.errors import CorruptMedia, FrameCountMismatch, ToolFailed
from foundation.settings import MediaSettings
from foundation.timecode import PtsTable
from media import thumbnails
from media.keyframes import write_jpeg
from media.played import PictureOrder, best_picture, picture_order, sound_samples
from media.probe import MediaInfo
from media.tool import MediaLimits, Outcome, input_arguments, open_master, run_ffmpeg
from media.verify import reconcile

PROXY_NAME, SOUND_PROXY_NAME, AUDIO_NAME, POSTER_NAME = "proxy.mp4", "proxy.m4a", "audio.flac", "poster.jpg"
ANALYSIS_RATE = 16_000
"""Samples per second of ``audio.flac``."""

_BROKEN_INPUT = ("Decode error rate", "Invalid data found", "Conversion failed", "Nothing was written")
_TONE_MAP = (
    "zscale=tin={transfer}:min={matrix}:pin={primaries}:t=linear:npl=203,format=gbrpf32le,"
    "zscale=p=bt709,tonemap=mobius:desat=0,zscale=t=bt709:m=bt709:r=tv"
)
_WAVEFORM = "aformat=channel_layouts=mono,showwavespic=s=960x540:colors=0x4C8BF5:scale=sqrt"


TRIMMED = "subme=1:partitions=i8x8,i4x4"
"""Where x264 does less than its ``veryfast`` says: motion is refined once, by absolute differences, not twice
by transformed ones, and no block is split for it: see ``docs/adr/0014-leaner-proxies.md``."""
_LEANER = {"veryfast": TRIMMED}


@dataclass(frozen=True, slots=True)
class ProxyRecipe:
    """How a proxy is encoded.

    Attributes:
        height: Its short side in pixels; smaller masters keep their size.
        preset: x264 preset.
        crf: x264 quality, 0..51.
        audio_bitrate: Bits per second of its sound.
        x264: x264 parameters on top of the preset, as ``name=value:…``; empty for the preset as it is.
    """

    height: int = 540
    preset: str = "veryfast"
    crf: int = 23
    audio_bitrate: int = 128_000
    x264: str = TRIMMED

    @classmethod
    def from_settings(cls, settings: MediaSettings) -> "ProxyRecipe":
        """Take the recipe from the settings; presets that were asked for are x264's own."""
        preset = settings.proxy_preset
        return cls(settings.proxy_height, preset, settings.proxy_crf, x264=_LEANER.get(preset, ""))


@dataclass(frozen=True, slots=True)
class ProxyResult:
    """What one pass over the master made.

    Attributes:
        proxy: ``proxy.mp4``, or ``proxy.m4a`` for sound alone.
        audio: ``audio.flac``, 16 kHz mono; None without sound.
        poster: ``poster.jpg``.
        thumbnails: ``thumbnails.mp4``, frame for frame the proxy; None for sound alone.
        frames: Presented frames; 0 for sound alone.
        samples: Length of ``audio.flac`` in its own 16 kHz samples; 0 without sound.
        width: Of the proxy's picture; 0 for sound alone.
        height: Of the proxy's picture.
        pts: The timeline as presented, in the master's ticks: what the catalog keeps. None for sound alone.
        damaged: Frames that decoded with errors, or not at all.
    """

    proxy: Path
    audio: Path | None
    poster: Path
    thumbnails: Path | None
    frames: int
    samples: int
    width: int
    height: int
    pts: PtsTable | None
    damaged: int = 0


def make_proxy(
    master: Path,
    info: MediaInfo,
    folder: Path,
    recipe: ProxyRecipe,
    limits: MediaLimits,
    progress: Callable[[float], None] | None = None,
) -> ProxyResult:
    """Make the proxy, its thumbnail track, the analysis sound and the poster of a video or sound master.

    Everything is written aside and renamed when it was verified, the proxy last: where ``proxy.mp4`` (or
    ``proxy.m4a``) is, the rest is whole too.

    Args:
        master: The file that was probed.
        info: What :func:`media.probe.probe` said of it.
        folder: Where the results go; made if need be.
        recipe: How to encode.
        limits: What the encoder child may use.
        progress: Called with the fraction done, 0..1.

    Returns:
        What was made.

    Raises:
        CorruptMedia: More of the master is damaged than can be called a blemish.
        FrameCountMismatch: The proxy's frames are not the master's.
        NoSpace: The disk is full.
        ToolTimeout: It took too long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    aside = _Aside.new(folder, "mp4" if info.kind == "video" else "m4a")
    try:
        outcome = _encode(master, info, aside, recipe, limits, progress)
        return _accept(master.name, info, folder, recipe, aside, outcome)
    finally:
        aside.discard()


@dataclass(frozen=True, slots=True)
class _Aside:
    """Names that nobody serves, for files that are being written."""

    proxy: Path
    audio: Path
    poster: Path
    thumbnails: Path

    @classmethod
    def new(cls, folder: Path, suffix: str) -> "_Aside":
        token = secrets.token_hex(6)
        return cls(*(folder / f".{token}.part.{end}" for end in (suffix, "flac", "jpg", "small.mp4")))

    def discard(self) -> None:
        for path in (self.proxy, self.audio, self.poster, self.thumbnails):
            path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed pass left behind."""
    for path in folder.glob(".*.part*"):
        path.unlink(missing_ok=True)


def _encode(
    master: Path,
    info: MediaInfo,
    aside: _Aside,
    recipe: ProxyRecipe,
    limits: MediaLimits,
    progress: Callable[[float], None] | None,
) -> Outcome:
    make = _video_arguments if info.kind == "video" else _sound_arguments
    try:
        with open_master(master) as opened:
            arguments = [*input_arguments(opened, limits), *make(info, aside, recipe)]
            seconds = info.duration_ms / 1000
            return run_ffmpeg(arguments, opened, limits=limits, seconds=seconds, progress=progress)
    except ToolFailed as error:
        if any(sign in str(error.detail.get("tail")) for sign in _BROKEN_INPUT):
            raise CorruptMedia(f"{master.name!r} does not decode: {error.message}") from error
        raise


def _video_arguments(info: MediaInfo, aside: _Aside, recipe: ProxyRecipe) -> list[str]:
    width, height = thumbnails.track_size(*proxy_size(info, recipe))
    graph = [
        f"[0:{info.picture}]{','.join(_picture_filters(info, recipe))},split=2[v][whole]",
        f"[whole]scale={width}:{height}:flags=fast_bilinear[small]",
    ]
    output = ["-map", "[v]", *_picture_codec(info, recipe)]
    if info.sound is not None:
        graph.append(f"[0:{info.sound}]{_from_first_frame(info)},asplit=2[s1][s2];{_sound_split()}")
        output += ["-map", "[play]", *_sound_codec(recipe)]
    output += ["-map_metadata", "-1", "-map_chapters", "-1", *_label(info), "-movflags", "+faststart"]
    output += [f"file:{aside.proxy}", "-map", "[small]", *thumbnails.ENCODER, f"file:{aside.thumbnails}"]
    if info.sound is not None:
        output += _analysis_output(aside)
    return ["-filter_complex", ";".join(graph), *output]


def _picture_filters(info: MediaInfo, recipe: ProxyRecipe) -> list[str]:
    width, height = proxy_size(info, recipe)
    filters = ["bwdif=mode=send_frame:deint=interlaced"] if info.field_order else []
    filters.append(f"scale={width}:{height}:out_range=tv:flags=bilinear")
    if info.high_dynamic_range:
        filters += ["format=yuv420p10le", _tone_map(info)]
    return [*filters, "format=yuv420p", "setsar=1", "setpts=PTS-STARTPTS"]


def _tone_map(info: MediaInfo) -> str:
    transfer = "arib-std-b67" if info.colour.get("transfer") == "arib_std_b67" else "smpte2084"
    return _TONE_MAP.format(transfer=transfer, matrix="bt2020nc", primaries="bt2020")


def proxy_size(info: MediaInfo, recipe: ProxyRecipe) -> tuple[int, int]:
    """Width and height of the proxy: even, in the displayed proportions, never larger than the master."""
    width, height = info.width or 2, info.height or 2
    factor = min(Fraction(recipe.height, min(width, height)), Fraction(1))
    return _even(width * factor), _even(height * factor)


def _even(value: Fraction) -> int:
    return max(2, round(value / 2) * 2)


def _picture_codec(info: MediaInfo, recipe: ProxyRecipe) -> list[str]:
    group = str(max(1, math.floor((info.rate or Fraction(25)) + Fraction(1, 2))))
    return [
        *("-c:v", "libx264", "-preset", recipe.preset, "-crf", str(recipe.crf), "-profile:v", "high"),
        *(("-x264-params", recipe.x264) if recipe.x264 else ()),
        *("-g", group, "-keyint_min", group, "-sc_threshold", "0", "-bf", "2"),
        *("-fps_mode", "passthrough", "-enc_time_base", "demux"),
    ]


def _from_first_frame(info: MediaInfo) -> str:
    """Start the sound with the first presented frame: cut what comes before, fill what is missing."""
    start = 0.0
    if info.pts is not None and info.exact_times:
        start = float(info.pts.first_pts * info.pts.time_base - info.origin)
    return f"atrim=start={start:.6f},asetpts=PTS-({start:.6f})/TB,aresample=async=1:first_pts=0"


def _sound_split() -> str:
    # Left to itself, the encoder writes packets as small as the master's, and readers pay for each of them.
    mono = f"aresample={ANALYSIS_RATE},aformat=sample_fmts=s16:channel_layouts=mono,asetnsamples=4096:p=0"
    return f"[s1]aresample=48000,aformat=channel_layouts=stereo[play];[s2]{mono}[analyse]"


def _sound_codec(recipe: ProxyRecipe) -> list[str]:
    return ["-c:a", "aac", "-b:a", str(recipe.audio_bitrate)]


def _analysis_output(aside: _Aside) -> list[str]:
    return ["-map", "[analyse]", "-c:a", "flac", "-map_metadata", "-1", f"file:{aside.audio}"]


def _label(info: MediaInfo) -> list[str]:
    """Keep the start timecode in the proxy."""
    keep = info.start_timecode is not None and not info.variable_rate
    return ["-timecode", str(info.start_timecode)] if keep else []


def _sound_arguments(info: MediaInfo, aside: _Aside, recipe: ProxyRecipe) -> list[str]:
    start = "asetpts=PTS-STARTPTS,aresample=async=1:first_pts=0"
    graph = f"[0:{info.sound}]{start},asplit=3[s1][s2][s3];{_sound_split()};[s3]{_WAVEFORM}[wave]"
    return [
        *("-filter_complex", graph, "-map", "[play]", *_sound_codec(recipe)),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", f"file:{aside.proxy}"),
        *_analysis_output(aside),
        *("-map", "[wave]", "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-update", "1"),
        *("-f", "image2", f"file:{aside.poster}"),
    ]


def _accept(
    name: str, info: MediaInfo, folder: Path, recipe: ProxyRecipe, aside: _Aside, outcome: Outcome
) -> ProxyResult:
    """Verify, then give the files their names."""
    if not aside.proxy.is_file():
        raise ToolFailed(f"ffmpeg ended without an error and without a proxy of {name!r}.")
    pts = None
    if info.kind == "video":
        order = picture_order(aside.proxy)
        pts = reconcile(info, order, outcome.damaged, name)
        _expect_alike(order, picture_order(aside.thumbnails), name)
        write_jpeg(aside.poster, best_picture(aside.proxy))
    audio = folder / AUDIO_NAME if info.sound is not None else None
    samples = sound_samples(aside.audio) if audio else 0
    width, height = proxy_size(info, recipe) if pts is not None else (0, 0)
    proxy = folder / (PROXY_NAME if pts is not None else SOUND_PROXY_NAME)
    small = folder / thumbnails.NAME if pts is not None else None
    poster = folder / POSTER_NAME
    _publish([(aside.audio, audio), (aside.thumbnails, small), (aside.poster, poster), (aside.proxy, proxy)])
    frames = 0 if pts is None else len(pts)
    missing = (info.frames or 0) - frames
    damaged = max(outcome.damaged, missing) if outcome.damaged else 0
    return ProxyResult(proxy, audio, poster, small, frames, samples, width, height, pts, damaged)


def _expect_alike(proxy: PictureOrder, small: PictureOrder, name: str) -> None:
    if len(small.stamps) != len(proxy.stamps):
        raise FrameCountMismatch(
            f"The thumbnail track of {name!r} has {len(small.stamps)} frames, the proxy {len(proxy.stamps)}."
        )


def _publish(moves: Sequence[tuple[Path, Path | None]]) -> None:
    for source, target in moves:
        if target is None:
            continue
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
