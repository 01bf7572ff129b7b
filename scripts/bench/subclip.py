"""Parts of masters: how much of an hour is read for ten seconds of it, and if the pictures are its own.

``python -m scripts.bench.subclip [--minutes N] [--seconds N] [--out FOLDER]``

Makes an hour of footage in every container by repeating a minute without encoding it again, maps its
bytes, fetches a range through a folder store, and decodes that range of the master beside it. Writes
``subclip.json`` and ``subclip.md``.
"""

import argparse
import hashlib
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg

from archive_tiering.factory import open_store
from catalog.model import Location, LocationKind
from foundation.ids import LocationId
from foundation.settings import Settings
from foundation.timecode import FrameRange, PtsTable
from media.byte_map import ByteMap, Span
from media.layout import map_of
from media.probe import probe
from media.subclip import Labelled, Subclip, cut, lay_out, plan, suffix_of
from media.tool import MediaLimits
from scripts.bench.report import Figure, save

_LIMITS = MediaLimits()
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "4M", "-g", "50", "-bf", "2", "-c:a", "pcm_s16le")
_XDCAM = ("-c:v", "mpeg2video", "-b:v", "8M", "-g", "12", "-bf", "2", "-c:a", "pcm_s16le")
_STREAM = (*_H264[:-1], "aac")
_KINDS = {
    "QuickTime, H.264": ("a.mov", _H264),
    "MXF OP1a, MPEG-2": ("a.mxf", _XDCAM),
    "MPEG-TS, H.264": ("a.ts", _STREAM),
}
_TARGET = 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=60, help="length of the masters")
    parser.add_argument("--seconds", type=int, default=10, help="length of the range")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    asked = parser.parse_args(arguments)
    figures: list[Figure] = []
    for name, (file, codec) in _KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            master = _long(Path(folder) / file, codec, asked.minutes)
            figures += measure(name, master, asked.minutes * 40 + 17, asked.seconds)
    save("subclip", f"{asked.seconds} seconds out of {asked.minutes} minutes", figures, asked.out)
    return 0


def measure(name: str, master: Path, start: int, seconds: int) -> list[Figure]:
    """Fetch ``seconds`` of a master from ``start`` (seconds) on."""
    info, began = probe(master, _LIMITS), time.process_time()
    byte_map = map_of(master, info)
    mapping = time.process_time() - began
    if byte_map is None or info.pts is None:
        raise SystemExit(f"{master.name} has no map of its bytes.")
    pts = info.pts
    wanted = FrameRange(pts.frame_at(start), pts.frame_at(start + seconds))
    began = time.perf_counter()
    made, read = _fetch(master, byte_map, pts, wanted, Labelled(info.rate, None))
    took = time.perf_counter() - began
    return [
        Figure(
            f"{name}: read of the master", read / info.size, "", "at most", _TARGET, _told(read, info.size)
        ),
        Figure(f"{name}: pictures equal to the master's", _equal(made, master, pts), "", "at least", 1.0),
        Figure(f"{name}: fetched and cut in", took, "s", note="from a local folder"),
        Figure(
            f"{name}: map of the bytes",
            len(byte_map.to_bytes()) / 1e6,
            "MB",
            note=f"{mapping:.2g} CPU s to make",
        ),
    ]


def _told(read: int, size: int) -> str:
    return f"{read / 1e6:.1f} of {size / 1e6:,.0f} MB"


def _fetch(
    master: Path, byte_map: ByteMap, pts: PtsTable, wanted: FrameRange, labelled: Labelled
) -> tuple[Subclip, int]:
    folder = str(master.parent)
    location = Location(LocationId("loc_bench"), "bench", folder, LocationKind.FOLDER)
    store = open_store(location, Settings(home=master.parent / "home"))
    wished = plan(byte_map, pts, wanted)

    def parts() -> Iterator[tuple[Span, Iterator[bytes]]]:
        for start, end in wished.spans:
            yield (start, end), store.read(master.name, start, end)

    holes = master.with_name(f"part{master.suffix}")
    lay_out(byte_map, parts(), holes)
    target = master.with_name(f"subclip{suffix_of('')}")
    return cut(holes, target, pts, wished, labelled, _LIMITS), wished.size


def _equal(made: Subclip, master: Path, pts: PtsTable) -> float:
    """Share of the subclip's pictures that decode to those of the master at the same place."""
    shown = list(_hashes(made.path, None))
    stamps = [pts.first_pts + pts.ticks[n] for n in range(made.frames.in_frame, made.frames.out_frame)]
    expected = dict(_hashes(master, (stamps[0], stamps[-1])))
    same = sum(expected.get(stamp) == digest for stamp, (_, digest) in zip(stamps, shown, strict=True))
    return same / len(stamps)


def _hashes(path: Path, stamps: tuple[int, int] | None) -> Iterator[tuple[int, str]]:
    with av.open(str(path)) as container:
        picture = container.streams.video[0]
        if stamps is not None:
            early = Fraction(2) / (picture.time_base or Fraction(1))  # transport streams seek a group late
            container.seek(max(int(stamps[0] - early), 0), stream=picture, backward=True)
        for frame in container.decode(picture):
            if stamps is not None and (frame.pts or 0) > stamps[1]:
                return
            if stamps is None or (frame.pts or 0) >= stamps[0]:
                yield frame.pts or 0, hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest()


def _long(path: Path, codec: Sequence[str], minutes: int) -> Path:
    minute = path.with_name(f"minute{path.suffix}")
    source = (
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=640x360:rate=25",
        "-f",
        "lavfi",
        "-i",
        "sine=sample_rate=48000",
    )
    _ffmpeg(*source, "-t", "60", *codec, str(minute))
    _ffmpeg("-stream_loop", str(minutes - 1), "-i", str(minute), "-c", "copy", str(path))
    minute.unlink()
    return path


def _ffmpeg(*arguments: str) -> None:
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-nostdin", "-v", "error", "-y", *arguments], check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    raise SystemExit(main())
