"""Judged queries as searches."""

import pytest

from foundation.errors import BadKnownItems
from scripts.evaluation.asking import request_of
from scripts.evaluation.known_items import KnownItem, Shown


def test_a_query_that_no_search_takes_is_named() -> None:
    with pytest.raises(BadKnownItems, match="cannot be asked: "):
        request_of(KnownItem(like=(Shown(asset="a.mov"),) * 100), (), {"a.mov": "ast_1"})
