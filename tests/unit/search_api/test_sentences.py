"""Where in a passage the words were said."""

import pytest

from catalog.model import Cue, CueKind
from foundation.ids import AssetId, CueId
from foundation.timecode import SampleRange
from search_api.services.sentences import where_all_said, where_said

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


def marked(text: str) -> str:
    """Brackets stand for the marks."""
    return text.replace("[", "\x02").replace("]", "\x03")


def found(highlight: str, cues: list[Cue]) -> list[tuple[float, float]]:
    """Seconds of every place."""
    places = where_said(marked(highlight), cues)
    return [(float(place.sound.start_seconds), float(place.sound.end_seconds)) for place in places]


@pytest.mark.parametrize(
    ("highlight", "seconds"),
    [
        ("Ask not what [your country] can do for you.", [(0, 3)]),
        ("Ask not [what your country can] do for you.", [(0, 3)]),
        ("Ask not [what] [your] country", [(0, 3)]),
        ("Ask not what your country can do for you. Ask [what YOU] can", [(3, 4)]),
        ("Ask not what your country can do for [you. Ask what]", [(0, 4)]),
        ("[Ask] not what your country can do for you. [Ask] what YOU can do", [(0, 3), (3, 4)]),
        ("[Ask] [not] what your country can do for you. [Ask] what YOU can do", [(0, 3)]),
        ("Ask not [what] your country can do for [you]. Ask [what YOU] can do", [(3, 4)]),
        ("Ask not what your country can do for [you]. Ask what [YOU] can do", [(0, 3), (3, 4)]),
        ("Ask not what your country can do for [you", [(0, 3)]),
    ],
)
def test_where_it_was_said(highlight: str, seconds: list[tuple[float, float]]) -> None:
    """Every sentence that says as many of the words as any, those in a row before those apart."""
    assert found(highlight, CUES) == seconds


def test_each_place_marks_its_own_words() -> None:
    other = marked("[Ask] not what your country can do for you. Ask what [YOU can] do")
    assert [place.highlight for place in where_said(other, CUES)] == [other]
    both = where_said(marked("Ask not what your country can [do] for you. Ask what YOU can [do]"), CUES)
    assert [place.highlight for place in both] == [
        marked("Ask not what your country can [do] for you. Ask what YOU can do"),
        marked("Ask not what your country can do for you. Ask what YOU can [do]"),
    ]


@pytest.mark.parametrize(
    ("highlight", "together", "seconds"),
    [
        ("Ask not what your [country] can do for you.", (), [(1, 2)]),
        ("[Ask] not what your country can do for you. [Ask] what YOU can do", (), [(0, 1), (3, 4)]),
        ("Ask not what your [country can] do for you.", (), [(1, 3)]),
        ("Ask not what your [country] can do for [you]. Ask what [YOU] can do", ("country", "you"), [(1, 3)]),
        ("Ask [not] what your country can do for you. Ask what [YOU] can do", ("not", "you"), []),
        ("[Ask] not what your [country] can do for you.", ("asking", "countries"), [(0, 2)]),
        ("Nothing of [the] kind", (), None),
    ],
)
def test_what_is_barred_are_the_cues_that_say_it(
    highlight: str, together: tuple[str, ...], seconds: list[tuple[float, float]] | None
) -> None:
    places = where_all_said(marked(highlight), CUES, together)
    assert seconds == (
        None
        if places is None
        else [(float(place.start_seconds), float(place.end_seconds)) for place in places]
    )


def test_without_full_stops_the_cues_are_all_there_is() -> None:
    draft = [cue(n, text) for n, text in enumerate(["ask not what", "your country", "can do for you"])]
    assert found("ask not what [your country] can", draft) == [(1, 2)]


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
    assert found(f"He is in a bad humor {second.replace('jewels', '[jewels]')}", said) == [seconds]


def test_a_pause_ends_a_sentence_and_so_does_half_a_minute() -> None:
    paused = [cue(0, "Well"), cue(9, "your country"), cue(10, "is large.")]
    assert found("Well your [country] is large.", paused) == [(9, 11)]
    endless = [cue(n, f"word{n}") for n in range(60)] + [cue(60, "end.")]
    assert found(" ".join(f"word{n}" for n in range(20)) + " [word20]", endless) == [(20, 50)]


def test_words_nobody_said_have_no_place() -> None:
    assert found("[nothing of it]", CUES) == []
    assert found("Ask not what", CUES) == []
    assert found("", CUES) == []
    assert found("[your]", []) == []


def test_tracks_do_not_run_into_each_other() -> None:
    mixed = [cue(0, "bonjour le", 2), cue(0, "good morning", 1), cue(1, "monde", 2), cue(1, "world", 1)]
    assert found("bonjour [le monde]", mixed) == [(0, 2)]
