"""Neighbours that are asked for ahead: errors wait for who asks, and nobody asks for what is not wanted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog.query import AssetFilter
from foundation.errors import IndexUnavailable, PackMissing
from search_api.services.encoders import Encoders, Slot
from search_api.services.near import Ask, asked_ahead
from search_api.services.parse import ParsedText, parse_query
from tests.fakes.exact_vector_index import ExactVectorIndex
from tests.fakes.small_archive import TEXT, VISUAL, ToyEncoder


@pytest.fixture(params=[None, 2], ids=["in turn", "ahead"])
def pool(request: pytest.FixtureRequest) -> Iterator[ThreadPoolExecutor | None]:
    if request.param is None:
        yield None
        return
    with ThreadPoolExecutor(request.param) as threads:
        yield threads


@pytest.fixture
def encoders(tmp_path: Path) -> Encoders:
    choice = tmp_path / "choice"
    return Encoders(Slot(lambda: ToyEncoder(VISUAL), choice), Slot(lambda: ToyEncoder(TEXT), choice))


def _ask(words: str) -> Ask:
    return Ask(_text(words), AssetFilter(), 5)


def _text(words: str) -> ParsedText:
    return parse_query(words, lambda *_: None).steps[0].alternatives[0].text


def test_an_index_that_cannot_be_opened_is_told_to_who_asks(
    pool: ThreadPoolExecutor | None, encoders: Encoders
) -> None:
    nearby = asked_ahead(pool, _ask("a dog"), encoders, None, ["visual", "speech"])
    for near in (nearby.pictures, nearby.passages):
        with pytest.raises(IndexUnavailable):
            near()


def test_a_missing_pack_is_told_to_who_asks(pool: ThreadPoolExecutor | None, tmp_path: Path) -> None:
    def missing() -> ToyEncoder:
        raise PackMissing("There is no pack.")

    encoders = Encoders(Slot(missing, tmp_path / "choice"), Slot(missing, tmp_path / "choice"))
    nearby = asked_ahead(pool, _ask("a dog"), encoders, ExactVectorIndex(tmp_path), ["visual", "speech"])
    with pytest.raises(PackMissing):
        nearby.pictures()


def test_only_what_is_wanted_is_asked_for(encoders: Encoders, tmp_path: Path) -> None:
    asked: list[str] = []

    class Telling(ExactVectorIndex):
        def search(self, space: str, *details: object, **named: object) -> list:  # type: ignore[type-arg]
            asked.append(space)
            return super().search(space, *details, **named)  # type: ignore[arg-type]

    index = Telling(tmp_path)
    for spec in (VISUAL, TEXT):
        index.ensure_space(spec)
    with ThreadPoolExecutor(2) as pool:
        asked_ahead(pool, _ask("a dog"), encoders, index, ["visual", "name"])
    assert asked == [VISUAL.space]
