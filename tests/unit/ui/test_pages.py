"""The pages, drawn by Streamlit's own test driver over the small archive."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from catalog import model as m
from foundation import ids
from foundation.timecode import FrameRange
from search_api.app import create_app
from search_api.client import Client
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive, direction

pytestmark = pytest.mark.slow


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

    from ui.views import search

    search.draw(client, st.Page(lambda: None, title="Asset", url_path="asset"))


def draw_asset(client: "Client") -> None:
    from ui.views import asset

    asset.draw(client)


def draw_restores(client: "Client") -> None:
    from ui.views import restores

    restores.draw(client)


def draw_archive(client: "Client") -> None:
    from ui.views import archive

    archive.draw(client)


def draw_people(client: "Client") -> None:
    from ui.views import people

    people.draw(client)


def draw_saved(client: "Client") -> None:
    from ui.views import saved

    saved.draw(client)


def cluster_a_face(archive: SmallArchive) -> ids.ClusterId:
    """A face without a name in the film's last shot, alone in its cluster."""
    cluster = ids.ClusterId(ids.mint("clu"))
    with archive.catalog.write() as writer:
        shot = writer.facts.shots(archive.film.id)[-1]
        track = m.FaceTrack(
            ids.FaceTrackId(ids.mint("fac")), archive.film.id, shot.id, 0, FrameRange(250, 350), 300,
            m.Box(0.4, 0.2, 0.2, 0.4), 0.9,
        )  # fmt: skip
        writer.facts_writer.replace_faces(archive.film.id, [track])
        writer.clusters.add(m.ClusterMean(cluster, "face:toy@1", b"\0" * 16, 1))
        writer.clusters.join({track.id: cluster})
    return cluster


def copy_the_film(archive: SmallArchive) -> m.Asset:
    """Another film that shows the same from end to end."""
    copy = archive.add_video("copies/meadow_v2.mov", [(0, 500)], direction(meadow=1))
    first, second = sorted((archive.film.id, copy.id))
    whole = m.SharedRange(FrameRange(0, 500), FrameRange(0, 500), 0.99)
    with archive.catalog.write() as writer:
        writer.links.replace([], [m.Link(first, second, m.LinkKind.SAME, 0.99, (whole,))])
    return copy


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


def test_filters_say_who_appears_in_which_class_and_colour(client: Client, archive: SmallArchive) -> None:
    archive.name_a_face("Ada")
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("people").run()
    boxes = {box.label: box for box in page.multiselect}
    boxes["Who appears (all of them)"].select("Ada")
    boxes["Master"].select("STANDARD").run()
    assert not page.exception
    assert archive.film.name in shown(page)
    assert archive.still.name not in shown(page)
    next(box for box in page.selectbox if box.label == "Colour").select("black and white").run()
    assert not page.exception
    assert "Nothing matches these filters" in shown(page)


@pytest.mark.parametrize("liked", [False, True])
def test_more_hits_follow_those_that_are_shown(client: Client, archive: SmallArchive, *, liked: bool) -> None:
    for number in range(30):
        archive.add_video(f"many/{number:02}.mov", [(0, 50)], direction(meadow=1, night=number / 100))
    archive.store_vectors()
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("a red meadow").run()
    if liked:
        page.button(key="play-0").click().run()
        next(button for button in page.button if button.label == "More like this").click().run()
    assert "play-24" not in [button.key for button in page.button]
    next(button for button in page.button if button.label == "More").click().run()
    assert not page.exception
    assert "play-24" in [button.key for button in page.button]
    names = [name for name in (f"many/{number:02}.mov" for number in range(30)) if name in shown(page)]
    assert len(names) == 30
    page.button(key="play-25").click().run()
    assert "/proxy#t=" in shown(page)
    page.text_input(key="words").set_value("rabbit").run()
    assert "play-25" not in [button.key for button in page.button]


