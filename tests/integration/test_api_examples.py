"""Search by example through HTTP: moments, pictures, feedback, words beside them."""

import base64
import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from search_api.schemas_examples import Example, ExampleRequest
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive, direction


@pytest.fixture(autouse=True)
def stored(archive: SmallArchive) -> None:
    """Vectors lie in files, as indexing leaves them; two more films look much like the first one's rabbit."""
    archive.add_video("films/hare.mov", [(0, 100)], direction(rabbit=1, night=0.5))
    archive.add_video("films/field.mov", [(0, 100)], direction(rabbit=1, meadow=1))
    archive.store_vectors()


def picture(colour: str) -> dict[str, str]:
    sink = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(sink, "PNG")
    return {"picture": base64.b64encode(sink.getvalue()).decode()}


def ask(http: TestClient, **body: Any) -> list[dict[str, Any]]:
    answer = http.post("/v1/search/by-example", json=body)
    assert answer.status_code == 200, answer.text
    hits: list[dict[str, Any]] = answer.json()["hits"]
    return hits


def places(hits: list[dict[str, Any]]) -> list[tuple[str, int | None]]:
    return [(hit["asset"]["name"], hit["in_frame"]) for hit in hits]


@pytest.mark.parametrize("in_frame", [0, 100, 250])
def test_every_moment_is_its_own_nearest(http: TestClient, archive: SmallArchive, in_frame: int) -> None:
    for moment in ({"in_frame": in_frame}, {"start": in_frame / 25}):
        hits = ask(http, like=[{"asset": archive.film.id, **moment}], signals=["visual"])
        assert places(hits)[0] == ("films/meadow.mov", in_frame)
        assert hits[0]["matched"][0]["why"] == "looks like it (toy)"
        assert hits[0]["matched"][0]["score"] == pytest.approx(1, abs=1e-3)
        assert hits[0]["confidence"] == "strong"


def test_what_looks_like_it_comes_next_and_unlike_pushes_it_down(
    http: TestClient, archive: SmallArchive
) -> None:
    rabbit = {"asset": archive.film.id, "in_frame": 180}
    plain = places(ask(http, like=[rabbit], signals=["visual"]))
    assert plain[1] == ("films/hare.mov", 0)
    night = {
        "asset": next(h["asset"]["id"] for h in ask(http, like=[rabbit]) if "hare" in h["asset"]["name"])
    }
    judged = places(ask(http, like=[rabbit], unlike=[night], signals=["visual"]))
    assert judged.index(("films/hare.mov", 0)) > plain.index(("films/hare.mov", 0))
    described = places(ask(http, like=[rabbit], unlike_text=["night"], signals=["visual"]))
    assert described.index(("films/hare.mov", 0)) > plain.index(("films/hare.mov", 0))


def test_a_picture_from_outside_finds_what_looks_like_it(http: TestClient) -> None:
    assert places(ask(http, like=[picture("#00f")]))[0] == ("stills/harbour.jpg", None)
    assert places(ask(http, like=[picture("red")]))[0] == ("films/meadow.mov", 100)
    assert places(ask(http, like=[picture("red")], unlike=[picture("red"), picture("#00f")]))[0][0] != (
        "stills/harbour.jpg"
    )


def test_words_and_a_picture_together(http: TestClient) -> None:
    alone, both = (ask(http, like=[picture("red")], q=q, signals=["visual"]) for q in ("", "night"))
    assert places(alone)[0] == ("films/meadow.mov", 100)
    assert places(both)[0] == ("films/hare.mov", 0)


def test_a_hit_by_words_and_a_picture_is_as_sure_as_the_words_make_it(http: TestClient) -> None:
    """The example alone makes no hit sure: words that nothing answers to find nothing good beside it."""
    answered = ask(http, like=[picture("red")], q="night", signals=["visual"])
    assert answered[0]["confidence"] != "weak"
    body = {"like": [picture("red")], "q": "zeppelin", "signals": ["visual"]}
    reply = http.post("/v1/search/by-example", json=body).json()
    assert {hit["confidence"] for hit in reply["hits"]} == {"weak"}
    assert any("Nothing good" in note for note in reply["notes"])


