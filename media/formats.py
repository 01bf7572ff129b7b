"""Which file names announce media: the one list that discovery and the readers share."""

from collections.abc import Mapping
from typing import Literal

MediaKind = Literal["video", "still", "sound"]


def _suffixes(names: str) -> frozenset[str]:
    return frozenset(f".{name}" for name in names.split())


VIDEO_SUFFIXES = _suffixes("mp4 m4v mov qt mxf mkv webm ts m2ts mts m2t avi mpg mpeg m2v vob 3gp 3g2 ogv")
SOUND_SUFFIXES = _suffixes("wav bwf flac mp3 m4a aac ogg oga opus aif aiff mka")
STILL_SUFFIXES = _suffixes("jpg jpeg png tif tiff webp")
CAPTION_SUFFIXES = _suffixes("srt vtt ttml dfxp")
SEQUENCE_SUFFIXES = _suffixes("dpx exr")
"""Pictures that occur as numbered frames of a film only."""
PLAYLIST_SUFFIXES = _suffixes("m3u8 m3u mpd ffconcat concat")
"""Text that names other files or addresses; refused with a reason, never followed."""


_KINDS: Mapping[str, MediaKind] = {
    **dict.fromkeys(VIDEO_SUFFIXES | PLAYLIST_SUFFIXES | SEQUENCE_SUFFIXES, "video"),
    **dict.fromkeys(SOUND_SUFFIXES, "sound"),
    **dict.fromkeys(STILL_SUFFIXES, "still"),
}


def suffix_of(name: str) -> str:
    """Suffix of a path's last part in lower case, as pathlib has it and several times as fast."""
    start, dot = name.rfind("/") + 1, name.rfind(".")
    return name[dot:].lower() if start < dot < len(name) - 1 else ""


def kind_of(name: str) -> MediaKind | None:
    """What a name announces by its suffix; None for what is not media."""
    return _KINDS.get(suffix_of(name))
