"""What headers of numbered pictures say of time, and that nothing else is taken for it."""

import struct
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.frame_clock import HEAD_BYTES, FrameClock, clock_of, exact_rate
from tests.frames import dpx_head, exr_head

CINEMA = Fraction(24)
FPS, CODE = ("framesPerSecond", "rational"), ("timeCode", "timecode")


def code(word: int) -> bytes:
    return struct.pack("<II", word, 0)


def fps(numerator: int, denominator: int) -> bytes:
    return struct.pack("<iI", numerator, denominator)


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize(
    ("film", "television", "timecode", "clock"),
    [
        (None, 25.0, 0x01020304, FrameClock(Fraction(25), "01:02:03:04")),
        (25.0, None, 0x10595924, FrameClock(Fraction(25), "10:59:59:24")),
        (24.0, 25.0, None, FrameClock(Fraction(25))),
        (23.976, 0.0, 0x23595923, FrameClock(Fraction(24000, 1001), "23:59:59:23")),
        (None, 29.97, 0x00010042, FrameClock(Fraction(30000, 1001), "00:01:00;02")),
        (None, 29.97, 0x00010142, FrameClock(Fraction(30000, 1001), "00:01:01;02")),
        (None, 25.0, 0x01000064, FrameClock(Fraction(25), "01:00:00:24")),
        (18.0, float("nan"), None, FrameClock(Fraction(18))),
        (None, None, 0x01000000, FrameClock(CINEMA, "01:00:00:00")),
        (float("inf"), -25.0, 0, FrameClock(CINEMA)),
        (1e-30, 1e30, 0xFFFFFFFF, FrameClock(CINEMA)),
        (241.0, 0.5, None, FrameClock(CINEMA)),
        (None, 50.0, 0x01000012, FrameClock(Fraction(50))),
    ],
)
def test_dpx(order: str, film: float, television: float, timecode: int, clock: FrameClock) -> None:
    head = dpx_head(order, film=film, television=television, timecode=timecode)
    assert clock_of(head, CINEMA) == clock


@pytest.mark.parametrize(
    "word",
    [0x24000000, 0x01600000, 0x01006000, 0x01000025, 0x0A000000, 0x0100000B],
    ids=["hour 24", "minute 60", "second 60", "frame 25", "no digit", "no digit of frames"],
)
def test_what_is_no_timecode_leaves_the_rate(word: int) -> None:
    assert clock_of(dpx_head(television=25.0, timecode=word), CINEMA) == FrameClock(Fraction(25))


def test_a_label_that_drop_frame_skips_is_counted_without_dropping() -> None:
    head = dpx_head(television=29.97, timecode=0x00010040)
    assert clock_of(head, CINEMA) == FrameClock(Fraction(30000, 1001), "00:01:00:00")


def test_where_the_picture_starts_early_its_bytes_are_no_header() -> None:
    head = dpx_head(film=18.0, television=25.0, timecode=0x01000000, size=1920)
    assert clock_of(head, CINEMA) == FrameClock(Fraction(18))
    assert clock_of(head[:1726], CINEMA) == FrameClock(CINEMA)


@pytest.mark.parametrize(
    ("attributes", "clock"),
    [
        ({FPS: fps(25, 1), CODE: code(0x01020304)}, FrameClock(Fraction(25), "01:02:03:04")),
        ({CODE: code(0), FPS: fps(2997, 100)}, FrameClock(Fraction(30000, 1001), "00:00:00:00")),
        ({("owner", "string"): b"x" * 70_000, FPS: fps(24000, 1001)}, FrameClock(Fraction(24000, 1001))),
        ({FPS: fps(25, 0), CODE: code(0x01000000)}, FrameClock(CINEMA, "01:00:00:00")),
        ({FPS: fps(-25, 1)}, FrameClock(CINEMA)),
        ({FPS: b"\x19\0\0\0"}, FrameClock(CINEMA)),
        ({("framesPerSecond", "float"): struct.pack("<f", 25)}, FrameClock(CINEMA)),
        ({}, FrameClock(CINEMA)),
    ],
)
def test_open_exr(attributes: dict[tuple[str, str], bytes], clock: FrameClock) -> None:
    assert clock_of(exr_head(attributes), CINEMA) == clock


def test_an_attribute_that_announces_more_than_there_is_ends_the_header() -> None:
    head = exr_head({("owner", "string"): b"ada", FPS: fps(25, 1)})
    longer = head.replace(b"\x03\0\0\0ada", b"\xf0\xff\xff\xffada")
    assert clock_of(longer, CINEMA) == FrameClock(CINEMA)


@given(st.sampled_from([b"SDPX", b"XPDS", b"\x76\x2f\x31\x01\x02\0\0\0", b""]), st.binary(max_size=2100))
def test_garbage_never_gets_further_than_a_sane_clock(magic: bytes, rest: bytes) -> None:
    clock = clock_of((magic + rest)[:HEAD_BYTES], CINEMA)
    assert 1 <= clock.rate <= 240


@given(st.binary(min_size=2044, max_size=2044), st.sampled_from([b"SDPX", b"XPDS"]))
def test_whole_headers_of_garbage(rest: bytes, magic: bytes) -> None:
    clock = clock_of(magic + rest, CINEMA)
    assert 1 <= clock.rate <= 240
    assert clock.rate.denominator <= 1001


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("23.98", Fraction(24000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("24", Fraction(24)),
        ("29.97", Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("16", Fraction(16)),
        ("16.6666", Fraction(50, 3)),
    ],
)
def test_rates_that_were_rounded(written: str, meant: Fraction) -> None:
    assert exact_rate(Fraction(written)) == meant
    assert clock_of(b"\x89PNG", Fraction(written)) == FrameClock(meant)