def test_speech_alone_and_filters_work_with_it(http: TestClient, archive: SmallArchive) -> None:
    heard = ask(http, like=[{"asset": archive.film.id, "start": 4.5}], signals=["speech"])
    assert {match["signal"] for hit in heard for match in hit["matched"]} == {"speech"}
    assert heard[0]["asset"]["id"] == archive.film.id
    stills = ask(http, like=[{"asset": archive.film.id, "in_frame": 180}], kind=["still"])
    assert places(stills) == [("stills/harbour.jpg", None)]


def test_a_whole_asset_is_an_example_too(http: TestClient, archive: SmallArchive) -> None:
    assert places(ask(http, like=[{"asset": archive.still.id}]))[0] == ("stills/harbour.jpg", None)


def test_a_moment_needs_no_model_and_pages_go_on(http: TestClient, archive: SmallArchive) -> None:
    body = {"like": [{"asset": archive.film.id, "in_frame": 180}], "limit": 1, "signals": ["visual"]}
    first = http.post("/v1/search/by-example", json=body).json()
    second = http.post("/v1/search/by-example", json={**body, "cursor": first["next_cursor"]}).json()
    assert places(first["hits"] + second["hits"]) == [("films/meadow.mov", 100), ("films/hare.mov", 0)]
    other = {**body, "like": [{"asset": archive.film.id}], "cursor": first["next_cursor"]}
    assert http.post("/v1/search/by-example", json=other).json()["code"] == "bad-cursor"


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({}, "bad-example", 422),
        ({"unlike_text": ["night"]}, "bad-example", 422),
        ({"like": [{"asset": "ast_nobody"}]}, "asset-not-found", 404),
        ({"like": [{"picture": "aGVsbG8="}]}, "not-media", 422),
        ({"like": [{}]}, "bad-filter", 422),
        ({"like": [{"picture": "a"}]}, "bad-filter", 422),
        ({"like": [{"picture": ""}]}, "empty-file", 422),
        ({"q": "...", "like": [{"picture": "aGVsbG8="}]}, "bad-query", 422),
        ({"like": [], "colour": "red"}, "bad-filter", 422),
    ],
)
def test_what_cannot_be_asked(http: TestClient, body: dict[str, Any], code: str, status: int) -> None:
    answer = http.post("/v1/search/by-example", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_asset_nobody_encoded_is_no_example(http: TestClient, archive: SmallArchive) -> None:
    answer = http.post("/v1/search/by-example", json={"like": [{"asset": archive.cold.id}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-example")
    assert "rekindle index" in answer.json()["remedy"]


def test_pictures_may_be_large_and_other_bodies_may_not(http: TestClient) -> None:
    sink = io.BytesIO()
    Image.effect_noise((1500, 1500), 100).convert("RGB").save(sink, "PNG")
    assert len(sink.getvalue()) > 1 << 20
    large = {"picture": base64.b64encode(sink.getvalue()).decode()}
    assert ask(http, like=[large], signals=["visual"])
    assert http.post("/v1/search", json={"q": "a" * (1 << 20)}).status_code == 413
    assert http.post("/v1/search/by-example", content=b" " * (33 << 20)).status_code == 413


def test_the_typed_client_asks_the_same(http: TestClient, archive: SmallArchive) -> None:
    request = ExampleRequest(like=[Example(asset=archive.film.id, start=4.0, end=10.0)], signals=["visual"])
    reply = client_of(http).search_by_example(request)
    assert reply.hits[0].in_frame == 100
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), "#00f").save(sink, "PNG")
    reply = client_of(http).search_by_example(ExampleRequest(like=[Example.of_picture(sink.getvalue())]))
    assert reply.hits[0].asset.name == "stills/harbour.jpg"
