"""The pages, drawn by Streamlit's own test driver over the small archive."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from search_api.app import create_app
from search_api.client import Client
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _main_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit runs each page as the main module; processes that later tests spawn would run it again."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SmallArchive]:
    archive = SmallArchive(tmp_path)
    yield archive
    archive.catalog.close()


@pytest.fixture
def client(archive: SmallArchive) -> Iterator[Client]:
    app = create_app(archive.services())
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as http:
        yield client_of(http)


def draw_search(client: "Client") -> None:
    import streamlit as st

    from ui.pages import search

    search.draw(client, st.Page(lambda: None, title="Asset", url_path="asset"))


def draw_asset(client: "Client") -> None:
    from ui.pages import asset

    asset.draw(client)


def draw_restores(client: "Client") -> None:
    from ui.pages import restores

    restores.draw(client)


def draw_archive(client: "Client") -> None:
    from ui.pages import archive

    archive.draw(client)


def shown(page: AppTest) -> str:
    """All markup of a page."""
    return "\n".join(item.proto.body for item in page.get("html"))


def test_an_empty_box_asks_nothing_of_the_api() -> None:
    page = AppTest.from_function(draw_search, kwargs={"client": Client("http://127.0.0.1:9")}).run()
    assert not page.exception
    assert "Plain words" in shown(page)


def test_hits_say_which_asset_and_why(client: Client) -> None:
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("a red meadow").run()
    assert not page.exception
    assert "rk-card" in shown(page)
    assert "visual" in shown(page)


def test_clicking_a_hit_plays_it_from_its_moment(client: Client) -> None:
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("a red meadow").run()
    page.button(key="play-0").click().run()
    assert not page.exception
    assert "/proxy#t=" in shown(page)


def test_a_hit_is_judged_and_the_next_page_is_asked_by_example(client: Client, archive: SmallArchive) -> None:
    archive.store_vectors()
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("rabbit").run()
    page.button(key="play-0").click().run()
    next(button for button in page.button if button.label == "More like this").click().run()
    assert not page.exception
    assert "More like films/meadow.mov" in shown(page)
    page.text_input(key="words").set_value("").run()
    assert "rk-card" in shown(page), "an example needs no words"
    next(button for button in page.button if button.label == "Forget these").click().run()
    assert not page.exception
    assert "Plain words" in shown(page)


def test_a_bad_filter_becomes_a_sentence_with_a_remedy(client: Client) -> None:
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("a red meadow").run()
    next(item for item in page.text_input if item.label == "Year").set_value("nan").run()
    assert not page.exception
    assert "→" in shown(page)


def test_a_dead_api_becomes_a_sentence_with_a_remedy() -> None:
    page = AppTest.from_function(draw_archive, kwargs={"client": Client("http://127.0.0.1:9")}).run()
    assert not page.exception
    assert "rekindle up" in shown(page)


def test_an_asset_shows_its_facts_shots_and_words(client: Client, archive: SmallArchive) -> None:
    page = AppTest.from_function(draw_asset, kwargs={"client": client})
    page.query_params["id"] = archive.film.id
    page.run()
    assert not page.exception
    assert archive.film.name in shown(page)
    assert "/keyframes/" in shown(page)
    assert "rk-cue" in shown(page)


def test_a_cold_master_is_quoted_before_it_is_asked_for(client: Client, archive: SmallArchive) -> None:
    page = AppTest.from_function(draw_asset, kwargs={"client": client})
    page.query_params["id"] = archive.cold.id
    page.run()
    labels = [button.label for button in page.button]
    assert "What does it cost?" in labels
    assert "Agree and bring it back" not in labels
    next(button for button in page.button if button.label == "What does it cost?").click().run()
    assert "USD" in shown(page)
    next(button for button in page.button if button.label == "Agree and bring it back").click().run()
    assert not page.exception
    assert [restore.asset_id for restore in archive.desk.started.values()] == [archive.cold.id]


def test_an_unknown_asset_becomes_a_sentence(client: Client) -> None:
    page = AppTest.from_function(draw_asset, kwargs={"client": client})
    page.query_params["id"] = "ast_01K9X2V7QJ8M4T6W0N3B5C7D9F"
    page.run()
    assert not page.exception
    assert "→" in shown(page)


@pytest.mark.parametrize("draw", [draw_restores, draw_archive])
def test_the_other_pages_draw(client: Client, draw: object) -> None:
    page = AppTest.from_function(draw, kwargs={"client": client}).run()  # type: ignore[arg-type]
    assert not page.exception
