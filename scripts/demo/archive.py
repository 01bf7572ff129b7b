"""What the demo archive holds: fourteen clips filmed, so to speak, from openly licensed photographs.

File names and titles say nothing about the pictures, so that only looking and listening can find them.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Shelf = Literal["shelf", "vault", "project"]

PAL = Fraction(25)
FILM = Fraction(24000, 1001)
NTSC = Fraction(30000, 1001)


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera looks: centre as fractions of the photograph, and zoom (1 shows all that fits)."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Take:
    """One shot: a photograph, a camera move over it, seconds on screen."""

    photograph: str
    start: View
    end: View
    seconds: float = 3.2


@dataclass(frozen=True, slots=True)
class Line:
    """A caption: seconds from, seconds to, words."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of the archive; ``captions`` names the sidecar's format; a lower ``crf`` looks better."""

    name: str
    shelf: Shelf
    title: str
    timecode: str
    rate: Fraction
    takes: tuple[Take, ...]
    captions: Literal["srt", "vtt"] | None = None
    lines: tuple[Line, ...] = ()
    crf: int = 18


def _around(photograph: str, x: float = 0.5, y: float = 0.5) -> tuple[Take, ...]:
    """A slow push in, then, after a cut, a close pan across."""
    return (
        Take(photograph, View(x, y), View(x, y, 1.18)),
        Take(photograph, View(x - 0.1, y, 2.0), View(x + 0.04, y, 2.0)),
    )


CLIPS: tuple[Clip, ...] = (
    Clip(
        "reel-0101.mov", "shelf", "Portrait session, first roll", "10:00:00:00", PAL,
        _around("astronaut.png", 0.45, 0.3), "srt",
        (
            Line(0.4, 3.0, "Everybody asks me if I was scared on the morning we left."),
            Line(3.1, 6.2, "My worst nightmare was forgetting one line of the checklist."),
        ),
    ),
    Clip("reel-0102.mp4", "shelf", "Home movie, undated", "00:00:00:00", PAL, _around("chelsea.png")),
    Clip(
        "reel-0103.mov", "shelf", "Commercial, never aired", "10:04:10:00", PAL, _around("coffee.png"), "vtt",
        (
            Line(0.3, 2.9, "My grandmother roasted the beans herself, every Sunday before church."),
            Line(3.0, 6.0, "The whole street woke up to that smell."),
        ),
    ),
    Clip("reel-0104.mov", "shelf", "Insert for the credits", "01:00:00;00", NTSC, _around("page.png")),
    Clip("reel-0105.mp4", "shelf", "Travelogue, part two", "00:00:00:00", PAL, _around("china.jpg")),
    Clip("reel-0106.mov", "shelf", "Student project", "09:30:00:00", PAL, _around("camera.png", 0.45, 0.4)),
    Clip(
        "reel-0107.mov", "shelf", "Texture library", "09:58:00:00", PAL,
        (
            Take("grass.png", View(), View(zoom=1.3)),
            Take("gravel.png", View(), View(zoom=1.3)),
        ),
    ),
    Clip("tape-2201.mov", "vault", "Weber donation", "10:20:00:00", PAL,
         _around("motorcycle_left.png")),
    Clip("tape-2202.mp4", "vault", "Screen test", "00:00:00:00", PAL, _around("flower.jpg", 0.5, 0.45)),
    Clip("tape-2203.mov", "vault", "Network pool, clean feed", "17:59:58;00", NTSC,
         _around("rocket.jpg", 0.5, 0.55)),
    Clip(
        "tape-2204.mov", "vault", "Evening lecture", "20:15:00:00", FILM,
        (Take("moon.png", View(), View(zoom=1.2)), Take("hubble_deep_field.jpg", View(), View(zoom=1.4))),
        "srt",
        (
            Line(0.5, 3.0, "There is no wind up there to blow the footprints away."),
            Line(3.1, 6.2, "They will outlast every building we have ever put up."),
        ),
    ),
    Clip("tape-2205.mp4", "vault", "Planetarium backdrop", "00:00:00:00", FILM,
         _around("hubble_deep_field.jpg")),
    Clip("tape-2206.mov", "vault", "Auction house, silent", "10:01:00:00", PAL, _around("coins.png")),
    Clip(
        "tape-2207.mov", "vault", "Training reel for students", "10:40:00:00", PAL,
        (
            Take("retina.jpg", View(), View(zoom=1.3)),
            Take("ihc.png", View(0.4), View(0.6, zoom=1.2)),
        ),
    ),
)  # fmt: skip

PROJECT_CLIPS: tuple[Clip, ...] = (
    Clip(
        "spot-3301.mov", "project", "Spot, thirty seconds, master", "10:00:00:00", PAL,
        (
            Take("brick.png", View(), View(zoom=1.5), 8.0),
            Take("text.png", View(0.4), View(0.6, zoom=1.4), 8.0),
        ),
        "srt",
        (
            Line(0.5, 4.0, "We laid the last stone on a Friday, and it rained all day."),
            Line(8.6, 13.0, "Nobody had written down how the old mortar was mixed."),
        ),
        crf=4,
    ),
    Clip(
        "spot-3302.mov", "project", "Spot, cut-down", "10:02:00:00", PAL,
        (Take("clock_motion.png", View(), View(zoom=1.3), 4.0),),
    ),
)  # fmt: skip
"""A finished production: its masters go to cold storage in the second half of the demo."""
