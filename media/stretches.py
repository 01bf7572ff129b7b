"""Collects where the packets of every second lie.

Kept apart so that the decoder child imports nothing heavy.
"""

from math import floor


class Stretches:
    """Takes packets in file order; gives spans of bytes by second.

    Args:
        exact: Offsets and sizes are those of the essence itself, as in MP4. Elsewhere headers lie between
            packets, and a second is everything from its first packet to its last.
    """

    def __init__(self, *, exact: bool) -> None:
        self._exact = exact
        self._spans: dict[tuple[int, int], list[list[int]]] = {}

    def add(self, stream: int, seconds: float | None, pos: int | None, size: int) -> None:
        """One packet; what has no time or no place is found through its neighbours."""
        if seconds is None or pos is None or pos < 0:
            return
        spans = self._spans.setdefault((floor(seconds), stream if self._exact else 0), [])
        if not spans:
            spans.append([pos, pos + size])
        elif not self._exact:
            spans[0] = [min(spans[0][0], pos), max(spans[0][1], pos + size)]
        elif spans[-1][1] == pos:
            spans[-1][1] += size
        else:
            spans.append([pos, pos + size])

    def rows(self) -> list[tuple[int, list[list[int]]]]:
        """(second, spans) by second; spans of several streams are not joined yet."""
        found: dict[int, list[list[int]]] = {}
        for (second, _), spans in self._spans.items():
            found.setdefault(second, []).extend(spans)
        return sorted(found.items())
