"""One folder with every file that is not what it should be, every one that only looks so, and good ones.

Each maker puts one file into the folder it is given. Pictures differ from clip to clip: equal bytes would be
one asset.
"""

import os
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests import material

SEED = 11
FASTSTART = ("-movflags", "+faststart")
B_FRAMES = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "20", "-pix_fmt", "yuv420p")
HDR = (
    *(
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p10le",
        "-x265-params",
        "log-level=error",
    ),
    *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"),
)
Make = Callable[[Path], object]


@dataclass(frozen=True)
class Right:
    """What a valid file has to be in the archive; None is not looked at, except for sound and stills."""

    make: Make
    kind: str = "video"
    frames: int | None = 25
    seconds: float | None = 1.0
    technical: tuple[tuple[str, object], ...] = ()


def written(name: str, data: bytes) -> Make:
    return lambda folder: (folder / name).write_bytes(data)


def clip(name: str, number: int, seconds: float = 1, **options: object) -> Make:
    """A small clip of one colour of its own."""
    picture = (f"color=c=0x{(number * 37) % 256:02x}{(number * 91) % 256:02x}40",)
    arguments = {"size": "160x90", "pictures": picture, **options}
    return lambda folder: material.clip(folder / name, seconds, **arguments)  # type: ignore[arg-type]


def from_base(
    name: str, number: int, *arguments: str, before: tuple[str, ...] = (), seconds: float = 1
) -> Make:
    """A clip that ffmpeg makes of another one."""

    def make(folder: Path) -> None:
        base = folder.parent / f"base of {name}.mp4"
        clip(base.name, number, seconds, codec=B_FRAMES, audio=True)(folder.parent)
        material.made(folder / name, *before, "-i", str(base), *arguments)
        base.unlink()

    return make


def delayed(folder: Path) -> None:
    base = folder.parent / "base.mp4"
    clip(base.name, 20, 1, codec=B_FRAMES)(folder.parent)
    both = ("-i", str(base), "-itsoffset", "0.6", "-i", str(base))
    material.made(folder / "delayed picture.mp4", *both, "-map", "1:v", "-map", "0:a", "-c", "copy")
    base.unlink()


def ten_tracks(folder: Path) -> None:
    maps = [part for _ in range(10) for part in ("-map", "0:a")]
    from_base("ten tracks.mov", 21, "-map", "0:v", *maps, "-c", "copy")(folder)


def sound_in_mp4(folder: Path) -> None:
    material.made(
        folder / "no picture.mp4", "-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000", "-t", "1"
    )


def truncated(folder: Path) -> None:
    path = material.clip(folder / "truncated.mp4", 4, output=FASTSTART)
    os.truncate(path, path.stat().st_size // 2)


def without_moov(folder: Path) -> None:
    path = material.clip(folder / "no moov.mp4", 3)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"moov") - 4])


def corrupt(folder: Path) -> None:
    path = material.clip(folder / "corrupt packets.mp4", 6, output=FASTSTART)
    chance, data = random.Random(SEED), bytearray(path.read_bytes())
    for _ in range(60):
        place = chance.randrange(20_000, len(data) - 4000)
        data[place : place + 64] = chance.randbytes(64)
    path.write_bytes(data)


def huge_still(folder: Path) -> None:
    Image.new("1", (16_000, 16_000)).save(folder / "huge.png")


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")


def unix_socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # a socket's path may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket.mp4")
    finally:
        os.chdir(here)


def symlink(name: str, target: str) -> Make:
    return lambda folder: (folder / name).symlink_to(target)


def unreadable(folder: Path) -> None:
    clip("unreadable.mp4", 30)(folder)
    (folder / "unreadable.mp4").chmod(0)


def closed_folder(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0)


def secret(folder: Path) -> str:
    """A real clip outside the archive, which nothing in it may lead to."""
    return str(material.clip(folder.parent / "secret" / "secret.mp4", 1))


def playlist(name: str, text: str) -> Make:
    return lambda folder: (folder / name).write_text(text.format(target=secret(folder)))


M3U8 = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
M3U8_URL = M3U8.replace("{target}", "http://127.0.0.1:9/x.ts")
MPD = '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{target}</BaseURL></MPD>'
CONCAT = "ffconcat version 1.0\nfile '{target}'\n"
NOISE = random.Random(SEED).randbytes(100_000)

