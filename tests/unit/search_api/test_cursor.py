"""Page cursors."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BadCursor
from search_api.services.cursor import DEEPEST, issue, key_of, offset_of


@given(st.integers(1, DEEPEST), st.text())
def test_a_cursor_comes_back(position: int, query: str) -> None:
    assert offset_of(issue(position, query), query) == position


def test_a_key_comes_back() -> None:
    assert key_of(issue("ast_1", "q"), "q") == "ast_1"


@given(st.text(max_size=50))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        offset_of(text, "q")


@pytest.mark.parametrize("position", [0, -1, DEEPEST + 1, 1.5, True, None, [1], "3"])
def test_positions_nobody_issued(position: object) -> None:
    digest = json.loads(base64.urlsafe_b64decode(issue(1, "q") + "=="))[0]
    forged = base64.urlsafe_b64encode(json.dumps([digest, position]).encode()).decode()
    with pytest.raises(BadCursor):
        offset_of(forged, "q")


def test_another_query() -> None:
    with pytest.raises(BadCursor, match="another query"):
        offset_of(issue(3, "boats"), "rabbits")
    with pytest.raises(BadCursor):
        key_of(issue(3, "q"), "q")
