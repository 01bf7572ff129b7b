"""Passages cover the cues, stay short and end with sentences."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from catalog.model import Cue, CueKind
from catalog.passages import LONGEST, build_passages
from foundation.ids import AssetId, CueId
from foundation.timecode import SOUND_RATE, SampleRange

ASSET = AssetId("ast_1")


def cue(ordinal: int, start: float, end: float, text: str, **more: object) -> Cue:
    sound = SampleRange(int(start * SOUND_RATE), int(end * SOUND_RATE))
    kind = more.pop("kind", CueKind.CAPTION)
    return Cue(CueId(f"cue_{ordinal}"), ASSET, ordinal, sound, text, kind, **more)  # type: ignore[arg-type]


def test_sentences_of_neighbouring_cues_are_joined() -> None:
    cues = [
        cue(0, 0, 3, "And so, my\nfellow"),
        cue(1, 3, 6, "Americans:"),
        cue(2, 6, 9, "ask not.”"),
        cue(3, 9, 12, "Ask"),
    ]
    passages = build_passages(cues)
    assert [passage.text for passage in passages] == ["And so, my fellow Americans: ask not.”", "Ask"]
    assert passages[0].sound == SampleRange(0, 9 * SOUND_RATE)
    assert passages[0].cue_ids == ("cue_0", "cue_1", "cue_2")


def test_a_pause_ends_a_passage() -> None:
    passages = build_passages([cue(0, 0, 1, "one"), cue(1, 3, 4, "two"), cue(2, 9, 10, "three")])
    assert [passage.text for passage in passages] == ["one two", "three"]


def test_tracks_languages_and_kinds_stay_apart() -> None:
    cues = [
        cue(0, 0, 1, "good", language="en"),
        cue(1, 0, 1, "guten", language="de"),
        cue(2, 1, 2, "morning", language="en"),
        cue(3, 1, 2, "Morgen", language="de"),
        cue(4, 1, 2, "[birds]", language="en", kind=CueKind.SDH),
        cue(5, 1, 2, "bonus", language="en", track=2),
    ]
    texts = [passage.text for passage in build_passages(cues)]
    assert texts == ["good morning", "guten Morgen", "[birds]", "bonus"]


def test_no_cues_no_passages() -> None:
    assert build_passages([]) == []


@st.composite
def heard(draw: st.DrawFn) -> list[Cue]:
    cues, start = [], 0
    for ordinal in range(draw(st.integers(0, 30))):
        start += draw(st.integers(0, 6 * SOUND_RATE))
        end = start + draw(st.integers(1, 45 * SOUND_RATE))
        text = draw(st.sampled_from(["word", "A sentence.", "Is it?", "", "  two words "]))
        language = draw(st.sampled_from(["en", "de"]))
        cues.append(
            Cue(
                CueId(f"cue_{ordinal}"),
                ASSET,
                ordinal,
                SampleRange(start, end),
                text,
                CueKind.CAPTION,
                language,
            )
        )
    return cues


@given(heard())
def test_passages_hold_every_cue_once_in_order_and_are_short(cues: list[Cue]) -> None:
    passages = build_passages(cues)
    by_id = {item.id: item for item in cues}
    assert sorted(cue_id for passage in passages for cue_id in passage.cue_ids) == sorted(by_id)
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    assert all(a.sound.start <= b.sound.start for a, b in pairwise(passages))
    for passage in passages:
        parts = [by_id[cue_id] for cue_id in passage.cue_ids]
        assert {part.language for part in parts} == {passage.language}
        assert len(parts) == 1 or passage.sound.end - passage.sound.start <= LONGEST
        assert all(passage.sound.start <= p.sound.start and p.sound.end <= passage.sound.end for p in parts)
        assert passage.text.split() == [word for part in parts for word in part.text.split()]
