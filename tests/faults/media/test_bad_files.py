"""Files that are not what they should be: each gets its own error, and leaves nothing behind."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from foundation.errors import (
    CorruptMedia,
    EmptyFile,
    ForbiddenReference,
    NoEssence,
    NotMedia,
    ObjectMissing,
    ObjectUnreadable,
    RekindleError,
    TooLarge,
    TruncatedMedia,
    UnsupportedMedia,
)
from media.probe import MediaInfo, probe
from media.proxy import ProxyRecipe, ProxyResult, make_proxy
from media.stills import StillResult, make_still
from media.tool import MediaLimits
from tests import material

LIMITS, RECIPE = MediaLimits(), ProxyRecipe()
MPEG2 = ("-c:v", "mpeg2video", "-b:v", "8M", "-g", "12", "-bf", "2")
FASTSTART = ("-movflags", "+faststart")
Make = Callable[[Path], Path]


def index(
    path: Path, folder: Path, limits: MediaLimits = LIMITS
) -> tuple[MediaInfo, ProxyResult | StillResult]:
    info = probe(path, limits)
    if info.kind == "still":
        return info, make_still(path, info, folder, limits)
    return info, make_proxy(path, info, folder, RECIPE, limits)


def written(name: str, data: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def cut(make: Make, share: float) -> Make:
    def truncate(folder: Path) -> Path:
        path = make(folder)
        os.truncate(path, int(path.stat().st_size * share))
        return path

    return truncate


def spoilt(make: Make, wounds: int, *, skip: int = 20_000) -> Make:
    """Overwrite 64 bytes at so many places, the same ones every time."""

    def spoil(folder: Path) -> Path:
        path, chance = make(folder), random.Random(7)
        data = bytearray(path.read_bytes())
        for _ in range(wounds):
            place = chance.randrange(skip, len(data) - 4000)
            data[place : place + 64] = chance.randbytes(64)
        path.write_bytes(data)
        return path

    return spoil


def film(name: str, **options: object) -> Make:
    return lambda folder: material.clip(folder / name, 6, **options)  # type: ignore[arg-type]


def no_essence(folder: Path) -> Path:
    words = material.sidecar(folder / "words.srt", [(0, 1, "only words")])
    return material.made(folder / "words.mkv", "-i", str(words), "-c:s", "subrip")


def unsupported_codec(folder: Path) -> Path:
    return material.made(
        folder / "old.avi", "-f", "lavfi", "-i", "testsrc2=size=64x64", "-t", "1", "-c:v", "magicyuv"
    )


def huge_still(folder: Path) -> Path:
    Image.new("1", (16_000, 16_000)).save(folder / "huge.png")
    return folder / "huge.png"


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.mp4")
    return folder / "pipe.mp4"


def loop(folder: Path) -> Path:
    (folder / "loop.mp4").symlink_to("loop.mp4")
    return folder / "loop.mp4"


def folder_named_like_a_film(folder: Path) -> Path:
    (folder / "film.mp4").mkdir()
    return folder / "film.mp4"


def hidden_target(folder: Path) -> Path:
    return material.clip(folder / "secret" / "secret.mp4", 1)


def playlist(name: str, text: str, encoding: str = "utf-8") -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(text.format(target=hidden_target(folder)).encode(encoding))
        return path

    return make


M3U8 = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
M3U8_URL = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{target}'\n"
MPD = '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{target}</BaseURL></MPD>'
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
NOISE = random.Random(1).randbytes(200_000)

REFUSED: dict[str, tuple[Make, type[RekindleError]]] = {
    "zero bytes": (written("a.mp4", b""), EmptyFile),
    "text": (written("a.mp4", b"Dear archive,\nthis is a letter.\n" * 40), NotMedia),
    "UTF-16 text": (written("a.mp4", "Dear archive, größer\n".encode("utf-16") * 40), NotMedia),
    **{
        f"noise as {s}": (written(f"a.{s}", NOISE), NotMedia)
        for s in ("mp4", "mp3", "ts", "mpg", "avi", "aac", "jpg")
    },
    "zeros": (written("a.mp4", bytes(100_000)), NotMedia),
    "a PDF": (written("a.mov", b"%PDF-1.7\n" + NOISE), NotMedia),
    "a ZIP": (written("a.mov", b"PK\x03\x04" + NOISE), NotMedia),
    "Flash": (written("a.mp4", b"FLV\x01\x05" + NOISE), UnsupportedMedia),
    "Windows Media": (written("a.mp4", bytes.fromhex("3026b2758e66cf11") + NOISE), UnsupportedMedia),
    "HEIF": (written("a.jpg", b"\0\0\0\x18ftypheic" + NOISE), UnsupportedMedia),
    "a codec that is switched off": (unsupported_codec, UnsupportedMedia),
    "truncated MP4": (cut(film("a.mp4", output=FASTSTART), 0.6), TruncatedMedia),
    "MP4 short of its last bytes": (cut(film("a.mp4", output=FASTSTART), 0.99), TruncatedMedia),
    "MP4 without moov": (cut(film("a.mp4"), 0.5), TruncatedMedia),
    "truncated fragments": (
        cut(film("a.mp4", output=("-movflags", "frag_keyframe+empty_moov")), 0.5),
        TruncatedMedia,
    ),
    "truncated Matroska": (cut(film("a.mkv"), 0.5), TruncatedMedia),
    "truncated AVI": (cut(film("a.avi", codec=("-c:v", "mpeg4")), 0.5), TruncatedMedia),
    "truncated MXF": (cut(film("a.mxf", codec=MPEG2), 0.5), TruncatedMedia),
    "truncated WAV": (cut(lambda d: material.sound(d / "a.wav"), 0.5), TruncatedMedia),
    "truncated FLAC": (cut(lambda d: material.sound(d / "a.flac"), 0.5), TruncatedMedia),
    "truncated AIFF": (cut(lambda d: material.sound(d / "a.aiff"), 0.5), TruncatedMedia),
    "truncated JPEG": (cut(lambda d: material.still(d / "a.jpg"), 0.5), TruncatedMedia),
    "truncated PNG": (cut(lambda d: material.still(d / "a.png", text="x"), 0.5), TruncatedMedia),
    "corrupt packets": (spoilt(film("a.mp4", output=FASTSTART), 60), CorruptMedia),
    "corrupt Matroska": (spoilt(film("a.mkv"), 60), CorruptMedia),
    "corrupt intra frames": (spoilt(film("a.mov", codec=("-c:v", "prores_ks")), 200), CorruptMedia),
    "a picture without its start": (
        lambda d: written("b.ts", film("a.ts")(d).read_bytes()[188 * 300 :])(d),
        CorruptMedia,
    ),
    "nothing but words": (no_essence, NoEssence),
    "16000×16000 still": (huge_still, TooLarge),
    "a FIFO": (fifo, ObjectUnreadable),
    "a symlink loop": (loop, ObjectUnreadable),
    "a folder": (folder_named_like_a_film, ObjectUnreadable),
    "a device": (lambda _: Path("/dev/zero"), ObjectUnreadable),
    "a file that vanished": (lambda d: d / "gone.mp4", ObjectMissing),
    "a name with a zero byte": (lambda d: d / "a\0b.mp4", ObjectUnreadable),
    "m3u8": (playlist("a.m3u8", M3U8), ForbiddenReference),
    "m3u8 with a URL": (playlist("a.m3u8", M3U8_URL), ForbiddenReference),
    "MPD": (playlist("a.mpd", MPD), ForbiddenReference),
    "ffconcat": (playlist("a.ffconcat", CONCAT), ForbiddenReference),
    "SDP": (playlist("a.sdp", SDP), ForbiddenReference),
    **{
        f"{kind} named .{suffix}": (playlist(f"a.{suffix}", text), ForbiddenReference)
        for kind, text in (("m3u8", M3U8), ("MPD", MPD), ("ffconcat", CONCAT), ("SDP", SDP))
        for suffix in ("mp4", "mov", "ts", "mkv", "wav", "jpg")
    },
    "m3u8 behind a byte-order mark": (playlist("a.mp4", M3U8, "utf-8-sig"), ForbiddenReference),
    "m3u8 in UTF-16": (playlist("a.mp4", M3U8, "utf-16"), ForbiddenReference),
    "m3u8 behind blank lines": (playlist("a.mp4", "\n \n" + M3U8), ForbiddenReference),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_files_are_refused_with_their_reason(name: str, tmp_path: Path) -> None:
    make, leaf = REFUSED[name]
    path, derived = make(tmp_path), tmp_path / "derived"
    with pytest.raises(leaf) as caught:
        index(path, derived)
    assert type(caught.value) is leaf
    assert repr(path.name) in caught.value.message
    assert caught.value.remedy
    assert not derived.exists() or not list(derived.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "two words.mp4",
        "line\nbreak.mp4",
        'it\'s "quoted".mp4',
        "größe 日本 🎞.mp4",
        "-i.mp4",
        "%d %s %05d.mp4",
        "a:b|c;d$(e)`f`.mp4",
        "concat:x.mp4",
        "\udcff\udcfe.mp4",
        "[v] #1, 100%.mp4",
        ".mp4",
        "x" * 240 + ".mp4",
        "noext",
    ],
)
def test_any_name_is_just_a_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "in" / name
    shutil.copy(material.clip(tmp_path / "a.mp4", 1), material_folder(path))
    info, result = index(path, tmp_path / "derived \n%d:'")
    assert info.frames == 25
    assert isinstance(result, ProxyResult)
    assert result.frames == 25


def material_folder(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    return path


def test_an_unreadable_file(tmp_path: Path) -> None:
    path = material.clip(tmp_path / "a.mp4", 1)
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.chmod(0o644)  # root reads everything; a path through a file stands in for it
        with pytest.raises(ObjectMissing):
            probe(path / "b.mp4", LIMITS)
        return
    with pytest.raises(ObjectUnreadable):
        probe(path, LIMITS)


def test_a_few_damaged_frames_are_counted_and_kept(tmp_path: Path) -> None:
    master = spoilt(film("a.mp4", output=FASTSTART, audio=False), 1, skip=100_000)(tmp_path)
    info, result = index(master, tmp_path / "derived")
    assert isinstance(result, ProxyResult)
    assert (info.frames, result.frames) == (150, 150)
    assert 1 <= result.damaged <= 3


def test_a_video_larger_than_the_limit(tmp_path: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 1, size="640x360")
    with pytest.raises(TooLarge, match="0 megapixels"):
        probe(master, replace(LIMITS, max_pixels=640 * 360 - 1))


def test_more_streams_than_the_limit(tmp_path: Path) -> None:
    base = material.clip(tmp_path / "a.mp4", 1)
    maps = [part for _ in range(6) for part in ("-map", "0:a")]
    master = material.made(tmp_path / "many.mov", "-i", str(base), "-map", "0:v", *maps, "-c", "copy")
    with pytest.raises(RekindleError):
        probe(master, replace(LIMITS, max_streams=4))
    assert len(probe(master, LIMITS).streams) == 7
