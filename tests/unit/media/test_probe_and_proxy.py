"""What a file holds, and that its proxy is the same frames at the same times, with the sound in step."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from foundation.errors import FrameCountMismatch
from foundation.timecode import PtsTable
from media import thumbnails
from media.probe import MediaInfo, constant_rate, probe
from media.proxy import ANALYSIS_RATE, ProxyRecipe, ProxyResult, make_proxy, proxy_size
from media.thumbnails import track_size
from media.tool import MediaLimits
from tests import material

LIMITS, RECIPE = MediaLimits(), ProxyRecipe()
FADE = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "20", "-pix_fmt", "yuv420p")
MPEG2 = ("-c:v", "mpeg2video", "-b:v", "8M", "-g", "12", "-bf", "2")


def barcodes(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [material.read_barcode(f.to_ndarray(format="gray")) for f in container.decode(video=0)]


def relative_times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        stamps = [f.pts * f.time_base for f in container.decode(video=0)]
    return [stamp - stamps[0] for stamp in stamps]


def walk(path: Path) -> tuple[MediaInfo, ProxyResult]:
    info = probe(path, LIMITS)
    return info, make_proxy(path, info, path.parent / "derived", RECIPE, LIMITS)


def delayed_picture(folder: Path) -> Path:
    base = material.clip(folder / "base.mp4", 3, barcode=True, codec=FADE)
    both = ("-i", str(base), "-itsoffset", "0.72", "-i", str(base))
    return material.made(folder / "delayed.mp4", *both, "-map", "1:v", "-map", "0:a", "-c", "copy")


def edit_list(folder: Path) -> Path:
    base = material.clip(folder / "base.mp4", 3, barcode=True, codec=FADE)
    return material.made(folder / "edit.mp4", "-ss", "1.3", "-i", str(base), "-c", "copy")


def varying(folder: Path) -> Path:
    base = material.clip(folder / "base.mp4", 4, barcode=True, codec=FADE)
    drop = "select='not(mod(n,3)*mod(n,7))'"
    return material.made(
        folder / "vfr.mkv", "-i", str(base), "-vf", drop, "-fps_mode", "vfr", "-c:v", "libx264"
    )


def alternate_references(folder: Path) -> Path:
    codec = ("-c:v", "libvpx", "-b:v", "1M", "-auto-alt-ref", "1", "-lag-in-frames", "16")
    return material.clip(folder / "vp8.webm", 3, barcode=True, codec=codec)


MASTERS: dict[str, tuple[Callable[[Path], Path], list[int]]] = {
    "film rate": (lambda d: material.clip(d / "a.mp4", 2, "24000/1001", barcode=True), list(range(48))),
    "NTSC in QuickTime": (
        lambda d: material.clip(d / "a.mov", 2, "30000/1001", barcode=True, codec=FADE),
        list(range(60)),
    ),
    "MXF with B-frames": (
        lambda d: material.clip(d / "a.mxf", 2, barcode=True, codec=MPEG2, timecode="10:00:00:00"),
        list(range(50)),
    ),
    "transport stream": (
        lambda d: material.clip(d / "a.ts", 2, "50", barcode=True, codec=FADE),
        list(range(100)),
    ),
    "program stream": (lambda d: material.clip(d / "a.mpg", 2, barcode=True, codec=MPEG2), list(range(50))),
    "Matroska": (
        lambda d: material.clip(d / "a.mkv", 2, "30000/1001", barcode=True, codec=FADE),
        list(range(60)),
    ),
    "AVI": (
        lambda d: material.clip(d / "a.avi", 2, barcode=True, codec=("-c:v", "mjpeg"), audio=False),
        list(range(50)),
    ),
    "VP8 alternate references": (alternate_references, list(range(75))),
    "one frame": (lambda d: material.clip(d / "a.mp4", 0.04, barcode=True), [0]),
    "delayed picture": (delayed_picture, list(range(75))),
    "edit list": (edit_list, list(range(33, 75))),
    "varying rate": (varying, [n for n in range(100) if n % 3 == 0 or n % 7 == 0]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MASTERS)
def test_a_proxy_is_frame_for_frame_its_master(name: str, tmp_path: Path) -> None:
    make, expected = MASTERS[name]
    master = make(tmp_path)
    info, result = walk(master)
    assert barcodes(result.proxy) == expected
    assert result.thumbnails is not None
    assert barcodes(result.thumbnails) == expected
    assert result.frames == info.frames == len(expected)
    assert result.pts == info.pts
    assert result.damaged == 0
    assert relative_times(result.proxy) == relative_times(master)
    assert result.pts is not None
    assert [result.pts.start_of(n) for n in range(result.frames)] == relative_times(master)


def test_the_proxy_starts_at_zero_and_has_a_sync_frame_each_second(tmp_path: Path) -> None:
    _, result = walk(delayed_picture(tmp_path))
    with av.open(str(result.proxy)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    stamps = sorted(p.pts for p in packets)
    assert stamps[0] == 0
    assert [stamps.index(p.pts) for p in packets if p.is_keyframe] == [0, 25, 50]


@pytest.mark.parametrize(
    ("rate", "timecode", "drop", "variable"),
    [
        ("30000/1001", "00:59:59;28", True, False),
        ("30000/1001", "01:00:00:00", False, False),
        ("25", "10:00:00:00", False, False),
        ("60000/1001", "23:59:59;58", True, False),
    ],
)
def test_start_timecode(tmp_path: Path, rate: str, timecode: str, drop: bool, variable: bool) -> None:
    master = material.clip(tmp_path / "a.mov", 1, rate, timecode=timecode)
    info, result = walk(master)
    assert (info.start_timecode, info.drop_frame) == (timecode, drop)
    assert (info.rate, info.variable_rate) == (Fraction(rate), variable)
    assert probe(result.proxy, LIMITS).start_timecode == timecode


@pytest.mark.parametrize(
    ("written", "kept"),
    [("25:61:00:00", None), ("01:00:00:25", None), ("rubbish", None), ("01:00:00;05", "01:00:00:05")],
)
def test_a_label_the_rate_cannot_carry_does_not_stop_the_proxy(
    tmp_path: Path, written: str, kept: str | None
) -> None:
    master = material.clip(tmp_path / "a.mkv", 1, output=("-metadata", f"timecode={written}"))
    info, result = walk(master)
    assert (info.start_timecode, info.drop_frame, info.tags["timecode"]) == (kept, False, written)
    assert result.frames == 25


@pytest.mark.parametrize(
    ("ticks", "base", "rate"),
    [
        (tuple(range(50)), Fraction(1, 25), Fraction(25)),
        ((0, 33, 67, 100, 133, 167, 200), Fraction(1, 1000), Fraction(30)),
        ((0, 33, 67, 100, 133, 167, 201), Fraction(1, 1000), Fraction(30000, 1001)),
        ((0, 1001, 2002, 3003), Fraction(1, 30000), Fraction(30000, 1001)),
        ((0, 2, 3, 4, 5, 6, 7, 8), Fraction(1, 25), None),
        ((0, 33, 67, 200, 233), Fraction(1, 1000), None),
    ],
)
def test_constant_rate(ticks: tuple[int, ...], base: Fraction, rate: Fraction | None) -> None:
    assert constant_rate(PtsTable(base, ticks, ticks[-1] + 1)) == rate


def test_interlaced_masters_keep_their_frames_and_lose_their_fields(tmp_path: Path) -> None:
    codec = ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-b:v", "20M")
    fields = "tinterlace=interleave_top,setfield=tff"
    master = material.clip(tmp_path / "a.mxf", 2, "50", "720x576", codec=codec, filters=fields)
    info, result = walk(master)
    assert info.field_order == "top first"
    assert result.frames == info.frames == 50
    with av.open(str(result.proxy)) as container:
        assert not any(frame.interlaced_frame for frame in container.decode(video=0))


def test_a_rotated_phone_video_stands_upright(tmp_path: Path) -> None:
    base = material.clip(tmp_path / "base.mp4", 1, size="640x360")
    master = material.made(tmp_path / "phone.mp4", "-display_rotation", "90", "-i", str(base), "-c", "copy")
    info, result = walk(master)
    assert info.rotation == 90
    assert (info.width, info.height, info.coded_width, info.coded_height) == (360, 640, 640, 360)
    assert (result.width, result.height) == (360, 640)


@pytest.mark.parametrize(
    ("suffix", "codec", "depth", "alpha"),
    [
        ("mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"), 10, True),
        ("mp4", ("-c:v", "libx264", "-pix_fmt", "yuv422p10le"), 10, False),
        ("mov", ("-c:v", "png", "-pix_fmt", "rgba"), 8, True),
    ],
)
def test_deep_and_transparent_masters_get_plain_proxies(
    tmp_path: Path, suffix: str, codec: tuple[str, ...], depth: int, alpha: bool
) -> None:
    info, result = walk(material.clip(tmp_path / f"a.{suffix}", 1, codec=codec))
    assert info.depth >= depth
    assert info.alpha is alpha
    proxy = probe(result.proxy, LIMITS)
    assert (proxy.pixel_format, proxy.depth, proxy.codec) == ("yuv420p", 8, "h264")


def test_hdr_is_brought_down_to_the_display(tmp_path: Path) -> None:
    hdr = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p10le",
        "-x265-params",
        "log-level=error",
    )
    tags = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
    grey = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    picture = ("color=c=0x949494",)  # about 200 cd/m² in PQ: diffuse white
    master = material.clip(tmp_path / "a.mp4", 1, codec=(*hdr, *tags), filters=grey, pictures=picture)
    info, result = walk(master)
    assert info.high_dynamic_range
    with av.open(str(result.proxy)) as container:
        luma = next(container.decode(video=0)).to_ndarray(format="gray")
    assert luma.mean() > 175


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1920, 1080, (960, 540)),
        (1080, 1920, (540, 960)),
        (320, 180, (320, 180)),
        (455, 256, (456, 256)),
        (1, 1, (2, 2)),
    ],
)
def test_proxy_size(width: int, height: int, expected: tuple[int, int]) -> None:
    info = MediaInfo("video", "mov", "h264", 1000, 1, width=width, height=height)
    assert proxy_size(info, RECIPE) == expected


def test_anamorphic_pixels_become_square(tmp_path: Path) -> None:
    master = material.clip(tmp_path / "a.mov", 1, size="720x576", filters="setsar=16/11")
    info, result = walk(master)
    assert (info.width, info.height) == (1047, 576)
    assert (result.width, result.height) == (982, 540)


@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv", "mov", "mpg"])
@pytest.mark.parametrize("late", ["picture", "sound"])
def test_sound_stays_in_step_with_the_picture(tmp_path: Path, suffix: str, late: str) -> None:
    """A tone starts one second after the first frame; in the analysis sound it starts at second one."""
    codec = MPEG2 if suffix == "mpg" else FADE
    picture = material.clip(tmp_path / "v.mkv", 3, audio=False, codec=codec)
    onset, offsets = {"picture": (1.5, ("0.5", "0")), "sound": (0.6, ("0", "0.4"))}[late]
    tone = f"aevalsrc='sin(3000*t)*gte(t,{onset})':s=48000:d=3.6"
    master = material.made(
        tmp_path / f"late.{suffix}",
        *("-itsoffset", offsets[0], "-i", str(picture), "-itsoffset", offsets[1], "-f", "lavfi", "-i", tone),
        *("-map", "0:v", "-map", "1:a", "-c:v", "copy"),
    )
    _, result = walk(master)
    assert result.audio is not None
    assert onset_of(result.audio) == pytest.approx(1.0, abs=0.03)


def onset_of(path: Path) -> float:
    with av.open(str(path)) as container:
        blocks = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    sound = np.abs(np.concatenate(blocks).astype(np.float64))
    return float(np.argmax(sound > sound.max() / 4)) / ANALYSIS_RATE


def test_ten_sound_tracks_are_listed_and_one_is_used(tmp_path: Path) -> None:
    base = material.clip(tmp_path / "base.mp4", 1)
    split = f"[0:a]asplit=10{''.join(f'[a{n}]' for n in range(10))}"
    maps = [
        part
        for n in range(10)
        for part in ("-map", f"[a{n}]", f"-metadata:s:a:{n}", f"language={'deu' if n else 'eng'}")
    ]
    master = material.made(
        tmp_path / "ten.mkv", "-i", str(base), "-filter_complex", split, "-map", "0:v", *maps, "-c:v", "copy"
    )
    info, result = walk(master)
    tracks = [stream for stream in info.streams if stream.kind == "audio"]
    assert [track.language for track in tracks] == ["eng"] + ["deu"] * 9
    assert info.sound == tracks[0].index
    assert result.samples == pytest.approx(ANALYSIS_RATE, abs=ANALYSIS_RATE // 20)


def test_silent_film_has_no_analysis_sound(tmp_path: Path) -> None:
    info, result = walk(material.clip(tmp_path / "a.mov", 1, audio=False))
    assert info.sound is None
    assert info.samples is None
    assert result.audio is None
    assert sorted(path.name for path in result.proxy.parent.iterdir()) == [
        "poster.jpg",
        "proxy.mp4",
        "thumbnails.mp4",
    ]


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "opus", "m4a", "aac", "aiff", "mka"])
def test_sound_alone_is_an_asset(tmp_path: Path, suffix: str) -> None:
    info, result = walk(material.sound(tmp_path / f"a.{suffix}", 2))
    assert info.kind == "sound"
    assert info.duration_ms == pytest.approx(2000, abs=60)
    assert result.proxy.name == "proxy.m4a"
    assert result.pts is None
    assert result.thumbnails is None
    assert result.samples == pytest.approx(2 * ANALYSIS_RATE, abs=ANALYSIS_RATE // 20)
    assert sorted(path.name for path in result.proxy.parent.iterdir()) == [
        "audio.flac",
        "poster.jpg",
        "proxy.m4a",
    ]


def test_cover_art_does_not_make_a_song_a_video(tmp_path: Path) -> None:
    tone = material.sound(tmp_path / "tone.wav", 1)
    cover = material.still(tmp_path / "cover.jpg")
    master = material.made(
        tmp_path / "song.mp3", "-i", str(tone), "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy"
    )
    assert probe(master, LIMITS).kind == "sound"


def test_sync_frames_name_their_bytes(tmp_path: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 2, codec=FADE)
    info = probe(master, LIMITS)
    assert [frame for frame, _ in info.sync_frames] == [0, 20, 40]
    data = master.read_bytes()
    assert all(data[offset + 4] & 0x1F in (5, 6, 7) for _, offset in info.sync_frames)


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 4, size="640x360")
    seen: list[float] = []
    make_proxy(master, probe(master, LIMITS), tmp_path / "d", RECIPE, LIMITS, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0, abs=0.05)


def test_remaking_a_proxy_replaces_it_and_clears_what_a_killed_pass_left(tmp_path: Path) -> None:
    master = material.clip(tmp_path / "a.mp4", 1)
    folder = tmp_path / "derived"
    folder.mkdir()
    (folder / ".0123456789ab.part.mp4").write_bytes(b"half")
    info = probe(master, LIMITS)
    for _ in range(2):
        make_proxy(master, info, folder, RECIPE, LIMITS)
    assert sorted(path.name for path in folder.iterdir()) == [
        "audio.flac",
        "poster.jpg",
        "proxy.mp4",
        "thumbnails.mp4",
    ]


@pytest.mark.parametrize(
    ("proxy", "track"),
    [
        ((960, 540), (256, 144)),
        ((540, 960), (256, 456)),
        ((982, 540), (256, 140)),
        ((320, 180), (256, 144)),
        ((180, 320), (180, 320)),
        ((960, 2), (256, 2)),
        ((2, 2), (2, 2)),
    ],
)
def test_thumbnail_track_size(proxy: tuple[int, int], track: tuple[int, int]) -> None:
    assert track_size(*proxy) == track


def test_thumbnails_that_are_not_the_proxys_frames_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "ENCODER", (*thumbnails.ENCODER, "-frames:v", "20"))
    with pytest.raises(FrameCountMismatch, match="20 frames, the proxy 25"):
        walk(material.clip(tmp_path / "a.mp4", 1))
    assert list((tmp_path / "derived").iterdir()) == []
