"""Is a proxy its master, frame for frame? Compares when their frames are shown."""

from collections.abc import Sequence
from fractions import Fraction

from foundation.errors import CorruptMedia, FrameCountMismatch
from foundation.timecode import PtsTable
from media.played import PictureOrder
from media.probe import MediaInfo, table_of

_MOST_DAMAGED = Fraction(2, 100)
"""Share of frames that may be damaged in a master that is still taken for whole."""


def reconcile(info: MediaInfo, played: PictureOrder, damaged: int, name: str) -> PtsTable:
    """Compare the proxy's frames with the master's and return the timeline as presented.

    A decoder presents fewer frames than there are packets where packets are damaged (then ``damaged`` says
    so) or never meant to be shown; it must never present others.

    Args:
        info: The master.
        played: When the proxy's frames are shown.
        damaged: Complaints of the decoder.
        name: The master's name, for messages.

    Raises:
        CorruptMedia: Too much of the master is damaged.
        FrameCountMismatch: Frames were added or lie at other times.
    """
    if info.pts is None or not played.stamps:
        raise FrameCountMismatch(f"The proxy of {name!r} has no frames.")
    expected, got = info.pts, len(played.stamps)
    missing = len(expected) - got
    if damaged and max(damaged, missing) > _MOST_DAMAGED * len(expected):
        raise CorruptMedia(f"{max(damaged, missing)} of {len(expected)} frames of {name!r} are damaged.")
    if missing < 0:
        raise FrameCountMismatch(f"The proxy of {name!r} has {got} frames, the master {len(expected)}.")
    presented = _presented(info, expected, played)
    if presented is None:
        raise FrameCountMismatch(f"The proxy of {name!r} shows its frames at other times than the master.")
    return presented


def _presented(info: MediaInfo, expected: PtsTable, played: PictureOrder) -> PtsTable | None:
    base, stamps = played.time_base, played.stamps
    times = [(stamp - stamps[0]) * base for stamp in stamps]
    ticks = [round(time / expected.time_base) for time in times]
    if ticks == list(expected.ticks):
        return expected
    if not info.exact_times:
        return table_of(stamps, base, _mean_step(stamps))
    known = set(expected.ticks)
    # An open GOP starts with packets that nobody can decode: the first frame need not be the first packet.
    lead = _lead(expected, ticks)
    if all(tick + lead in known for tick in ticks):
        last = expected.duration - lead - ticks[-1]
        return PtsTable(expected.time_base, tuple(ticks), ticks[-1] + last, expected.first_pts + lead)
    return table_of(stamps, base, _mean_step(stamps)) if _restarts(info) else None


def _lead(expected: PtsTable, ticks: Sequence[int]) -> int:
    known = set(expected.ticks)
    leads = (tick for tick in expected.ticks if all(later + tick in known for later in ticks[:50]))
    return next(leads, 0)


def _restarts(info: MediaInfo) -> bool:
    """Transport and program streams may restart their clock; ffmpeg then joins the pieces."""
    return info.container in ("mpegts", "mpeg")


def _mean_step(stamps: Sequence[int]) -> int:
    return max(1, round((stamps[-1] - stamps[0]) / max(1, len(stamps) - 1)))
