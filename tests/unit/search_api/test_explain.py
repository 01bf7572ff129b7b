"""Reasons in words."""

import pytest

from foundation.ids import AssetId
from foundation.timecode import FrameRange
from search_api.services.evidence import Evidence
from search_api.services.explain import excerpt, matches_of, why
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
        (
            evidence(signal="description", source="stage:descriptors@1+draft", highlight="\x02night\x03"),
            "described (often wrong): «night»",
        ),
    ],
)
def test_why(item: Evidence, sentence: str) -> None:
    assert why(item, excerpt(item.highlight)) == sentence


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
