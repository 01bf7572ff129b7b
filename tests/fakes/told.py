"""What is said in an asset and written on its screen, as lines."""

from collections.abc import Sequence

from catalog import model as m
from catalog.passages import build_passages
from catalog.repository import CatalogWriter
from foundation import ids
from foundation.timecode import FrameRange, SampleRange

Lines = Sequence[tuple[int, int, str]]
"""From, to, text."""


def put_words(writer: CatalogWriter, asset: m.Asset, lines: Lines) -> None:
    """Captions by milliseconds."""
    cues = [
        m.Cue(
            ids.CueId(ids.mint("cue")),
            asset.id,
            n,
            SampleRange.from_milliseconds(start, end),
            text,
            m.CueKind.CAPTION,
        )
        for n, (start, end, text) in enumerate(lines)
    ]
    writer.facts_writer.replace_words(asset.id, cues, build_passages(cues))
    writer.assets_writer.set_has_speech(asset.id, has_speech=True)


def put_screen_text(writer: CatalogWriter, asset: m.Asset, lines: Lines) -> None:
    """Text on screen by frames."""
    box = m.Box(0.1, 0.1, 0.2, 0.1)
    texts = [
        m.ScreenText(asset.id, n, FrameRange(first, last), box, text, 0.9)
        for n, (first, last, text) in enumerate(lines)
    ]
    writer.facts_writer.replace_screen_text(asset.id, texts)