REFUSED: dict[str, tuple[Make, str]] = {
    "zero bytes.mp4": (written("zero bytes.mp4", b""), "empty-file"),
    "text.mp4": (written("text.mp4", b"Dear archive,\nthis is a letter.\n" * 40), "not-media"),
    "noise.mp4": (written("noise.mp4", NOISE), "not-media"),
    "noise.mkv": (written("noise.mkv", NOISE[::-1]), "not-media"),
    "noise.jpg": (written("noise.jpg", NOISE[1:]), "not-media"),
    "truncated.mp4": (truncated, "truncated-media"),
    "no moov.mp4": (without_moov, "truncated-media"),
    "corrupt packets.mp4": (corrupt, "corrupt-media"),
    "huge.png": (huge_still, "too-large"),
    "pipe.mp4": (fifo, "object-unreadable"),
    "socket.mp4": (unix_socket, "object-unreadable"),
    "loop.mp4": (symlink("loop.mp4", "loop.mp4"), "object-unreadable"),
    "loop folder": (symlink("loop folder", "."), "object-unreadable"),
    "dangling.mp4": (symlink("dangling.mp4", "nowhere.mp4"), "object-unreadable"),
    "leads out.mp4": (symlink("leads out.mp4", "../secret/secret.mp4"), "object-unreadable"),
    "unreadable.mp4": (unreadable, "object-unreadable"),
    "closed": (closed_folder, "object-unreadable"),
    "list.m3u8": (playlist("list.m3u8", M3U8), "forbidden-reference"),
    "url.m3u8": (playlist("url.m3u8", M3U8_URL), "forbidden-reference"),
    "list.mpd": (playlist("list.mpd", MPD), "forbidden-reference"),
    "list.ffconcat": (playlist("list.ffconcat", CONCAT), "forbidden-reference"),
    "hidden m3u8.mp4": (playlist("hidden m3u8.mp4", M3U8 + "#1\n"), "forbidden-reference"),
    "hidden mpd.mov": (playlist("hidden mpd.mov", MPD + "\n"), "forbidden-reference"),
    "hidden ffconcat.mkv": (playlist("hidden ffconcat.mkv", CONCAT + "#1\n"), "forbidden-reference"),
}
"""Key in the location, and the code it is refused with."""

NAMES = [
    "two  words.mp4",
    "line\nbreak.mp4",
    'it\'s "quoted".mp4',
    "größe 日本 🎞.mp4",
    "-i.mp4",
    "%d %s %05d 100%.mp4",
    "a:b|c;d$(e)`f` [v] #1?.mp4",
    "concat:x.mp4",
    r"back\slash \xe9.mp4",
]

RIGHT: dict[str, Right] = {
    **{name: Right(clip(name, n)) for n, name in enumerate(NAMES)},
    "no picture.mp4": Right(sound_in_mp4, kind="sound", frames=None),
    "no sound.mp4": Right(clip("no sound.mp4", 22, audio=False)),
    "ten tracks.mov": Right(ten_tracks),
    "phone.mp4": Right(
        from_base("phone.mp4", 23, "-c", "copy", before=("-display_rotation", "90")),
        technical=(("rotation", 90), ("width", 90), ("height", 160)),
    ),
    "interlaced.mxf": Right(
        clip(
            "interlaced.mxf", 24, rate="50", size="720x576",
            codec=("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-b:v", "20M"),
            filters="tinterlace=interleave_top,setfield=tff",
        ),
        technical=(("field_order", "top first"), ("rate", "25/1")),
    ),
    "varying rate.mkv": Right(
        from_base(
            "varying rate.mkv", 25, "-vf", "select='not(mod(n,3)*mod(n,7))'", "-fps_mode", "vfr", seconds=4
        ),
        frames=sum(n % 3 == 0 or n % 7 == 0 for n in range(100)), seconds=4.0,
        technical=(("variable_rate", True),),
    ),
    "drop frame.mov": Right(
        clip("drop frame.mov", 26, rate="30000/1001", timecode="00:59:59;28"), frames=30, seconds=1.001,
        technical=(("start_timecode", "00:59:59;28"), ("drop_frame", True), ("rate", "30000/1001")),
    ),
    "delayed picture.mp4": Right(delayed),
    "edit list.mp4": Right(
        from_base("edit list.mp4", 27, "-c", "copy", before=("-ss", "1.3"), seconds=3),
        frames=42, seconds=1.68,
    ),
    "hdr.mp4": Right(clip("hdr.mp4", 28, codec=HDR)),
    "alpha.mov": Right(
        clip("alpha.mov", 29, codec=("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"))
    ),
    "one frame.mp4": Right(clip("one frame.mp4", 31, 0.04, audio=False), frames=1, seconds=0.04),
    "good clip.mp4": Right(
        lambda folder: material.clip(folder / "good clip.mp4", 2, timecode="10:00:00:00"),
        frames=50, seconds=2.0, technical=(("start_timecode", "10:00:00:00"), ("drop_frame", False)),
    ),
    "good still.png": Right(
        lambda folder: material.still(folder / "good still.png"), kind="still", frames=None, seconds=None
    ),
    "good sound.wav": Right(
        lambda folder: material.sound(folder / "good sound.wav"), kind="sound", frames=None, seconds=2.0
    ),
}  # fmt: skip
"""Name of the asset, and what it has to be."""


def make_archive(folder: Path) -> Path:
    """Put every one of them into ``folder/footage``, and one more copy of a good one."""
    root = folder / "footage"
    root.mkdir()
    for right in RIGHT.values():
        right.make(root)
    for make, _ in REFUSED.values():
        make(root)
    (root / "good copy.mp4").write_bytes((root / "good clip.mp4").read_bytes())
    return root
