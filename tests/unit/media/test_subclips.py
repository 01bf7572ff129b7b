"""Parts of masters: what must be read, and that what is cut out of it shows the master's own frames."""

import hashlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import accumulate, islice
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from foundation.errors import CorruptMedia, RangeUnavailable
from foundation.timecode import FrameRange, PtsTable, count_of
from media.byte_map import ByteMap, Span, joined, length_of, without
from media.layout import map_of
from media.probe import MediaInfo, probe
from media.subclip import Labelled, Subclip, cut, lay_out, plan, suffix_of
from media.tool import MediaLimits
from tests import material

LIMITS = MediaLimits()
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2")
OPEN = (*H264, "-x264-params", "open-gop=1:bframes=2:keyint=50:scenecut=0")
XDCAM = ("-c:v", "mpeg2video", "-b:v", "6M", "-g", "12", "-bf", "2")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
AAC, PCM = ("-c:a", "aac"), ("-c:a", "pcm_s16le")
MASTERS: dict[str, tuple[str, str, str | None, tuple[str, ...], tuple[str, ...]]] = {
    "index behind": ("a.mov", "25", "10:00:00:00", H264, ("-c:a", "pcm_s24le")),
    "index in front": ("b.mp4", "30000/1001", "00:59:50;00", H264, (*AAC, "-movflags", "+faststart")),
    "open groups": ("c.mp4", "25", None, OPEN, AAC),
    "fragments": ("d.mp4", "25", None, H264, (*AAC, "-movflags", "+frag_keyframe+empty_moov")),
    "every frame": ("e.mov", "25", "23:59:50:00", ("-c:v", "prores_ks"), ("-c:a", "pcm_s24le")),
    "hevc": ("f.mp4", "24000/1001", None, HEVC, AAC),
    "mxf": ("g.mxf", "25", "10:00:00:00", XDCAM, (*PCM, "-ac", "1")),
    "mxf 59.94": ("h.mxf", "60000/1001", "01:00:00;00", XDCAM, PCM),
    "transport stream": ("i.ts", "25", None, H264, AAC),
    "matroska": ("j.mkv", "25", None, H264, PCM),
    "program stream": ("k.mpg", "25", None, XDCAM, ("-c:a", "mp2")),
}


def master(folder: Path, kind: str, seconds: float = 12) -> Path:
    name, rate, timecode, codec, output = MASTERS[kind]
    return material.clip(
        folder / name, seconds, rate, pictures=("testsrc2",), timecode=timecode, codec=codec, output=output
    )


def hashes(path: Path, within: FrameRange | None = None) -> list[str]:
    """Digests of pictures, of those ``within`` alone or of all."""
    with av.open(str(path)) as container:
        frames = container.decode(container.streams.video[0])
        wanted = islice(frames, within.in_frame, within.out_frame) if within else frames
        return [hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest() for frame in wanted]


