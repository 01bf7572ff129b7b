"""How fast numbered pictures run and where their timecode starts, as the header of the first one says.

DPX (SMPTE 268M) has both in its industry headers, OpenEXR as optional attributes. Whatever is missing, out of
range or damaged counts as not said: a header is never a reason to refuse a film.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from foundation.errors import BadTimecode
from foundation.timecode import count_of, label_of
from media.probe import STANDARD_RATES

HEAD_BYTES = 256 << 10
"""How much of a picture :func:`clock_of` wants to see: more than headers take, previews included."""

LEAST_RATE, MOST_RATE = 1, 240
"""Frames per second that are believed."""

_LIKENESS = Fraction(3, 10_000)
"""How far a written rate may lie from a standard one that it means: 23.98 means 24000/1001."""

_DPX = {b"SDPX": ">", b"XPDS": "<"}
_DATA_OFFSET, _FILM_RATE, _TIMECODE, _TELEVISION_RATE = 4, 1724, 1920, 1940
_EXR = b"\x76\x2f\x31\x01"
_EXR_VERSION = 2
_MOST_ATTRIBUTES = 500
_LONGEST_NAME = 255
_UNDEFINED = 0xFFFFFFFF
_HIGHEST_COUNTED = 30
"""Fastest rate whose frames an SMPTE time code word counts one by one (ST 12-1)."""
_DIGITS, _DROP_FRAME = 0x3F7F7F3F, 0x40
"""The BCD digits of such a word without the flags beside its tens, and one of those flags."""


@dataclass(frozen=True, slots=True)
class FrameClock:
    """The time of a numbered sequence.

    Attributes:
        rate: Frames per second, rational.
        start: SMPTE label of the first frame; None where there is none that the rate can carry.
    """

    rate: Fraction
    start: str | None = None


def clock_of(head: bytes, fallback: Fraction) -> FrameClock:
    """Read what a picture's header says of time.

    Args:
        head: The first :data:`HEAD_BYTES` of the first picture.
        fallback: Frames per second where it does not say.

    Returns:
        The clock; of a picture that is neither DPX nor OpenEXR the fallback without timecode.
    """
    if head[:4] in _DPX:
        rate, word = _dpx(head, _DPX[head[:4]])
    elif head.startswith(_EXR):
        rate, word = _exr(head)
    else:
        rate, word = None, None
    known = rate or exact_rate(fallback)
    return FrameClock(known, None if word is None else _label(word, known))


def exact_rate(written: Fraction) -> Fraction:
    """The rate that is meant by a rounded one: the standard one that is near, else a short fraction."""
    near = min(STANDARD_RATES, key=lambda standard: abs(standard - written))
    return near if abs(near - written) <= near * _LIKENESS else written.limit_denominator(1001)


def _dpx(head: bytes, order: str) -> tuple[Fraction | None, int | None]:
    """Rate and time code word; fields behind the start of the picture are none (headers may be short)."""
    end = min(_word(head, _DATA_OFFSET, order, len(head)) or 0, len(head))
    television = _float(head, _TELEVISION_RATE, order, end)
    rate = _believed(television) or _believed(_float(head, _FILM_RATE, order, end))
    # A header of zeros is one that nobody filled in; midnight is where counting starts anyway.
    return rate, _word(head, _TIMECODE, order, end) or None


def _word(head: bytes, at: int, order: str, end: int) -> int | None:
    if at + 4 > end:
        return None
    word = int(struct.unpack_from(f"{order}I", head, at)[0])
    return None if word == _UNDEFINED else word


def _float(head: bytes, at: int, order: str, end: int) -> Fraction | None:
    if at + 4 > end:
        return None
    value = float(struct.unpack_from(f"{order}f", head, at)[0])
    return Fraction(value) if isfinite(value) else None


def _believed(rate: Fraction | None) -> Fraction | None:
    exact = None if rate is None else exact_rate(rate)
    return exact if exact is not None and LEAST_RATE <= exact <= MOST_RATE else None


def _exr(head: bytes) -> tuple[Fraction | None, int | None]:
    found = {(name, kind): value for name, kind, value in _attributes(head)}
    rate = found.get((b"framesPerSecond", b"rational"), b"")
    code = found.get((b"timeCode", b"timecode"), b"")
    return (
        _believed(_rational(rate)) if len(rate) == 8 else None,
        _word(code, 0, "<", len(code)) if len(code) == 8 else None,
    )


def _rational(value: bytes) -> Fraction | None:
    numerator, denominator = struct.unpack("<iI", value)
    return Fraction(numerator, denominator) if denominator else None


def _attributes(head: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, type and value of the first part's attributes, as far as they are whole."""
    at = 8 if head[4:5] == bytes([_EXR_VERSION]) else len(head)
    for _ in range(_MOST_ATTRIBUTES):
        name, at = _text(head, at)
        kind, at = _text(head, at)
        size = _word(head, at, "<", len(head))
        if not name or not kind or size is None or at + 4 + size > len(head):
            return
        yield name, kind, head[at + 4 : at + 4 + size]
        at += 4 + size


def _text(head: bytes, at: int) -> tuple[bytes, int]:
    """Text up to a NUL and where the next field starts; empty where there is none."""
    end = head.find(b"\0", at, at + _LONGEST_NAME + 1)
    return (b"", len(head)) if end < 0 else (head[at:end], end + 1)


def _label(word: int, rate: Fraction) -> str | None:
    """The label of a time code word; a drop-frame mark that the rate cannot carry is a slip."""
    if rate > _HIGHEST_COUNTED:
        return None
    digits = f"{word & _DIGITS:08x}"
    until_seconds = ":".join((digits[:2], digits[2:4], digits[4:6]))
    separator = ";" if word & _DROP_FRAME else ":"
    for label in (f"{until_seconds}{separator}{digits[6:]}", f"{until_seconds}:{digits[6:]}"):
        try:
            count, drop_frame = count_of(label, rate)
        except BadTimecode:
            continue
        return label_of(count, rate, drop_frame=drop_frame)
    return None
