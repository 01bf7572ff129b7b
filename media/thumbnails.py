"""The thumbnail track: every frame of a proxy again, small, for whoever looks at all of them.

It is decoded in a small part of the time that the proxy takes. It has no sync frames but the first, so that
no frame differs from the one before for the encoder's sake: a proxy's do, once a second.
"""

NAME = "thumbnails.mp4"
WIDTH = 256
"""Pixels; narrower proxies keep their width."""

ENCODER = (
    *("-c:v", "libx264", "-preset", "superfast", "-crf", "20", "-g", "100000", "-threads", "1"),
    *("-fps_mode", "passthrough", "-enc_time_base", "demux", "-map_metadata", "-1", "-map_chapters", "-1"),
)
"""ffmpeg arguments: quick to write and to read, fine enough for grain; one thread, as more only cost more."""


def small_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of what is looked at small, for a picture of any size."""
    small = min(WIDTH, width)
    return small, max(1, round(height * small / width))


def track_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of a proxy's thumbnail track: even, as the codec wants them."""
    small, high = small_size(width, height)
    return small, max(2, round(high / 2) * 2)
