"""Stage ``onscreen``: text on keyframes, joined where it stays on screen.

Keyframes, not all samples: reading a picture costs as much as embedding twenty, and titles stay for seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from catalog.model import Box, ScreenText
from catalog.repository import CatalogWriter
from embeddings.encoder import ReadText
from foundation.timecode import FrameRange
from indexer.face_tracks import intersection_over_union
from indexer.work import Commit, Work
from media.look import Look, Sample
from media.pictures import read_picture

LEAST_CONFIDENCE = 0.6
LEAST_OVERLAP = 0.3
_ALIKE = 0.85


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and how long it is on screen."""

    frames: FrameRange
    text: ReadText


class Onscreen:
    """What can be read."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._reader = work.models.reader()

    def see(self, sample: Sample) -> None:
        """Samples are not read; see the module."""

    def finish(self, look: Look) -> Commit:
        """Read every keyframe, join lines that stay."""
        stretches = represented([(frame, look.shots[shot]) for frame, shot, _ in look.keyframes])
        lines: list[Line] = []
        for n, ((_, _, path), frames) in enumerate(zip(look.keyframes, stretches, strict=True)):
            self._work.lease.report("onscreen", n / len(stretches))
            lines += [Line(frames, text) for text in self._read(path)]
        texts = [self._screen_text(n, line) for n, line in enumerate(joined(lines))]
        asset_id = self._work.asset.id

        def write(writer: CatalogWriter) -> None:
            writer.facts_writer.replace_screen_text(asset_id, texts)

        return write

    def _read(self, path: Path) -> list[ReadText]:
        found = self._reader.read(read_picture(path))
        return [text for text in found if text.confidence >= LEAST_CONFIDENCE and text.text.strip()]

    def _screen_text(self, ordinal: int, line: Line) -> ScreenText:
        text = line.text
        return ScreenText(
            self._work.asset.id, ordinal, line.frames, text.box, text.text.strip(), text.confidence
        )


def represented(keyframes: Sequence[tuple[int, FrameRange]]) -> list[FrameRange]:
    """The stretch each keyframe stands for: its shot, cut half-way between neighbours in one shot."""
    found = []
    for n, (frame, shot) in enumerate(keyframes):
        before = keyframes[n - 1] if n else None
        after = keyframes[n + 1] if n + 1 < len(keyframes) else None
        start = (before[0] + frame + 1) // 2 if before and before[1] == shot else shot.in_frame
        end = (frame + after[0] + 1) // 2 if after and after[1] == shot else shot.out_frame
        found.append(FrameRange(start, max(end, start + 1)))
    return found


def joined(lines: Iterable[Line]) -> list[Line]:
    """Join lines that say the same in the same place in stretches that touch; the surest reading stays."""
    found: list[Line] = []
    for line in lines:
        at = next((n for n, old in enumerate(found) if _continues(old, line)), None)
        if at is None:
            found.append(line)
            continue
        frames = FrameRange(found[at].frames.in_frame, line.frames.out_frame)
        found[at] = Line(frames, max(found[at].text, line.text, key=lambda t: t.confidence))
    return sorted(found, key=lambda line: (line.frames.in_frame, line.text.box.top, line.text.box.left))


def _continues(old: Line, new: Line) -> bool:
    touches = old.frames.out_frame == new.frames.in_frame
    return touches and _same_place(old.text.box, new.text.box) and _same_words(old.text.text, new.text.text)


def _same_place(a: Box, b: Box) -> bool:
    return intersection_over_union(a, b) >= LEAST_OVERLAP


def _same_words(a: str, b: str) -> bool:
    a, b = "".join(a.lower().split()), "".join(b.lower().split())
    return a == b or SequenceMatcher(None, a, b).ratio() >= _ALIKE
