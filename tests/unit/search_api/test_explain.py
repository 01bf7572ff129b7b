"""Reasons in words, and where in a passage the words were said."""

import pytest

from catalog.model import Cue, CueKind
from foundation.ids import AssetId, CueId
from foundation.timecode import FrameRange, SampleRange
from search_api.services.evidence import Evidence
from search_api.services.explain import excerpt, matches_of, where_said, why
from search_api.services.fuse import Scored

ASSET = AssetId("ast_x")


def evidence(**facts: object) -> Evidence:
    return Evidence(asset=ASSET, score=1.0, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (evidence(signal="visual", source="starter, weak"), "looks like it (starter, weak)"),
        (evidence(signal="face", source="Ada Lovelace"), "shows Ada Lovelace"),
        (evidence(signal="speech", source="caption", highlight="ask \x02you\x03"), "said: ask «you»"),
        (
            evidence(signal="speech", source="draft", highlight="\x02you\x03"),
            "said (draft recognition): «you»",
        ),
        (evidence(signal="speech", source="meaning", highlight="a boat"), "said something close: a boat"),
        (evidence(signal="onscreen", highlight="\x02EXIT\x03"), "on screen: «EXIT»"),
        (evidence(signal="name", highlight="a \x02rabbit\x03"), "name holds a «rabbit»"),
        (evidence(signal="description", highlight="\x02calm\x03"), "described: «calm»"),
    ],
)
def test_why(item: Evidence, sentence: str) -> None:
    assert why(item) == sentence


def test_each_signal_gives_its_best_reason_once() -> None:
    items = [
        Scored(evidence(signal="speech", source="meaning", highlight="x"), "meaning", 0.01),
        Scored(evidence(signal="visual", source="toy"), "visual", 0.02),
        Scored(evidence(signal="speech", source="caption", highlight="y"), "speech", 0.03),
    ]
    assert [(match.signal, match.why) for match in matches_of(items)] == [
        ("speech", "said: y"),
        ("visual", "looks like it (toy)"),
    ]


def test_a_reason_says_what_matched_where_and_by_what() -> None:
    items = [
        Scored(
            evidence(signal="speech", source="caption", highlight="\x02ask\x03 \x02you\x03 a \x02you\x03"),
            "speech",
            0.03,
        ),
        Scored(evidence(signal="speech", source="meaning", highlight="x", encoder="mini"), "meaning", 0.01),
        Scored(evidence(signal="visual", source="toy", encoder="toy", position=7), "visual", 0.02),
        Scored(evidence(signal="face", source="Ada", frames=FrameRange(3, 9)), "face", 0.02),
        Scored(evidence(signal="visual", source="toy", encoder="toy", position=9), "visual", 0.01),
    ]
    speech, visual, face = matches_of(items)
    assert (speech.words, speech.text, speech.frame) == (["ask you", "you"], "«ask» «you» a «you»", None)
    assert (visual.encoder, visual.frame, visual.words, visual.text) == ("toy", 7, [], None)
    assert (face.person, face.frame) == ("Ada", 3)
    assert [match.contribution for match in (speech, visual, face)] == [0.5, 0.25, 0.25]


def test_an_excerpt_is_short_and_shows_the_match() -> None:
    text = "word " * 100 + "the \x02needle\x03 here " + "word " * 100
    shown = excerpt(text)
    assert "«needle»" in shown
    assert len(shown) < 200
    assert shown.startswith("… word")
    assert shown.endswith("word …")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x02",
        "\x03",
        "\x02a",
        "a\x03",
        "\x02" + "x" * 500 + "\x03",
        ("\x02a\x03 " * 200),
        "a\n\n\x02b\x03\tc",
        "x" * 999,
    ],
)
def test_guillemets_always_pair(text: str) -> None:
    shown = excerpt(text)
    assert shown.count("«") == shown.count("»")
    assert not {"\x02", "\x03", "\n"} & set(shown)


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
        ("Ask not what \x02your country\x03 can do", (1, 2)),
        ("Ask not \x02what your country can\x03 do", (0, 3)),
        ("\x02what\x03 \x02your\x03 country", (0, 2)),
        ("ask \x02what you\x03 can", (3, 4)),
        ("Ask not what your \x02country\x03", (1, 2)),
    ],
)
def test_where_it_was_said(highlight: str, seconds: tuple[int, int]) -> None:
    assert where_said(highlight, CUES) == SampleRange.from_milliseconds(seconds[0] * 1000, seconds[1] * 1000)


def test_words_nobody_said_have_no_place() -> None:
    assert where_said("\x02nothing of it\x03", CUES) is None
    assert where_said("no marks", CUES) is None
    assert where_said("\x02your\x03", []) is None


def test_tracks_do_not_run_into_each_other() -> None:
    mixed = [cue(0, "bonjour le", 2), cue(0, "good morning", 1), cue(1, "monde", 2), cue(1, "world", 1)]
    assert where_said("\x02le monde\x03", mixed) == SampleRange.from_milliseconds(0, 2000)
