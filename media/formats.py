"""Which file names announce media: the one list that discovery and the readers share."""

from pathlib import PurePosixPath
from typing import Literal

MediaKind = Literal["video", "still", "sound"]

VIDEO_SUFFIXES = frozenset(
    [
        ".mp4",
        ".m4v",
        ".mov",
        ".qt",
        ".mxf",
        ".mkv",
        ".webm",
        ".ts",
        ".m2ts",
        ".mts",
        ".m2t",
        ".avi",
        ".mpg",
        ".mpeg",
        ".m2v",
        ".vob",
        ".3gp",
        ".3g2",
        ".ogv",
    ]
)
SOUND_SUFFIXES = frozenset(
    [".wav", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".mka", ".bwf"]
)
STILL_SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"])
CAPTION_SUFFIXES = frozenset([".srt", ".vtt", ".ttml", ".dfxp"])
SEQUENCE_SUFFIXES = frozenset([".dpx", ".exr"])
"""Pictures that occur as numbered frames of a film only."""
PLAYLIST_SUFFIXES = frozenset([".m3u8", ".m3u", ".mpd", ".ffconcat", ".concat"])
"""Text that names other files or addresses; refused with a reason, never followed."""


def kind_of(name: str) -> MediaKind | None:
    """What a name announces by its suffix; None for what is not media."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in VIDEO_SUFFIXES or suffix in PLAYLIST_SUFFIXES or suffix in SEQUENCE_SUFFIXES:
        return "video"
    if suffix in SOUND_SUFFIXES:
        return "sound"
    return "still" if suffix in STILL_SUFFIXES else None
