"""Generated footage for tests: clips, stills, sound and caption sidecars, made by ffmpeg's own sources.

Nothing here needs the shared test data. Equal requests are made once and copied, so that a test may do with
its copy what it likes.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

PICTURES = ("testsrc2", "mandelbrot", "smptehdbars", "rgbtestsrc", "colorchart", "pal75bars")
"""Sources that follow each other where a clip has cuts; neighbours differ enough for any detector."""

BARCODE_BITS = 16
_CACHE = Path(tempfile.gettempdir()) / f"rekindle-material-{os.getuid()}"


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg; fails the test with its last words."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stderr[-2000:]}"


def made(path: Path, *arguments: str) -> Path:
    """Put what ffmpeg makes of ``arguments`` at ``path``, from the cache where it was made before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256("\0".join(arguments).encode()).hexdigest()[:32]
    kept = _CACHE / f"{key}{path.suffix}"
    if not kept.is_file():
        _CACHE.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(suffix=path.suffix, dir=_CACHE)
        os.close(handle)
        ffmpeg(*arguments, fresh)
        Path(fresh).replace(kept)
    shutil.copyfile(kept, path)
    return path


def clip(
    path: Path,
    seconds: float = 2,
    rate: str = "25",
    size: str = "320x180",
    *,
    audio: bool = True,
    timecode: str | None = None,
    cuts: Sequence[float] = (),
    pictures: Sequence[str] = PICTURES,
    text: str | None = None,
    barcode: bool = False,
    codec: Sequence[str] = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    filters: str = "",
    output: Sequence[str] = (),
) -> Path:
    """Make a video clip of exactly ``round(seconds * rate)`` frames; the suffix of ``path`` is its format.

    Args:
        path: Where it goes.
        seconds: Length.
        rate: Frames per second, as ``25`` or ``30000/1001``.
        size: WIDTHxHEIGHT.
        audio: A 440 Hz tone beside the picture.
        timecode: Start timecode, ``01:00:00:00`` or with ``;`` for drop-frame.
        cuts: Seconds at which the picture changes to the next of ``pictures``.
        pictures: lavfi sources without rate and size, such as ``color=c=red``.
        text: Burnt-in title.
        barcode: Write each frame's ordinal into its top rows; see :func:`read_barcode`.
        codec: Arguments that choose the video encoder.
        filters: More video filters, applied last.
        output: More arguments for the output.
    """
    frames = _segments(seconds, Fraction(rate), cuts)
    inputs = [_source(pictures[n % len(pictures)], rate, size) for n in range(len(frames))]
    arguments = [part for source in inputs for part in ("-f", "lavfi", "-i", source)]
    if audio:
        arguments += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    arguments += ["-filter_complex", _graph(frames, text=text, barcode=barcode, filters=filters)]
    arguments += ["-map", "[v]", *codec, "-fps_mode", "passthrough"]
    if audio:
        arguments += ["-map", f"{len(frames)}:a", "-t", _length(frames, rate)]
    if timecode:
        arguments += ["-timecode", timecode]
    return made(path, *arguments, *output)


def _length(frames: Sequence[int], rate: str) -> str:
    return f"{float(sum(frames) / Fraction(rate)):.6f}"


def _segments(seconds: float, rate: Fraction, cuts: Sequence[float]) -> list[int]:
    edges = [0, *(round(Fraction(cut) * rate) for cut in cuts), round(Fraction(seconds) * rate)]
    return [after - before for before, after in pairwise(edges)]


def _source(picture: str, rate: str, size: str) -> str:
    joiner = ":" if "=" in picture else "="
    return f"{picture}{joiner}rate={rate}:size={size}"


def _graph(frames: Sequence[int], *, text: str | None, barcode: bool, filters: str) -> str:
    parts = [
        f"[{n}:v]trim=end_frame={count},setpts=PTS-STARTPTS,format=yuv420p,setsar=1[s{n}]"
        for n, count in enumerate(frames)
    ]
    chain = [f"concat=n={len(frames)}:v=1:a=0"]
    if text:
        chain.append(
            f"drawtext=text='{text}':fontsize=h/6:fontcolor=white:box=1:boxcolor=black:x=(w-tw)/2:y=h*0.7"
        )
    if barcode:
        bit = f"mod(floor(N/pow(2,floor(X*{BARCODE_BITS}/W))),2)"
        chain.append(
            f"geq=lum='if(lt(Y,H/6),16+219*{bit},lum(X,Y))':cb='if(lt(Y,H/12),128,cb(X,Y))':cr='if(lt(Y,H/12),128,cr(X,Y))'"
        )
    if filters:
        chain.append(filters)
    joined = "".join(f"[s{n}]" for n in range(len(frames)))
    return ";".join([*parts, f"{joined}{','.join(chain)}[v]"])


def read_barcode(luma: NDArray[np.uint8]) -> int:
    """Read the ordinal that ``clip(barcode=True)`` wrote into a frame's luma (or grey) array, any size."""
    height, width = luma.shape[:2]
    row = luma[height // 12]
    bits = [int(row[int((bit + 0.5) * width / BARCODE_BITS)] > 126) for bit in range(BARCODE_BITS)]
    return sum(value << bit for bit, value in enumerate(bits))


def sound(path: Path, seconds: float = 2, *, source: str = "sine=frequency=440:sample_rate=48000") -> Path:
    """Make a sound-only file (wav, flac, mp3, ogg, m4a, aiff by suffix)."""
    return made(path, "-f", "lavfi", "-i", source, "-t", str(seconds))


def still(
    path: Path, size: tuple[int, int] = (640, 360), *, colour: str = "steelblue", text: str = ""
) -> Path:
    """Make a picture (jpg, png, tiff, webp by suffix), with an optional title."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(image)
    draw.ellipse([size[0] // 4, size[1] // 4, size[0] // 2, size[1] * 3 // 4], fill="gold")
    if text:
        draw.text((size[0] // 10, size[1] // 10), text, fill="white", font_size=size[1] // 8)
    image.save(path)
    return path


def sidecar(path: Path, cues: Sequence[tuple[float, float, str]]) -> Path:
    """Write captions as .srt, .vtt or .ttml: (start, end) in seconds and the words."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write = {".srt": _srt, ".vtt": _vtt, ".ttml": _ttml}[path.suffix]
    path.write_text(write(cues), encoding="utf-8")
    return path


def _clock(seconds: float, comma: str) -> str:
    whole = round(seconds * 1000)
    rest, milli = divmod(whole, 1000)
    return f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{comma}{milli:03d}"


def _srt(cues: Sequence[tuple[float, float, str]]) -> str:
    blocks = [
        f"{n}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{words}\n"
        for n, (start, end, words) in enumerate(cues, 1)
    ]
    return "\n".join(blocks)


def _vtt(cues: Sequence[tuple[float, float, str]]) -> str:
    blocks = [f"{_clock(start, '.')} --> {_clock(end, '.')}\n{words}\n" for start, end, words in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def _ttml(cues: Sequence[tuple[float, float, str]]) -> str:
    rows = [
        f'<p begin="{_clock(start, ".")}" end="{_clock(end, ".")}">{words}</p>' for start, end, words in cues
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<tt xmlns="http://www.w3.org/ns/ttml"><body><div>'
    return "\n".join([head, *rows, "</div></body></tt>\n"])
