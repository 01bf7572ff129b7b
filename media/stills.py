"""Still pictures as assets: an upright, sRGB, web-sized copy and a poster."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from media.probe import MediaInfo
from media.tool import MediaLimits, open_master, run_reader

STILL_NAME, POSTER_NAME = "still.jpg", "poster.jpg"
STILL_SIDE, POSTER_SIDE = 1920, 640
REVISION = f"1-{STILL_SIDE}-{POSTER_SIDE}"
"""Changes when stills must be made again."""


@dataclass(frozen=True, slots=True)
class StillResult:
    """What was made of a still.

    Attributes:
        proxy: ``still.jpg``, its longest side at most 1920 pixels.
        poster: ``poster.jpg``, its longest side at most 640 pixels.
        width: Of the proxy.
        height: Of the proxy.
    """

    proxy: Path
    poster: Path
    width: int
    height: int


def make_still(master: Path, info: MediaInfo, folder: Path, limits: MediaLimits) -> StillResult:
    """Render a still: EXIF orientation applied, colours in sRGB, transparency on white.

    Args:
        master: The file that was probed.
        info: What :func:`media.probe.probe` said of it.
        folder: Where the results go; made if need be. The proxy gets its name last.
        limits: What the decoder child may use.

    Returns:
        What was made.

    Raises:
        CorruptMedia: It does not decode to its end.
        NoSpace: The disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(".*.part*"):
        path.unlink(missing_ok=True)
    token = secrets.token_hex(6)
    proxy, poster = (folder / f".{token}.part.{kind}.jpg" for kind in ("still", "poster"))
    try:
        sizes = _render(master, [(proxy, STILL_SIDE), (poster, POSTER_SIDE)], limits)
        poster.replace(folder / POSTER_NAME)
        proxy.replace(folder / STILL_NAME)
    finally:
        proxy.unlink(missing_ok=True)
        poster.unlink(missing_ok=True)
    return StillResult(folder / STILL_NAME, folder / POSTER_NAME, *sizes[0])


def _render(master: Path, outputs: list[tuple[Path, int]], limits: MediaLimits) -> list[tuple[int, int]]:
    request = {"what": "render", "outputs": [(str(path), side) for path, side in outputs]}
    with open_master(master) as opened:
        answer: dict[str, Any] = run_reader(
            "media.picture_file", request, opened, limits=limits, seconds=None
        )
    return [(width, height) for width, height in answer["sizes"]]
