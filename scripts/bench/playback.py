"""Seek to play: how soon the first bytes of a proxy arrive where a moment lies, over HTTP on this machine.

``python -m scripts.bench.playback [--seconds N] [--seeks N] [--out FOLDER]``

Indexes one generated clip, serves it as `rekindle serve` does, and asks for 64 kB at random moments over one
connection and over fresh ones. Writes ``playback.json`` and ``playback.md``.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import imageio_ffmpeg

from foundation.settings import ApiSettings, SignalSettings, VectorSettings, load
from scripts.bench.report import Figure, save
from scripts.crew import crew
from scripts.following import follow_run
from scripts.owner import own
from scripts.processes import by_socket

_PIECE = 1 << 16
_TARGET_MS = 100.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=60, help="length of the clip")
    parser.add_argument("--seeks", type=int, default=200, help="moments that are asked for")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), seconds=asked.seconds, seeks=asked.seeks)
    save("playback", "Seek to play", figures, asked.out)
    return 0


def measure(folder: Path, *, seconds: int, seeks: int) -> list[Figure]:
    """Index a clip of ``seconds`` under ``folder`` and ask for ``seeks`` of its moments."""
    footage = folder / "footage"
    footage.mkdir()
    _film(footage / "clip.mp4", seconds)
    settings = load(folder / "home").model_copy(
        update={
            "api": ApiSettings(port=0),
            "signals": SignalSettings(onscreen=False, speech=False, descriptors=False),
            "vectors": VectorSettings(),
        }
    )
    with own(settings, tcp=True) as owned, by_socket(settings.layout) as client:
        with crew(settings) as workers:
            follow_run(client, client.start_run([str(footage)], cold=False), workers, draw=False)
        asset = client.assets().assets[0]
        url = f"http://127.0.0.1:{owned.port}/v1/assets/{asset.id}/proxy"
        size = next(item.size for item in client.renditions(asset.id) if item.role == "proxy")
        with httpx.Client(trust_env=False) as kept:
            warm = [_first_bytes(kept, url, first) for first in _moments(size, seeks)]
        fresh = [_fresh(url, first) for first in _moments(size, seeks // 4)]
    return [
        *_figures("kept connection", warm),
        *_figures("fresh connection", fresh),
        Figure("proxy", size / 1e6, "MB", note=f"{seconds} s at 960×540"),
    ]


def _moments(size: int, count: int) -> list[int]:
    choose = random.Random(7)  # noqa: S311 - positions, not secrets
    return [choose.randrange(max(1, size - _PIECE)) for _ in range(count)]


def _first_bytes(client: httpx.Client, url: str, first: int) -> float:
    """Milliseconds from asking to the first bytes of the body."""
    began = time.perf_counter()
    with client.stream("GET", url, headers={"Range": f"bytes={first}-{first + _PIECE - 1}"}) as answer:
        next(answer.iter_raw())
        spent = (time.perf_counter() - began) * 1000
        answer.raise_for_status()
    return spent


def _fresh(url: str, first: int) -> float:
    with httpx.Client(trust_env=False) as client:
        return _first_bytes(client, url, first)


def _figures(how: str, times: list[float]) -> list[Figure]:
    p95 = statistics.quantiles(times, n=20)[-1]
    note = f"{len(times)} random moments"
    return [
        Figure(f"first bytes, {how}, median", statistics.median(times), "ms", note=note),
        Figure(f"first bytes, {how}, p95", p95, "ms", "at most", _TARGET_MS),
    ]


def _film(path: Path, seconds: int) -> None:
    source = f"testsrc2=s=960x540:r=25:d={seconds}"
    picture = ["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"]
    codec = ["-c:v", "libx264", "-preset", "ultrafast"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *picture, *codec, str(path)]
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments


if __name__ == "__main__":
    sys.exit(main())
