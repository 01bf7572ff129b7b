"""Joins neighbouring cues into passages: enough words to carry meaning, short enough to point at. Pure."""

from collections.abc import Iterator, Sequence

from catalog.model import Cue, CueKind, Passage
from foundation.ids import PassageId, mint
from foundation.timecode import SOUND_RATE, SampleRange

LONGEST = 30 * SOUND_RATE
"""Samples a passage spans at most, unless a single cue is longer."""

_ENOUGH = 8 * SOUND_RATE
_PAUSE = 3 * SOUND_RATE
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")  # noqa: RUF001 - full stops of other scripts
_CLOSERS = "\"'”’»)]}"  # noqa: RUF001 - closing quotes as captions write them


def build_passages(cues: Sequence[Cue]) -> list[Passage]:
    """Join cues into passages that together cover every cue once, in order of time.

    A passage never mixes tracks, kinds or languages. It ends with a sentence once it is long enough, at a
    pause, and before it would span more than :data:`LONGEST`.
    """
    groups: dict[tuple[CueKind, str | None, int | None], list[Cue]] = {}
    for cue in cues:
        groups.setdefault((cue.kind, cue.language, cue.track), []).append(cue)
    runs = [run for group in groups.values() for run in _runs(group)]
    runs.sort(key=lambda run: (run[0].sound.start, run[0].ordinal))
    return [_passage(ordinal, run) for ordinal, run in enumerate(runs)]


def _runs(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    run: list[Cue] = []
    for cue in sorted(cues, key=lambda item: (item.sound.start, item.ordinal)):
        if run and _parts(run, cue):
            yield run
            run = []
        run.append(cue)
    if run:
        yield run


def _parts(run: Sequence[Cue], following: Cue) -> bool:
    start, end = run[0].sound.start, max(cue.sound.end for cue in run)
    if max(end, following.sound.end) - start > LONGEST or following.sound.start - end > _PAUSE:
        return True
    return end - start >= _ENOUGH and ends_sentence(run[-1].text)


def ends_sentence(text: str) -> bool:
    """Say whether the text ends with a full stop, or what stands for one, in any script."""
    return text.rstrip().rstrip(_CLOSERS).endswith(_SENTENCE_ENDS)


def _passage(ordinal: int, run: Sequence[Cue]) -> Passage:
    first = run[0]
    return Passage(
        id=PassageId(mint("pas")),
        asset_id=first.asset_id,
        ordinal=ordinal,
        sound=SampleRange(first.sound.start, max(cue.sound.end for cue in run)),
        text=" ".join(word for cue in run for word in cue.text.split()),
        kind=first.kind,
        language=first.language,
        cue_ids=tuple(cue.id for cue in run),
    )