def test_what_is_not_saved_is_said_before_saving(client: Client, archive: SmallArchive) -> None:
    archive.store_vectors()
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("rabbit").run()
    assert "leaves out" not in shown(page)
    page.button(key="play-0").click().run()
    next(button for button in page.button if button.label == "More like this").click().run()
    assert "leaves out the pictures and the hits" in shown(page)
    next(button for button in page.button if button.label == "Save words and filters alone").click().run()
    assert [search.query.q for search in client.saved.all()] == ["rabbit"]


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


def test_a_face_is_named_and_one_appearance_taken_back(client: Client, archive: SmallArchive) -> None:
    nobody = AppTest.from_function(draw_people, kwargs={"client": client}).run()
    assert "Nobody is known by face" in shown(nobody)
    cluster = cluster_a_face(archive)
    page = AppTest.from_function(draw_people, kwargs={"client": client}).run()
    assert not page.exception
    assert "Who is this?" in [item.value for item in page.subheader]
    assert "1 × in 1 assets" in shown(page)
    client.people.name_cluster(cluster, "Ada")
    page.run()
    assert "Who is this?" not in [item.value for item in page.subheader]
    (ada,) = client.people.all()
    next(box for box in page.selectbox if box.label == "Known").select("Ada (1)").run()
    assert "/keyframes/300" in shown(page)
    next(button for button in page.button if button.label == "Not Ada").click().run()
    assert not page.exception
    assert client.people.faces(ada.id) == []


def test_a_search_is_saved_and_its_matches_and_unmet_demand_are_shown(
    client: Client, archive: SmallArchive
) -> None:
    page = AppTest.from_function(draw_search, kwargs={"client": client}).run()
    page.text_input(key="words").set_value("country").run()
    next(button for button in page.button if button.label == "Save this search").click().run()
    assert not page.exception
    assert [search.name for search in client.saved.all()] == ["country"]
    page = AppTest.from_function(draw_saved, kwargs={"client": client}).run()
    assert not page.exception
    assert "country" in shown(page)
    next(button for button in page.button if button.label == "Forget").click().run()
    assert client.saved.all() == []
    assert "None yet" in shown(page)


def test_an_asset_names_its_copies_and_the_best_master(client: Client, archive: SmallArchive) -> None:
    page = AppTest.from_function(draw_asset, kwargs={"client": client})
    page.query_params["id"] = archive.film.id
    page.run()
    assert "best master" not in shown(page)
    copy = copy_the_film(archive)
    page.run()
    assert not page.exception
    assert copy.name in shown(page)
    assert "best master" in shown(page)


def test_a_warm_copy_is_kept_and_let_go(client: Client, archive: SmallArchive, tmp_path: Path) -> None:
    (tmp_path / "ssd").mkdir()
    client.add_location(str(tmp_path / "ssd"), name="ssd")
    page = AppTest.from_function(draw_asset, kwargs={"client": client})
    page.query_params["id"] = archive.film.id
    assert page.run().selectbox(key="keep-place").value == "ssd", "not where it lies already"
    page.text_input(key="keep-reason").set_value("the anniversary")
    next(button for button in page.button if button.label == "Keep it").click().run()
    assert not page.exception
    (keep,) = client.projects.keeps(asset=archive.film.id).keeps
    assert (keep.location, keep.reason, keep.until is None) == ("ssd", "the anniversary", False)
    assert "kept warm in" in shown(page)
    restores = AppTest.from_function(draw_restores, kwargs={"client": client}).run()
    assert not restores.exception
    assert "the anniversary" in shown(restores)
    assert archive.film.name in shown(restores)
    restores.button(key=f"release-{keep.id}").click().run()
    assert not restores.exception
    assert client.projects.keeps().keeps == []


@pytest.mark.parametrize("draw", [draw_restores, draw_archive, draw_people, draw_saved])
def test_the_other_pages_draw(client: Client, draw: object) -> None:
    page = AppTest.from_function(draw, kwargs={"client": client}).run()  # type: ignore[arg-type]
    assert not page.exception
