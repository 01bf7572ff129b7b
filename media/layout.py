"""What of a container is structure: read once, so that a part of the file can be opened without the rest."""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from pathlib import Path

from media.byte_map import ByteMap, Span, joined, length_of
from media.probe import MediaInfo
from media.tool import open_master

MOST_STRUCTURE = 64 << 20
"""Bytes; a file with more is fetched whole."""

_FIRST_PICTURES = 2 << 20
"""Bytes of essence kept from its beginning: a demuxer looks at them before it says what it has."""
_STREAM_HEAD = 1 << 19
"""Bytes of a transport or program stream that hold its tables many times over."""
_MOST_ITEMS = 20_000_000
_PADDING = frozenset({b"free", b"skip", b"wide"})
_SEGMENT, _CLUSTER, _VOID = 0x18538067, 0x1F43B675, 0xEC
_KLV = bytes.fromhex("060e2b34")
_KLV_HEAD = 25
"""Bytes of a key and the longest length."""
_ESSENCE = bytes.fromhex("0d010301")
"""Bytes 8..11 of a generic container's keys (SMPTE ST 379-2): essence and system items."""
_FILL = bytes.fromhex("03010210")


class _Unmapped(Exception):
    """The structure is not one that can be told from essence."""


def map_of(path: Path, info: MediaInfo) -> ByteMap | None:
    """The byte map of a master; None where only the whole can be fetched.

    Args:
        path: The file that was probed.
        info: What :func:`media.probe.probe` said of it.

    Raises:
        StorageError: It cannot be read, or changed meanwhile.
    """
    if info.pts is None or not info.exact_times or not info.stretches or not info.sync_frames:
        return None
    family = info.container.split(",", maxsplit=1)[0]
    with open_master(path) as master:
        try:
            structure, units = _STRUCTURES[family](master.fd, master.size)
        except (KeyError, _Unmapped):
            return None
        first = min(start for _, spans in info.stretches for start, _ in spans)
        spans = joined([*structure, (first, min(first + _FIRST_PICTURES, master.size))])
        if length_of(spans) > MOST_STRUCTURE:
            return None
        kept = b"".join(_read(master.fd, start, end) for start, end in spans)
        size = master.size
    stamps = info.pts.first_pts, info.pts.ticks
    return ByteMap(
        size=size,
        layout="dense" if family in ("mpegts", "mpeg") else "sparse",
        structure=spans,
        kept=kept,
        stretches=_stretches(info, units, size),
        sync=tuple(stamps[0] + stamps[1][frame] for frame, _ in info.sync_frames),
    )


def _stretches(info: MediaInfo, units: list[int], size: int) -> tuple[tuple[int, tuple[Span, ...]], ...]:
    """Every second's spans, widened to whole units where the format has them."""
    last = max(second for second, _ in info.stretches)
    is_exact = info.container.startswith("mov")
    found = []
    for second, spans in info.stretches:
        kept = joined(_widened(span, units) for span in spans) if units else joined(spans)
        if second == last and not is_exact:
            kept = (*kept[:-1], (kept[-1][0], size))
        found.append((second, kept))
    return tuple(found)


def _widened(span: Span, units: list[int]) -> Span:
    before, after = bisect_right(units, span[0]), bisect_left(units, span[1])
    start = units[before - 1] if before else 0
    return start, units[after] if after < len(units) else span[1]


def _read(fd: int, start: int, end: int) -> bytes:
    parts, at = [], start
    while at < end and (part := os.pread(fd, end - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _atoms(fd: int, size: int) -> tuple[list[Span], list[int]]:
    """MP4 and QuickTime: every top-level atom but the payload of ``mdat`` (ISO/IEC 14496-12, 4.2)."""
    found: list[Span] = []
    at = 0
    for _ in range(_MOST_ITEMS):
        if at + 8 > size:
            return found, []
        head = os.pread(fd, 16, at)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        header = 16 if length == 1 else 8
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        length = length or size - at
        if length < header:
            raise _Unmapped
        is_payload = kind == b"mdat" or kind in _PADDING
        found.append((at, min(at + (header if is_payload else length), size)))
        at += length
    raise _Unmapped


def _elements(fd: int, size: int) -> tuple[list[Span], list[int]]:
    """Matroska: every element of the segment but clusters, which are the units that are read (RFC 9559)."""
    found: list[Span] = []
    clusters: list[int] = []
    at = 0
    for _ in range(_MOST_ITEMS):
        if at >= size:
            return found, clusters
        kind, body, length = _element(fd, at)
        if kind == _SEGMENT:
            found.append((at, body))
            at = body
            continue
        if length is None:
            raise _Unmapped
        end = min(body + length, size)
        if kind == _CLUSTER:
            clusters.append(at)
        else:
            found.append((at, body if kind == _VOID else end))
        at = end
    raise _Unmapped


def _element(fd: int, at: int) -> tuple[int, int, int | None]:
    """Id, offset of the body and its length (None: unknown) of an EBML element (RFC 8794, 4..6)."""
    head = os.pread(fd, 12, at)
    id_length = _vint_length(head, 0)
    size_length = _vint_length(head, id_length)
    if id_length > 4 or size_length > 8 or len(head) < id_length + size_length:
        raise _Unmapped
    kind = int.from_bytes(head[:id_length], "big")
    value = int.from_bytes(head[id_length : id_length + size_length], "big") & ((1 << 7 * size_length) - 1)
    is_unknown = value == (1 << 7 * size_length) - 1
    return kind, at + id_length + size_length, None if is_unknown else value


def _vint_length(head: bytes, at: int) -> int:
    if at >= len(head) or head[at] == 0:
        raise _Unmapped
    return 9 - head[at].bit_length()


def _triplets(fd: int, size: int) -> tuple[list[Span], list[int]]:
    """MXF: every KLV triplet that is neither essence nor fill (SMPTE ST 377-1, 6.3).

    Of the first essence after each of them the head is structure too: it tells where a partition's essence
    begins.
    """
    found: list[Span] = []
    begins = False
    for (start, end), key in _klv(fd, size):
        is_essence, is_fill = key[8:12] == _ESSENCE, key[8:12] == _FILL
        if not is_essence and not is_fill:
            found.append((start, end))
        elif begins:
            found.append((start, min(start + _KLV_HEAD, end)))
        begins = not is_essence and (begins or not is_fill)
    return found, []


def _klv(fd: int, size: int) -> Iterator[tuple[Span, bytes]]:
    at = os.pread(fd, 1 << 16, 0).find(_KLV)  # a run-in may precede the first key
    for _ in range(_MOST_ITEMS):
        if at + 17 > size:
            return
        head = os.pread(fd, _KLV_HEAD, at)
        if not head.startswith(_KLV):
            raise _Unmapped
        more = head[16] & 0x7F if head[16] & 0x80 else 0
        length = int.from_bytes(head[17 : 17 + more], "big") if more else head[16]
        end = at + 17 + more + length
        if more > 8 or (head[16] & 0x80 and not more):
            raise _Unmapped
        yield (at, min(end, size)), head[:16]
        at = end
    raise _Unmapped


def _head(fd: int, size: int) -> tuple[list[Span], list[int]]:
    """Streams repeat their tables: the beginning holds them all."""
    del fd
    return [(0, min(size, _STREAM_HEAD))], []


_STRUCTURES = {"mov": _atoms, "matroska": _elements, "mxf": _triplets, "mpegts": _head, "mpeg": _head}
