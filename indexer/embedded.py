"""Captions inside a master: kept in the derived store, so that listening again needs no master."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from foundation import logging
from foundation.errors import BadCaptions, ToolError
from foundation.timecode import SampleRange
from indexer.derived import publish_json, read_json
from media.captions import CaptionCue, embedded_captions
from media.probe import MediaInfo
from media.tool import MediaLimits

FILE = "captions.json"


def keep_embedded(folder: Path, master: Path, info: MediaInfo, limits: MediaLimits) -> None:
    """Keep what the caption streams of a master say; streams that cannot be read are left out."""
    streams: list[Mapping[str, object]] = []
    if info.caption_streams:
        try:
            streams = [
                {"stream": index, "language": language, "cues": [_plain(cue) for cue in cues]}
                for index, language, cues in embedded_captions(master, info, limits)
            ]
        except (BadCaptions, ToolError) as error:
            logging.get(__name__).warning("captions.left-out", code=error.code, reason=error.message)
    publish_json(folder / FILE, {"streams": streams})


def _plain(cue: CaptionCue) -> list[object]:
    return [cue.sound.start, cue.sound.end, cue.text, cue.speaker]


def kept_captions(folder: Path) -> Iterator[tuple[int, str | None, list[CaptionCue]]]:
    """Stream, language and cues of every caption stream that was kept."""
    streams = read_json(folder / FILE).get("streams")
    for stream in streams if isinstance(streams, list) else []:
        cues = [
            CaptionCue(SampleRange(start, end), text, speaker) for start, end, text, speaker in stream["cues"]
        ]
        yield stream["stream"], stream["language"], cues
