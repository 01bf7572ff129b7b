"""Full text: what every catalog must do."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import sql_words
from catalog.model import AssetState, Location
from catalog.passages import build_passages
from catalog.query import AssetFilter
from catalog.repository import Catalog, TextMatch, TextQuery
from foundation.ids import mint
from tests.contract.catalog.examples import cues, register, say, show, statement

EVERYTHING = AssetFilter()
SPEECH = (
    "And so, my fellow Americans:",
    "ask not what your country",
    "can do for you.",
    "Ask what you can do",
    "for your country.",
    "My fellow citizens of the world:",
    "ask not what America will do for you,",
    "but what together we can do",
    "for the freedom of man.",
)


def speech(catalog: Catalog, *terms: str, phrases: tuple[str, ...] = (), limit: int = 10) -> list[TextMatch]:
    with catalog.read() as view:
        return view.words.speech(TextQuery(terms, phrases), EVERYTHING, limit)


def plain(match: TextMatch) -> list[str]:
    """The marked stretches of a match."""
    return [part.partition("\x03")[0] for part in match.highlight.split("\x02")[1:]]


@pytest.mark.parametrize(
    ("terms", "marked"),
    [
        (("countries",), {"country"}),
        (("citizen",), {"citizens"}),
        (("FREEDOM",), {"freedom"}),
        (("free*",), {"freedom"}),
        (("fellow", "citizens"), {"fellow", "citizens"}),
        (("freedom's",), {"freedom"}),
        (("citizen\u2019s",), {"citizens"}),
        (("dinosaur",), set()),
    ],
)
def test_words_are_found_by_their_stems(
    catalog: Catalog, films: Location, terms: tuple[str, ...], marked: set[str]
) -> None:
    with catalog.write() as writer:
        say(writer, register(writer, films, "a.mp4"), *SPEECH)
    assert {stretch for match in speech(catalog, *terms)[:1] for stretch in plain(match)} == marked


def test_a_match_says_where_what_and_why(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        say(writer, asset, *SPEECH)
        passage = writer.facts.passages(asset.id)[-1]
    (match,) = speech(catalog, "freedom", "dinosaurs")
    assert (match.asset_id, match.row, match.sound) == (asset.id, passage.ordinal, passage.sound)
    assert (match.text, match.source, match.matched) == (passage.text, "caption", ("freedom",))
    assert match.highlight.replace("\x02", "").replace("\x03", "") == passage.text
    assert match.score > 0


def test_all_words_come_before_some_words(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        for number in range(6):
            say(writer, register(writer, films, f"{number}.mp4"), f"horse horse horse number {number}")
        both = register(writer, films, "both.mp4")
        say(writer, both, "once upon a time there was a very long story of a horse that met a carriage")
    found = speech(catalog, "horse", "carriage")
    assert found[0].asset_id == both.id
    assert (len(found), found[0].matched, found[1].matched) == (7, ("horse", "carriage"), ("horse",))
    assert len(speech(catalog, "horse", "carriage", limit=3)) == 3


@pytest.mark.parametrize(("affordable", "found"), [(100, 9), (5, 5), (2, 2), (1, 1)])
def test_any_word_means_the_rarest_where_there_are_too_many(
    catalog: Catalog, films: Location, monkeypatch: pytest.MonkeyPatch, affordable: int, found: int
) -> None:
    """Five passages say horse, three carriage (one of them both), two barouche."""
    monkeypatch.setattr(sql_words, "_AFFORDABLE", affordable)
    texts = ["a horse", "his horse", "her horse", "a carriage", "her carriage", "no barouche", "a barouche"]
    with catalog.write() as writer:
        for number, text in enumerate([*texts, "horse and carriage", "horses"]):
            say(writer, register(writer, films, f"{number}.mp4"), text)
    matches = speech(catalog, "horse", "carriage", "barouche", limit=max(affordable, 1))
    assert len(matches) == found
    telling = ["barouche", "carriage", "horse"][: {100: 3, 5: 2}.get(affordable, 1)]
    assert all(any(word in match.text for word in telling) for match in matches)


@pytest.mark.parametrize("words", [("horse",), ("horse", "carriage")])
def test_of_too_many_passages_with_all_words_the_newest_are_ranked(
    catalog: Catalog, films: Location, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sql_words, "_AFFORDABLE", 2)
    texts = ["horse and carriage", "a carriage, and at last a horse", "the carriage has one horse"]
    with catalog.write() as writer:
        for number, text in enumerate([*texts, "a barouche"]):
            say(writer, register(writer, films, f"{number}.mp4"), text)
    found = speech(catalog, *words, limit=2)
    assert {match.text for match in found} == set(texts[1:])
    assert len(speech(catalog, *words, limit=3)) == 3, "who asks for more gets more"
    assert all(match.matched == words for match in found)
    assert all(f"\x02{word}\x03" in match.highlight for match in found for word in words)
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


def test_function_words_decide_only_when_they_are_all_there_is(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        say(writer, register(writer, films, "a.mp4"), "to be or not to be")
        say(writer, register(writer, films, "b.mp4"), "a horse of course")
    assert [match.text for match in speech(catalog, "the", "horse", "to")] == ["a horse of course"]
    assert [match.text for match in speech(catalog, "to", "be")] == ["to be or not to be"]


PHRASES = [
    ("fellow Americans", 1),
    ("what your country can do for you", 1),
    ("country can do for you ask what", 1),
    ("my fellow", 2),
    ("do for you", 2),
    ("country my fellow citizens", 1),
    ("for the freedom of man", 1),
    ("fellow American", 0),
    ("Americans fellow", 0),
    ("freedom of man and so", 0),
]


@pytest.mark.parametrize(("phrase", "count"), PHRASES)
@pytest.mark.parametrize("seconds", [1, 4, 12, 40])
def test_a_phrase_is_exact_wherever_cues_and_passages_part(
    catalog: Catalog, films: Location, phrase: str, count: int, seconds: int
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        say(writer, asset, *SPEECH, seconds=seconds)
        whole = " ".join(passage.text for passage in writer.facts.passages(asset.id))
    found = speech(catalog, phrases=(phrase,))
    stretches = [stretch for match in found for stretch in plain(match)]
    wanted = [word.strip(".,:").casefold() for word in phrase.split()]
    assert [[w.strip(".,:").casefold() for w in stretch.split()] for stretch in stretches] == [wanted] * count
    assert all(stretch in whole for stretch in stretches)


def test_a_passage_is_named_once_however_many_passages_a_tail_spans(
    catalog: Catalog, films: Location
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        say(writer, asset, *[f"word{n}." for n in range(40)], seconds=40)
        assert len(writer.facts.passages(asset.id)) == 40
    assert [match.row for match in speech(catalog, phrases=("word20",))] == [20]
    assert [match.row for match in speech(catalog, phrases=("word20 word21 word22",))] == [20]
    assert [match.row for match in speech(catalog, phrases=("word20",), limit=1)] == [20]


def test_tails_stay_within_a_language(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        languages = ("en", "de", "en", "de")
        heard = [
            dataclasses.replace(cue, language=language)
            for cue, language in zip(
                cues(asset, ["good", "guten", "morning", "Morgen"], seconds=40), languages, strict=True
            )
        ]
        writer.facts_writer.replace_words(asset.id, heard, build_passages(heard))
    assert len(speech(catalog, phrases=("good morning",))) == 1
    assert len(speech(catalog, phrases=("guten morgen",))) == 1
    assert speech(catalog, phrases=("good guten",)) == []


def test_phrases_are_required_and_words_order_what_holds_them(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        for name, text in (
            ("a", "the old harbour at night"),
            ("b", "the old harbour by day"),
            ("c", "day and night"),
        ):
            say(writer, register(writer, films, f"{name}.mp4"), text)
    found = speech(catalog, "day", phrases=("old harbour",))
    assert [match.text for match in found] == ["the old harbour by day", "the old harbour at night"]
    assert [match.matched for match in found] == [("old harbour", "day"), ("old harbour",)]
    assert speech(catalog, "day", phrases=("old harbour", "no such thing")) == []


def test_replaced_words_are_not_found_any_more(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        for text in ("first words", "second words"):
            say(writer, asset, text)
    assert speech(catalog, "first") == []
    assert [match.text for match in speech(catalog, "words")] == ["second words"]


def test_accents_matter_to_nobody(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        say(writer, register(writer, films, "a.mp4"), "Ein Café in Zürich")
    assert len(speech(catalog, "cafe", "zurich")) == 1
    assert len(speech(catalog, phrases=("café in zurich",))) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "reels/BigBuckBunny_1080p.mp4",
            ["bunny", "BigBuckBunny", "bigbuckbunny", "1080p", "1080", "mp4", "reels"],
        ),
        (
            "NASA-Apollo11.launch(final).mov",
            ["apollo", "apollo11", "11", "nasa", "launch", "launches", "final"],
        ),
        ("mdn_rabbit.mp4", ["rabbit", "mdn_rabbit", "rabbits", "rab*"]),
        ("HTTPServer2.mkv", ["http", "server", "HTTPServer2"]),
        ('film \'n\nname "x".mp4', ["film", "name"]),
    ],
)
def test_names_are_found_by_their_parts(
    catalog: Catalog, films: Location, name: str, words: list[str]
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, name)
        register(writer, films, "other/Thing.wav")
    with catalog.read() as view:
        for word in words:
            matches = view.words.names(TextQuery((word,)), EVERYTHING, 5)
            assert [(match.asset_id, match.text) for match in matches] == [(asset.id, name)], word
            assert plain(matches[0]), word


def test_text_on_screen_has_frames(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        show(writer, asset, "BREAKING NEWS", "Weather at eight")
        texts = writer.facts.screen_text(asset.id)
    with catalog.read() as view:
        (match,) = view.words.onscreen(TextQuery(("weather",)), EVERYTHING, 5)
        assert (match.frames, match.text, match.row) == (texts[1].frames, "Weather at eight", 1)
        assert len(view.words.onscreen(TextQuery(phrases=("breaking news",)), EVERYTHING, 5)) == 1


def test_some_withdrawn_asset_does_not_hide_the_others(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        hidden, shown = (register(writer, films, f"{name}.mp4") for name in "ab")
        for asset in (hidden, shown):
            say(writer, asset, "common words")
            show(writer, asset, "common words")
            writer.facts_writer.add_statement(statement(asset, "common words"))
        writer.assets_writer.set_state(hidden.id, AssetState.WITHDRAWN)
    with catalog.read() as view:
        for search in (view.words.speech, view.words.onscreen, view.words.descriptions):
            found = search(TextQuery(("common",)), EVERYTHING, 5)
            assert [match.asset_id for match in found] == [shown.id]
        assert [match.asset_id for match in view.words.names(TextQuery(("mp4",)), EVERYTHING, 5)] == [
            shown.id
        ]


def test_one_asset_can_be_searched_alone(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        assets = [register(writer, films, f"{n}.mp4") for n in range(5)]
        for asset in assets:
            say(writer, asset, "the same words")
    with catalog.read() as view:
        for query in (TextQuery(("same",)), TextQuery(phrases=("same words",))):
            where = AssetFilter(assets=(assets[2].id,))
            assert [match.asset_id for match in view.words.speech(query, where, 9)] == [assets[2].id]


ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
OPERATORS = st.sampled_from(
    [
        '"',
        "AND",
        "OR",
        "NOT",
        "NEAR(a b)",
        "*",
        "a*",
        "^x",
        "col:a",
        "(",
        ")",
        "-x",
        "{a}:",
        '""',
        "'",
        "\x00",
        "\ud800",
    ]
)


@given(
    terms=st.lists(st.one_of(ANY_TEXT, OPERATORS), max_size=6),
    phrases=st.lists(st.one_of(ANY_TEXT, OPERATORS), max_size=3),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_a_person_can_send_is_an_error(
    catalog: Catalog, terms: list[str], phrases: list[str]
) -> None:
    query = TextQuery(tuple(terms), tuple(phrases))
    with catalog.read() as view:
        for search in (view.words.speech, view.words.onscreen, view.words.names, view.words.descriptions):
            assert search(query, EVERYTHING, 5) == []


@pytest.mark.parametrize(
    "query",
    [
        TextQuery(),
        TextQuery(("", " ", "?!", "…")),
        TextQuery(phrases=("", "--")),
        TextQuery(tuple(f"word{n}" for n in range(3_000))),
        TextQuery(("x" * 100_000,)),
        TextQuery(phrases=("ab " * 20_000,)),
    ],
    ids=["nothing", "punctuation", "punctuation phrase", "many words", "long word", "long phrase"],
)
def test_queries_without_sense_find_nothing(catalog: Catalog, films: Location, query: TextQuery) -> None:
    with catalog.write() as writer:
        say(writer, register(writer, films, "a.mp4"), "some words")
    with catalog.read() as view:
        assert view.words.speech(query, EVERYTHING, 5) == []


@given(
    texts=st.lists(st.text("abc .,!", min_size=1, max_size=30), min_size=1, max_size=8),
    seconds=st.integers(1, 35),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_of_neighbouring_words_is_a_phrase_that_is_found(
    catalog: Catalog, films: Location, texts: list[str], seconds: int
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, f"{mint('tst')}.mp4")
        heard = cues(asset, texts, seconds=seconds)
        writer.facts_writer.replace_words(asset.id, heard, build_passages(heard))
    words = " ".join(texts).replace(".", " ").replace(",", " ").replace("!", " ").split()
    where = AssetFilter(assets=(asset.id,))
    with catalog.read() as view:
        for start in range(len(words) - 2):
            phrase = " ".join(words[start : start + 3])
            assert view.words.speech(TextQuery(phrases=(phrase,)), where, 5), phrase