def sound(path: Path) -> tuple[NDArray[np.generic], Fraction, int]:
    """Samples of the first channel where their stamps put them, the time of the first one, and the rate."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame for frame in container.decode(stream) if frame.pts is not None]
        origin = frames[0].pts * stream.time_base
        parts = [np.atleast_2d(frame.to_ndarray())[0][:: _step(frame)] for frame in frames]
        places = [round((frame.pts * stream.time_base - origin) * stream.rate) for frame in frames]
        if path.suffix == ".mkv":  # whole milliseconds: samples follow each other more exactly than stamps
            places = [0, *accumulate(map(len, parts))][:-1]
        samples = np.zeros(places[-1] + len(parts[-1]), parts[0].dtype)
        for place, samples_of_frame in zip(places, parts, strict=True):
            samples[place : place + len(samples_of_frame)] = samples_of_frame
        return samples, origin, stream.rate


def _step(frame: av.AudioFrame) -> int:
    return 1 if frame.format.is_planar else len(frame.layout.channels)


def expect_same_sound(sub: Subclip, master: Path, info: MediaInfo) -> None:
    """Sound lies where it lay, to the sample; to the half millisecond where the format counts milliseconds.

    Decoders of compressed sound need a moment to come to the same samples.
    """
    assert info.pts is not None
    heard, begins, rate = sound(sub.path)
    whole, origin, _ = sound(master)
    first = info.pts.first_pts * info.pts.time_base + info.pts.start_of(sub.frames.in_frame)
    at, warm, most = round((first + begins - origin) * rate), 4096, 48 if master.suffix == ".mkv" else 1
    assert 0 <= begins < Fraction(1, 20)
    length = info.pts.start_of(sub.frames.out_frame) - info.pts.start_of(sub.frames.in_frame)
    ends = info.pts.seconds - info.pts.start_of(sub.frames.out_frame) < Fraction(1, 10)
    assert ends or abs(len(heard) / rate - float(length)) < 0.1
    if len(heard) <= warm + 2 * most:
        return
    rounding = 1e-4 if heard.dtype.kind == "f" else 1
    tail = heard[warm : len(whole) - at - most]
    places = range(at + warm - most, at + warm + most + 1)
    assert any(np.allclose(tail, whole[place : place + len(tail)], atol=rounding) for place in places)


def fetched(path: Path, byte_map: ByteMap, spans: tuple[Span, ...]) -> Iterator[tuple[Span, list[bytes]]]:
    with path.open("rb") as file:
        for start, end in spans:
            file.seek(start)
            yield (start, end), [file.read(end - start)]


def labelled(info: MediaInfo) -> Labelled:
    if info.start_timecode is None or info.rate is None:
        return Labelled(None if info.variable_rate else info.rate, None)
    count, drop_frame = count_of(info.start_timecode, info.rate)
    return Labelled(info.rate, count, drop_frame)


def part(path: Path, wanted: FrameRange, folder: Path) -> tuple[Subclip, int, MediaInfo]:
    """Cut a range out of only those bytes that the map names; returns bytes read."""
    info = probe(path, LIMITS)
    mapped = map_of(path, info)
    assert mapped is not None
    assert info.pts is not None
    byte_map = ByteMap.from_bytes(mapped.to_bytes())
    assert byte_map == mapped
    wished = plan(byte_map, info.pts, wanted)
    holes = folder / f"part{path.suffix}"
    lay_out(byte_map, fetched(path, byte_map, wished.spans), holes)
    target = folder / f"sub{suffix_of(info.container)}"
    return cut(holes, target, info.pts, wished, labelled(info), LIMITS), wished.size, info


QUICK = ("index behind", "mxf")


@pytest.mark.parametrize("wanted", [(130, 155), (0, 10), (201, 202), (270, 287)])
@pytest.mark.parametrize(
    "kind", [kind if kind in QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in MASTERS]
)
def test_a_part_shows_the_masters_own_frames(kind: str, wanted: tuple[int, int], tmp_path: Path) -> None:
    path = master(tmp_path, kind)
    asked = FrameRange(*wanted)
    made, _, info = part(path, asked, tmp_path)
    assert made.frames.in_frame <= asked.in_frame
    assert made.frames.out_frame >= asked.out_frame
    assert len(made.frames) <= len(asked) + 250 + 10
    assert hashes(made.path) == hashes(path, made.frames)
    again = probe(made.path, LIMITS)
    assert again.frames == len(made.frames)
    assert again.rate == info.rate
    expect_same_sound(made, path, info)
    assert again.start_timecode == made.timecode
    if info.start_timecode is not None:
        assert made.timecode == labelled(info).label(made.frames.in_frame)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["index behind", "every frame", "mxf", "transport stream", "matroska"])
def test_little_is_read(kind: str, tmp_path: Path) -> None:
    """Of a minute, a second takes the second, its group and a margin of a second at either end."""
    path = master(tmp_path, kind, 60)
    made, read, info = part(path, FrameRange(700, 725), tmp_path)
    assert hashes(made.path) == hashes(path, made.frames)
    assert read < info.size * 7 / 60
    assert info.start_timecode is None or made.timecode is not None


def test_holes_are_no_pictures(tmp_path: Path) -> None:
    path = master(tmp_path, "every frame")
    info = probe(path, LIMITS)
    byte_map = map_of(path, info)
    assert byte_map is not None
    assert info.pts is not None
    wished = plan(byte_map, info.pts, FrameRange(200, 220))
    holes = tmp_path / "part.mov"
    lay_out(byte_map, [], holes)
    with pytest.raises(CorruptMedia):
        cut(holes, tmp_path / "sub.mov", info.pts, wished, labelled(info), LIMITS)


def test_formats_whose_parts_cannot_be_told_are_left_whole(tmp_path: Path) -> None:
    path = material.clip(tmp_path / "a.avi", 2, codec=XDCAM, output=("-c:a", "mp2"))
    assert map_of(path, probe(path, LIMITS)) is None


def test_sound_alone_is_left_whole(tmp_path: Path) -> None:
    path = material.sound(tmp_path / "a.wav")
    assert map_of(path, probe(path, LIMITS)) is None


def test_a_range_before_the_first_sync_frame_is_refused() -> None:
    byte_map = ByteMap(10, "sparse", (), b"", ((0, ((0, 10),)),), (5,))
    with pytest.raises(RangeUnavailable):
        plan(byte_map, PtsTable.constant(Fraction(25), 50), FrameRange(0, 10))


@pytest.mark.parametrize("blob", [b"", b"rekindle bytes 2\n", b"rekindle bytes 1\n" + bytes(8) + b"nonsense"])
def test_what_is_no_byte_map(blob: bytes) -> None:
    with pytest.raises(ValueError, match="byte map"):
        ByteMap.from_bytes(blob)


SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda t: (t[0], t[0] + t[1])), max_size=8
)


@given(SPANS, SPANS, st.integers(0, 5))
def test_spans_are_sets_of_bytes(some: list[Span], others: list[Span], gap: int) -> None:
    def members(spans: Iterable[Span]) -> set[int]:
        return {n for start, end in spans for n in range(start, end)}

    assert members(joined(some)) == members(some)
    assert members(joined(some, gap=gap)) >= members(some)
    assert length_of(joined(some)) == len(members(some))
    left = without(joined(some), joined(others))
    assert members(left) == members(some) - members(others)
