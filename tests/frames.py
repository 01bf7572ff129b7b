"""Headers of numbered pictures, as DPX (SMPTE 268M) and OpenEXR have them, made field by field."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

FILM_RATE, TIMECODE, TELEVISION_RATE = 1724, 1920, 1940
"""Where the industry headers of DPX have what says of time."""

UNDEFINED = b"\xff" * 4
_GENERIC, _WHOLE = 1664, 2048


def dpx_head(
    order: str = ">",
    *,
    film: float | None = None,
    television: float | None = None,
    timecode: int | None = None,
    size: int = _WHOLE,
) -> bytes:
    """The header of a DPX picture in byte order ``>`` or ``<``; what is None is undefined."""
    head = bytearray(UNDEFINED * (_WHOLE // 4))
    head[:8] = struct.pack(f"{order}II", 0x53445058, size)
    for at, kind, value in (
        (FILM_RATE, "f", film),
        (TIMECODE, "I", timecode),
        (TELEVISION_RATE, "f", television),
    ):
        if value is not None:
            struct.pack_into(f"{order}{kind}", head, at, value)
    return bytes(head)


def tell_time(path: Path, *, film: float = 0.0, television: float = 0.0, timecode: int = 0) -> None:
    """Give a DPX picture that has a generic header only the industry headers with these fields."""
    data = path.read_bytes()
    order = ">" if data.startswith(b"SDPX") else "<"
    offset = struct.unpack_from(f"{order}I", data, 4)[0]
    told = dpx_head(order, film=film, television=television, timecode=timecode)
    size = struct.pack(f"{order}I", _WHOLE)
    path.write_bytes(data[:4] + size + data[8:_GENERIC] + told[_GENERIC:] + data[offset:])


def exr_head(attributes: Mapping[tuple[str, str], bytes], version: int = 2) -> bytes:
    """The header of an OpenEXR picture: attributes by name and type."""
    return b"\x76\x2f\x31\x01" + struct.pack("<I", version) + exr_attributes(attributes.items()) + b"\0"


def exr_attributes(attributes: Iterable[tuple[tuple[str, str], bytes]]) -> bytes:
    """Attributes as OpenEXR writes them one after another."""
    rows = (
        f"{name}\0{kind}\0".encode() + struct.pack("<I", len(value)) + value
        for (name, kind), value in attributes
    )
    return b"".join(rows)
