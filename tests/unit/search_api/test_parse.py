"""Queries as typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadQuery
from search_api.services.parse import LONGEST_QUERY, parse_text


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
    ],
)
def test_words_and_phrases(query: str, words: tuple[str, ...], phrases: tuple[str, ...], plain: str) -> None:
    parsed = parse_text(query)
    assert (parsed.words, parsed.phrases, parsed.plain) == (words, phrases, plain)


def test_telling_words_leave_out_those_that_say_nothing_unless_all_do() -> None:
    assert parse_text("a man with The camera").telling == ("man", "camera")
    assert parse_text("to be or not to be").telling == ("to", "be", "or", "not")


@pytest.mark.parametrize("query", ["", "   ", "?!", '""', "___", "\x00", "\ud800", '"...": -'])
def test_nothing_to_search_for(query: str) -> None:
    with pytest.raises(BadQuery):
        parse_text(query)


def test_the_longest_query() -> None:
    assert parse_text("a" * LONGEST_QUERY).words == ("a" * LONGEST_QUERY,)
    with pytest.raises(BadQuery, match="2,001"):
        parse_text("a" * (LONGEST_QUERY + 1))


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(query: str) -> None:
    try:
        parsed = parse_text(query)
    except BadQuery:
        return
    assert parsed.words or parsed.phrases
    assert '"' not in parsed.plain
    parsed.text.encode()
