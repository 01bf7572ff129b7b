"""Where the parts of a master lie in its bytes: enough to fetch a range of it without reading it whole.

Kept in the derived store from the one time that the master was read. *Structure* is what a demuxer needs to
open the file (headers, indexes, the first pictures); its bytes are kept too. A *stretch* is where the essence
of one second lies.
"""

import json
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

NAME = "bytes.map"
"""File of an asset's folder."""
MARGIN = 1
"""Seconds fetched beyond either end: pictures and sound of one moment lie a little apart."""

Layout = Literal["sparse", "dense"]
Span = tuple[int, int]
"""Bytes [start, end)."""

_MAGIC = b"rekindle bytes 1\n"
_GAP = 1 << 16
"""Two reads so near each other are one: a request takes as long as that many bytes."""


@dataclass(frozen=True, slots=True)
class ByteMap:
    """The bytes of one master.

    Attributes:
        size: Bytes of the whole.
        layout: ``sparse``: parts are read at their own offsets (there is an index). ``dense``: parts may
            follow each other in a shorter file (the format is a stream).
        structure: Spans of the structure, in order.
        kept: Their bytes, one after the other.
        stretches: (second on the master's own clock, spans), by second.
        sync: Stamps of the picture's sync frames in its own ticks, ascending.
    """

    size: int
    layout: Layout
    structure: tuple[Span, ...]
    kept: bytes
    stretches: tuple[tuple[int, tuple[Span, ...]], ...]
    sync: tuple[int, ...]

    def sync_before(self, stamp: int) -> int | None:
        """Stamp of the last sync frame at or before a picture; None where there is none."""
        place = bisect_right(self.sync, stamp)
        return self.sync[place - 1] if place else None

    def needed(self, first: Fraction, last: Fraction) -> tuple[Span, ...]:
        """Spans to read for essence between two moments, in seconds of the master's clock."""
        low, high = floor(first) - MARGIN, floor(last) + MARGIN
        wanted = [span for second, spans in self.stretches if low <= second <= high for span in spans]
        return joined(without(joined(wanted), self.structure), gap=_GAP)

    def to_bytes(self) -> bytes:
        """Serialise: a line, the length of the facts, the facts as JSON and the kept bytes, both deflated."""
        facts = {
            "size": self.size,
            "layout": self.layout,
            "structure": self.structure,
            "stretches": self.stretches,
            "sync": self.sync,
        }
        head = zlib.compress(json.dumps(facts, separators=(",", ":")).encode(), 6)
        return _MAGIC + len(head).to_bytes(8, "big") + head + zlib.compress(self.kept, 6)

    @classmethod
    def from_bytes(cls, blob: bytes) -> "ByteMap":
        """Read what :meth:`to_bytes` wrote; raises ValueError for anything else."""
        if not blob.startswith(_MAGIC):
            raise ValueError("not a byte map")
        start = len(_MAGIC) + 8
        end = start + int.from_bytes(blob[len(_MAGIC) : start], "big")
        try:
            facts, kept = json.loads(zlib.decompress(blob[start:end])), zlib.decompress(blob[end:])
        except zlib.error as error:
            raise ValueError("a damaged byte map") from error
        return cls(
            size=facts["size"],
            layout=facts["layout"],
            structure=_spans(facts["structure"]),
            kept=kept,
            stretches=tuple((second, _spans(spans)) for second, spans in facts["stretches"]),
            sync=tuple(facts["sync"]),
        )


def _spans(pairs: Iterable[Sequence[int]]) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in pairs)


def joined(spans: Iterable[Span], *, gap: int = 0) -> tuple[Span, ...]:
    """Spans in order, those that touch or lie at most ``gap`` bytes apart as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + gap:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of spans when others are taken out; both in order, neither overlapping itself."""
    left: list[Span] = []
    for start, end in spans:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < end:
            left.append((at, end))
    return left


def length_of(spans: Iterable[Span]) -> int:
    """Bytes of spans that do not overlap."""
    return sum(end - start for start, end in spans)
