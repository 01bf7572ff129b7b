"""Sources and timelines that the goldens and the round trips share: one of every kind that is awkward."""

from fractions import Fraction

from foundation.timecode import FrameRange, count_of
from media.timeline import Against, Cut, Media, Source, Timeline, make_timeline

NTSC, FILM, DOUBLE = Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60000, 1001)


def source(
    asset: str,
    name: str,
    rate: Fraction,
    *,
    start: str | None = None,
    frames: int = 3000,
    reel: str | None = None,
    channels: tuple[int, ...] = (2,),
    notes: tuple[str, ...] = (),
) -> Source:
    count, drop_frame = (0, False) if start is None else count_of(start, rate)
    stem = name.rsplit(".", 1)[0]
    media: dict[Against, Media] = {
        "proxy": Media(f"file:///proxies/{stem}.mp4", f"{stem}.mp4", count, 960, 540, channels[:1]),
        "master": Media(f"file:///footage/{name}", name, count, 1920, 1080, channels),
    }
    return Source(
        asset=asset,
        kind="video",
        reel=reel or stem,
        rate=rate,
        frames=frames,
        media=media,
        drop_frame=drop_frame,
        has_timecode=start is not None,
        sha256="ab" * 32,
        notes=notes,
    )


def cut(of: Source, first: int, last: int) -> Cut:
    return Cut(of, FrameRange(first, last), FrameRange(first, last) if of.kind == "video" else None)


DF = source("ast_DF", "A001_C002_0914AB.mov", NTSC, start="00:59:50;00")
NDF = source("ast_NDF", "tape12.mxf", NTSC, start="01:00:00:00", channels=(1,) * 8)
NAMELESS = source("ast_NONE", "Überfahrt – 日本.mp4", Fraction(25), channels=())
LATE = source("ast_LATE", "A001_C002_0915CD.mov", Fraction(25), start="23:59:58:00", channels=(1,))
QUICK = source("ast_FAST", "sport.mov", DOUBLE, start="10:00:00;00", frames=7200, channels=(2, 2))
FIFTY = source("ast_FIFTY", "studio.mxf", Fraction(50), start="09:58:00:00", channels=(1, 1, 1))
CINE = source("ast_CINE", "reel_04.mov", FILM, start="01:00:00:00", reel="REEL04")
PHONE = source(
    "ast_VFR", "IMG_0042.MOV", NTSC, notes=("Its frame rate varies; positions are counted at 30000/1001.",)
)
STILL = Source(
    "ast_STILL", "still", "harbour", Fraction(25), 125,
    {"proxy": Media("file:///proxies/harbour.jpg", "harbour.jpg", 0, 640, 360),
     "master": Media("file:///footage/harbour.tif", "harbour.tif", 0, 4000, 3000)},
)  # fmt: skip
WAV = Source(
    "ast_WAV", "sound", "address", Fraction(48_000), 576_000,
    {"proxy": Media("file:///proxies/address.m4a", "address.m4a", 0, None, None, (2,)),
     "master": Media("file:///footage/address.wav", "address.wav", 0, None, None, (2,))},
)  # fmt: skip

TIMELINES: dict[str, Timeline] = {
    "drop_frame": make_timeline("Licence 17", [cut(DF, 100, 400), cut(DF, 0, 1799)], "master"),
    "both_countings": make_timeline("Both", [cut(DF, 0, 90), cut(NDF, 30, 60)], "master"),
    "pal": make_timeline(
        "PAL",
        [cut(NAMELESS, 0, 50), cut(STILL, 0, 125), cut(WAV, 48_000, 96_001)],
        "proxy",
    ),
    "midnight": make_timeline("Midnight", [cut(LATE, 25, 125)], "proxy"),
    "double": make_timeline("Sport", [cut(QUICK, 3590, 3720)], "master"),
    "fifty": make_timeline("Studio", [cut(FIFTY, 49, 151)], "master"),
    "film": make_timeline("Film", [cut(CINE, 23, 48).with_handles(12)], "master"),
    "varying": make_timeline("Phone", [cut(PHONE, 10, 40)], "proxy"),
    "mixed": make_timeline("Mixed", [cut(CINE, 0, 24), cut(NAMELESS, 0, 50), cut(LATE, 0, 25)], "proxy"),
}
"""By the name of their golden files."""
