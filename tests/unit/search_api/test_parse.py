"""Queries as typed: words, phrases, filters, exclusions, alternatives, steps."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import BadQuery
from search_api.services.parse import (
    LONGEST_QUERY,
    MOST_CLAUSES,
    WITHIN,
    Clause,
    Condition,
    Query,
    parse_query,
)

KNOWN = {("person", "Ada Lovelace"), ("location", "tapes"), ("class", "cold"), ("kind", "video")}


def problem(condition: Condition) -> str | None:
    """A catalog that knows a few names; years and durations are always fine."""
    named = condition.name in ("person", "location", "class", "kind")
    return "Nobody knows it." if named and (condition.name, condition.value) not in KNOWN else None


def read(query: str) -> Query:
    return parse_query(query, problem)


def only(query: str) -> Clause:
    (step,) = read(query).steps
    (clause,) = step.alternatives
    return clause


def filters(clause: Clause) -> list[str]:
    return [condition.shown for condition in clause.conditions]


@pytest.mark.parametrize(
    ("query", "words", "phrases", "plain"),
    [
        ("a rabbit", ("a", "rabbit"), (), "a rabbit"),
        ('"your country" speech', ("speech",), ("your country",), "your country speech"),
        ("“your  country”", (), ("your country",), "your country"),
        ("«été» à Paris", ("à", "Paris"), ("été",), "été à Paris"),
        ('5" gun', ("5", "gun"), (), "5 gun"),
        ('"a" "a" b b', ("b",), ("a",), "a a b b"),
        ("don't stop", ("don't", "stop"), (), "don't stop"),
        ('"" rabbit', ("rabbit",), (), "rabbit"),
        ("a\x00b\nc", ("a", "b", "c"), (), "a b c"),
        ("e\u0301tude", ("étude",), (), "étude"),
        ("a man, in a hat.", ("a", "man", "in", "hat"), (), "a man, in a hat."),
        ("black-and-white", ("black", "and", "white"), (), "black-and-white"),
    ],
)
def test_words_and_phrases(query: str, words: tuple[str, ...], phrases: tuple[str, ...], plain: str) -> None:
    parsed = only(query).text
    assert (parsed.words, parsed.phrases, parsed.plain) == (words, phrases, plain)


def test_telling_words_leave_out_those_that_say_nothing_unless_all_do() -> None:
    assert only("a man with The camera").text.telling == ("man", "camera")
    assert only("to be or not to be").text.telling == ("to", "be", "or", "not")


@pytest.mark.parametrize("query", ["", "   ", "?!", '""', "___", "\x00", "\ud800", '"...": -', "(", "()"])
def test_nothing_to_search_for(query: str) -> None:
    with pytest.raises(BadQuery):
        read(query)


def test_the_longest_query() -> None:
    assert only("a" * LONGEST_QUERY).text.words == ("a" * LONGEST_QUERY,)
    with pytest.raises(BadQuery, match="2,001"):
        read("a" * (LONGEST_QUERY + 1))


@pytest.mark.parametrize(
    ("query", "shown", "plain"),
    [
        ("boats year:1987..1992", ["year:1987..1992"], "boats"),
        ('person:"Ada Lovelace" talking', ['person:"Ada Lovelace"'], "talking"),
        ("in:tapes class:cold kind:video sea", ["location:tapes", "class:cold", "kind:video"], "sea"),
        ("Year:1987, sea", ["year:1987"], "sea"),
        (
            "has_speech:true black_and_white:no duration:..60",
            ["has_speech:true", "black_and_white:no", "duration:..60"],
            "",
        ),
        ("street life from the 1980s", ["year:1980..1989"], "street life"),
        ("street life in the early 1980s", ["year:1980..1983"], "street life"),
        ("in the late nineteen-sixties, a parade", ["year:1967..1969"], "a parade"),
        ("cars in the 50s", ["year:1950..1959"], "cars"),
        ("cars in the '50s", ["year:1950..1959"], "cars"),
        ("cars in the eighties", ["year:1980..1989"], "cars"),
        ("a fire in 1987", ["year:1987"], "a fire"),
        ("a fire in nineteen eighty-seven", ["year:1987"], "a fire"),
        ("a fire in June 1987", ["year:1987"], "a fire June"),
        ("a fire before 1990", ["year:..1989"], "a fire"),
        ("a fire after the 1960s", ["year:1970.."], "a fire"),
        ("a fire since 1990", ["year:1990.."], "a fire"),
        ("a fire until 1990", ["year:..1990"], "a fire"),
        ("between 1960 and 1965 a fire", ["year:1960..1965"], "a fire"),
        ("a fire from 1960 to the 1970s", ["year:1960..1979"], "a fire"),
        ("interviews longer than two minutes", ["duration:120.."], "interviews"),
        ("interviews under 30 seconds", ["duration:..30"], "interviews"),
        ("interviews of at least half an hour", ["duration:1800.."], "interviews of"),
        ("interviews up to 1.5h long", ["duration:..5400"], "interviews"),
        ("interviews between 10 and 20 minutes", ["duration:600..1200"], "interviews"),
        ("interviews between forty-five seconds and two minutes", ["duration:45..120"], "interviews"),
    ],
)
def test_filters(query: str, shown: list[str], plain: str) -> None:
    clause = only(query)
    assert (filters(clause), clause.text.plain) == (shown, plain)


@pytest.mark.parametrize(
    "query",
    [
        '"in 1987"', "room 1987", "in 1987/88", "in 1080p", "in 2500", "1960s fashion", "in 20s", "at 19:30",
        "between 1990 and 1960", "under the bridge", "over the hills", "under 30 metres", "in the 10s",
    ],
)  # fmt: skip
def test_words_that_only_look_like_filters_are_words(query: str) -> None:
    assert filters(only(query)) == []
    assert not only(query).text.is_empty


def test_a_date_in_words_is_told_and_can_be_searched_for_in_quotation_marks() -> None:
    (note,) = read("a fire in 1987").notes
    assert "“in 1987” was read as year:1987" in note
    assert only('a fire "in 1987"').text.phrases == ("in 1987",)


@pytest.mark.parametrize(
    ("query", "plain", "note"),
    [
        ("person:Bob talking", "Bob talking", "person:Bob is searched as text: Nobody knows it."),
        ('person:"Bob Hope"', "Bob Hope", 'person:"Bob Hope" is searched as text'),
        ("director:welles", "director welles", "director:welles is searched as text; the filters are said:"),
        ("year: 1987", "year: 1987", None),
        ("said:!? x", "said !? x", "said: is searched as text"),
        ("http://example.org/x", "http //example.org/x", None),
        ("12:30 train", "12:30 train", None),
    ],
)
def test_what_cannot_be_a_filter_is_text(query: str, plain: str, note: str | None) -> None:
    found = read(query)
    assert only(query).text.plain == plain
    assert (note is None) == (found.notes == ())
    assert note is None or found.notes[0].startswith(note)


def test_words_asked_of_one_signal() -> None:
    clause = only('said:"ask not" onscreen:exit rabbit')
    assert (clause.text.said, clause.text.onscreen, clause.text.plain) == (("ask not",), ("exit",), "rabbit")


@pytest.mark.parametrize(
    ("query", "excluded", "refused", "plain"),
    [
        ("beach -people", ["people"], [], "beach"),
        ("beach NOT people -dogs", ["people", "dogs"], [], "beach"),
        ('beach -"red umbrella"', ['"red umbrella"'], [], "beach"),
        ("beach -black-and-white", ['"black-and-white"'], [], "beach"),
        ("beach NOT (people dogs)", ["people dogs"], [], "beach"),
        ("beach NOT (people OR dogs)", ["people", "dogs"], [], "beach"),
        ("beach -said:quiet NOT onscreen:exit", ['said:"quiet"', 'onscreen:"exit"'], [], "beach"),
        ('beach -person:"Ada Lovelace" -year:1987', [], ['person:"Ada Lovelace"', "year:1987"], "beach"),
        ("beach NOT in 1987", [], ["year:1987"], "beach"),
        ("-beach", ["beach"], [], ""),
        ("at -5 degrees", [], [], "at -5 degrees"),
        ("well-known 5-10 a - b", [], [], "well-known 5-10 a - b"),
        ("to be or not to be", [], [], "to be or not to be"),
        ("beach NOT", [], [], "beach NOT"),
    ],
)
def test_exclusions(query: str, excluded: list[str], refused: list[str], plain: str) -> None:
    clause = only(query)
    assert [item.shown for item in clause.excluded] == excluded
    assert [item.shown for item in clause.refused] == refused
    assert clause.text.plain == plain


@pytest.mark.parametrize(
    ("query", "plains"),
    [
        ("a dog OR a cat", ["a dog", "a cat"]),
        ("dog OR cat OR dog", ["dog", "cat"]),
        ("red (dog OR cat)", ["red dog", "red cat"]),
        ("(red OR blue) (car OR bus)", ["red car", "blue car", "red bus", "blue bus"]),
        ("((dog) OR cat", ["(dog", "cat"]),
        ("OR dog", ["OR dog"]),
        ("dog OR", ["dog OR"]),
        ("dog OR OR cat", ["dog OR OR cat"]),
        ("dog AND cat", ["dog cat"]),
        ("dog AND", ["dog AND"]),
        ("dog or cat", ["dog or cat"]),
        ("dog OR (", ["dog OR ("]),
        ('dog OR ""', ["dog OR"]),
        ("dog OR said:!", ["dog", "said !"]),
        ("dog OR _", ["dog OR _"]),
        ("dog OR (-)", ["dog OR (-)"]),
    ],
)
def test_alternatives(query: str, plains: list[str]) -> None:
    (step,) = read(query).steps
    assert [clause.text.plain for clause in step.alternatives] == plains


def test_filters_of_one_alternative_stay_with_it() -> None:
    (step,) = read("dog year:1987 OR cat -snow").steps
    first, second = step.alternatives
    assert (filters(first), first.excluded) == (["year:1987"], ())
    assert (filters(second), [item.shown for item in second.excluded]) == ([], ["snow"])


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        ("a dog then a cat", [("a dog", None), ("a cat", WITHIN)]),
        ("a dog, then a cat within 20s", [("a dog", None), ("a cat", 20.0)]),
        ("a dog and then a cat within two minutes", [("a dog", None), ("a cat", 120.0)]),
        ("a THEN b then c within 5 s", [("a", None), ("b", 5.0), ("c", 5.0)]),
        ("a then b within 5 s then c", [("a", None), ("b", 5.0), ("c", WITHIN)]),
        ("a then within 5 s b", [("a", None), ("b", 5.0)]),
        ("then", [("then", None)]),
        ("what happened then", [("what happened then", None)]),
        ("back then in Paris", [("back then in Paris", None)]),
        ("the then president", [("the then president", None)]),
        ("now and then a bird", [("now and then a bird", None)]),
        ("a dog within 20s", [("a dog within 20s", None)]),
        ("(a then b)", [("a then b", None)]),
    ],
)
def test_steps(query: str, steps: list[tuple[str, float | None]]) -> None:
    found = read(query).steps
    assert [(step.alternatives[0].text.plain, step.within) for step in found] == steps


def test_then_in_quotation_marks_is_text() -> None:
    assert only('"a dog then a cat"').text.phrases == ("a dog then a cat",)


def test_steps_have_filters_alternatives_and_exclusions_of_their_own() -> None:
    first, second = read('person:"Ada Lovelace" then (car OR bus) -red').steps
    assert filters(first.alternatives[0]) == ['person:"Ada Lovelace"']
    assert [clause.text.plain for clause in second.alternatives] == ["car", "bus"]
    assert all(clause.excluded[0].shown == "red" for clause in second.alternatives)


def test_a_query_has_an_end() -> None:
    found = read("(a OR b)" * 200)
    assert len(list(found.clauses)) == MOST_CLAUSES
    assert "too many alternatives" in found.notes[0]
    assert len(list(read("a then " * 250 + "b").clauses)) == MOST_CLAUSES


PIECES = [
    "a", "rabbit", "then", "OR", "NOT", "AND", "(", ")", '"', "-", "person:", "said:", "onscreen:", "year:",
    "1987", "in ", "the ", "1980s", "within ", "20s", " ", ",", "between ", "and ", "\u2212", "x:y", "é",
    "longer than ", "two ", "minutes", "\x00", "\ud800", "“", "half an", "_", ":", "..", "nineteen ", "mid ",
    "from ", "to ", "🐇", "\u0301", "'s",
]  # fmt: skip


def check(query: str) -> None:
    """Whatever was typed is read, or refused for holding no word; nothing typed is lost without a trace."""
    try:
        found = read(query)
    except BadQuery:
        return
    found.text.encode()
    clauses = list(found.clauses)
    assert 0 < len(clauses) <= MOST_CLAUSES
    for clause in clauses:
        assert '"' not in clause.text.plain
        assert not clause.text.is_empty or clause.conditions or clause.refused or clause.excluded


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(query: str) -> None:
    check(query)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_mixture_of_the_language_is_read_or_refused(query: str) -> None:
    check(query)


@given(st.lists(st.sampled_from(["red", "dog", '"two words"', "said:hush", "-cat", "year:1987"]), min_size=1))
def test_what_was_read_can_be_typed_again(parts: list[str]) -> None:
    clause = only(" ".join(parts))
    again = only(
        " ".join(
            [
                clause.text.text,
                *(f'said:"{phrase}"' for phrase in clause.text.said),
                *(condition.shown for condition in clause.conditions),
                *(f"NOT {item.shown}" for item in clause.excluded),
            ]
        )
    )
    assert (again.text, filters(again), again.excluded) == (clause.text, filters(clause), clause.excluded)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_thousand_queries_are_read(seed: int) -> None:
    """A quarter of them each, so that workers share them; 200,000 where the suite is to be thorough."""
    chance = random.Random(seed)
    for _ in range(max(25_000, 100 * settings.default.max_examples)):
        check("".join(chance.choices(PIECES, k=chance.randrange(25))))
