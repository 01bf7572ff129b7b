"""What the proxy's encoder saves, and what that costs: beside the same preset as x264 has it.

``python -m scripts.bench.proxies --media FOLDER [--out FOLDER]``

The first seconds of every MP4 in FOLDER become a proxy twice. SSIM compares each with its master, brought to
the proxy's size by the proxy's own filter, frame by frame. Writes ``proxies.json`` and ``proxies.md``.
"""

import argparse
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from media.probe import probe
from media.proxy import ProxyRecipe, make_proxy
from media.tool import MediaLimits, ffmpeg_program
from scripts.bench.indexing import cpu_seconds
from scripts.bench.report import Figure, save, table

SECONDS = 6
LEANER = ProxyRecipe()
PRESET = replace(LEANER, x264="")
_ALIKE = "setpts=N/25/TB,settb=1/1000"


@dataclass(frozen=True, slots=True)
class Made:
    """One proxy: CPU seconds of its pass, bytes, and SSIM with its master in dB."""

    seconds: float
    size: int
    ssim: float


def made(clip: Path, folder: Path, recipe: ProxyRecipe) -> Made:
    """Make a proxy and compare it with its master."""
    info, limits = probe(clip, MediaLimits()), MediaLimits()
    seconds = cpu_seconds(lambda: make_proxy(clip, info, folder, recipe, limits))
    proxy = folder / "proxy.mp4"
    return Made(seconds, proxy.stat().st_size, _ssim(proxy, clip))


def _ssim(proxy: Path, master: Path) -> float:
    scaled = "[1:v][0:v]scale=rw:rh:out_range=tv:flags=bilinear"
    graph = f"{scaled},format=yuv420p,{_ALIKE}[m];[0:v]{_ALIKE}[p];[p][m]ssim"
    said = _ffmpeg("-v", "info", "-i", str(proxy), "-i", str(master), "-lavfi", graph, "-f", "null", "-")
    found = re.search(r"SSIM .*All:\S+ \(([\d.]+)\)", said)
    if found is None:
        raise RuntimeError(said)
    return float(found[1])


def _ffmpeg(*arguments: str) -> str:
    argv = [ffmpeg_program(), "-nostdin", "-hide_banner", "-y", *arguments]
    return subprocess.run(argv, check=True, env={}, capture_output=True, text=True).stderr  # noqa: S603


def measure(media: Path, folder: Path) -> list[Figure]:
    """All figures."""
    pairs = []
    for number, clip in enumerate(sorted(media.glob("*.mp4"))):
        start = folder / f"{number}.mp4"
        _ffmpeg("-v", "error", "-t", str(SECONDS), "-i", str(clip), "-map", "0:v:0", "-c", "copy", str(start))
        pairs.append(
            (made(start, folder / f"{number}-l", LEANER), made(start, folder / f"{number}-p", PRESET))
        )
    lost = [preset.ssim - leaner.ssim for leaner, preset in pairs]
    grown = [leaner.size / preset.size for leaner, preset in pairs]
    saved = sum(leaner.seconds for leaner, _ in pairs) / sum(preset.seconds for _, preset in pairs)
    return [
        Figure("clips", len(pairs), note=f"the first {SECONDS} s of each"),
        Figure("CPU seconds of the whole pass, leaner over preset", saved, "×"),
        Figure("size, leaner over preset, mean", statistics.mean(grown), "×"),
        Figure("size, largest growth", max(grown), "×"),
        Figure("SSIM of the preset with the master, mean", statistics.mean(p.ssim for _, p in pairs), "dB"),
        Figure("SSIM lost, mean", statistics.mean(lost), "dB"),
        Figure("SSIM lost, most", max(lost), "dB"),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, required=True, help="folder with real clips")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for the results")
    options = parser.parse_args(arguments)
    title = "Proxies beside x264's preset"
    with tempfile.TemporaryDirectory(prefix="rekindle-bench-") as folder:
        figures = measure(options.media, Path(folder))
    save("proxies", title, figures, options.out)
    print(table(title, figures))


if __name__ == "__main__":
    main()
