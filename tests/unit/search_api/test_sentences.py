"""Where in a passage the words were said."""

import pytest

from catalog.model import Cue, CueKind
from foundation.ids import AssetId, CueId
from foundation.timecode import SampleRange
from search_api.services.sentences import where_said

ASSET = AssetId("ast_x")


def cue(n: int, text: str, track: int | None = None) -> Cue:
    sound = SampleRange.from_milliseconds(n * 1000, n * 1000 + 1000)
    return Cue(CueId(f"c{n}"), ASSET, n, sound, text, CueKind.CAPTION, track=track)


CUES = [
    cue(0, "Ask not what"),
    cue(1, "your country"),
    cue(2, "can do for you."),
    cue(3, "Ask what YOU can do"),
]


@pytest.mark.parametrize(
    ("highlight", "seconds"),
    [
        ("Ask not what \x02your country\x03 can do", (0, 3)),
        ("Ask not \x02what your country can\x03 do", (0, 3)),
        ("\x02what\x03 \x02your\x03 country", (0, 3)),
        ("ask \x02what you\x03 can", (3, 4)),
        ("Ask not what your \x02country\x03", (0, 3)),
        ("\x02you. Ask what\x03", (0, 4)),
    ],
)
def test_where_it_was_said(highlight: str, seconds: tuple[int, int]) -> None:
    assert where_said(highlight, CUES) == SampleRange.from_milliseconds(seconds[0] * 1000, seconds[1] * 1000)


def test_without_full_stops_the_cues_are_all_there_is() -> None:
    draft = [cue(n, text) for n, text in enumerate(["ask not what", "your country", "can do for you"])]
    assert where_said("\x02your country\x03", draft) == SampleRange.from_milliseconds(1000, 2000)


@pytest.mark.parametrize(
    ("second", "seconds"),
    [
        ("Somebody stole the jewels", (1, 2)),
        ("somebody stole the jewels", (0, 2)),
        ("I stole the jewels", (0, 2)),
    ],
)
def test_a_capital_opens_a_sentence_whose_full_stop_was_left_out(
    second: str, seconds: tuple[int, int]
) -> None:
    said = [cue(0, "He is in a bad humor"), cue(1, second), cue(2, "Who did it?")]
    found = where_said("stole the \x02jewels\x03", said)
    assert found == SampleRange.from_milliseconds(seconds[0] * 1000, seconds[1] * 1000)


def test_a_pause_ends_a_sentence_and_so_does_half_a_minute() -> None:
    paused = [cue(0, "Well"), cue(9, "your country"), cue(10, "is large.")]
    assert where_said("\x02country\x03", paused) == SampleRange.from_milliseconds(9000, 11_000)
    endless = [cue(n, f"word{n}") for n in range(60)] + [cue(60, "end.")]
    found = where_said("\x02word20\x03", endless)
    assert found is not None
    assert (found.start_seconds, found.end_seconds) == (20, 50)


def test_words_nobody_said_have_no_place() -> None:
    assert where_said("\x02nothing of it\x03", CUES) is None
    assert where_said("no marks", CUES) is None
    assert where_said("\x02your\x03", []) is None


def test_tracks_do_not_run_into_each_other() -> None:
    mixed = [cue(0, "bonjour le", 2), cue(0, "good morning", 1), cue(1, "monde", 2), cue(1, "world", 1)]
    assert where_said("\x02le monde\x03", mixed) == SampleRange.from_milliseconds(0, 2000)
