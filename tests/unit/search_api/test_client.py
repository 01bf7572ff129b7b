"""The client against answers that a server could give."""

from collections.abc import Callable

import httpx
import pytest

from foundation import errors as e
from search_api.client import Client
from search_api.schemas import SearchRequest


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://api", transport=httpx.MockTransport(answer))


def problem(status: int, **facts: object) -> httpx.Response:
    known = {
        "type": "urn:x",
        "title": "t",
        "status": status,
        "detail": "d",
        "remedy": "r",
        "retryable": False,
    }
    return httpx.Response(status, json={**known, "code": "bad-query", **facts})


@pytest.mark.parametrize("kind", sorted(e.leaves(), key=lambda cls: cls.code), ids=lambda cls: cls.code)
def test_every_error_crosses_the_wire(kind: type[e.RekindleError]) -> None:
    from search_api.problems import problem_of

    sent = problem_of(kind("What happened.", remedy="Do this.", detail={"n": 1}))
    with pytest.raises(kind) as caught:
        client(lambda _: httpx.Response(sent.status, json=sent.model_dump(mode="json"))).health()
    got = caught.value
    assert (got.code, got.message, got.remedy, got.detail) == (
        kind.code,
        "What happened.",
        "Do this.",
        {"n": 1},
    )
    assert (got.exit_code, got.retryable) == (kind.exit_code, kind.retryable)


def test_a_problem_of_a_newer_server_is_still_told() -> None:
    with pytest.raises(e.ApiFailed, match="d") as caught:
        client(lambda _: problem(418, code="teapot", more=1)).health()
    assert caught.value.remedy == "r"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail": "x"}'])
def test_an_error_that_is_no_problem(body: bytes) -> None:
    with pytest.raises(e.ApiFailed, match="HTTP 502"):
        client(lambda _: httpx.Response(502, content=body)).health()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_an_answer_of_another_shape(body: bytes) -> None:
    with pytest.raises(e.ApiFailed, match="LocationList"):
        client(lambda _: httpx.Response(200, content=body)).locations()


def test_nobody_answers() -> None:
    with (
        Client("http://127.0.0.1:9", timeout=2) as nobody,
        pytest.raises(e.ApiUnreachable, match=r"127\.0\.0\.1:9") as caught,
    ):
        nobody.health()
    assert "rekindle up" in caught.value.remedy


def test_ids_and_names_stay_one_path_segment() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(204)

    client(answer).remove_location("a/../b?c#d é%")
    assert asked == ["/v1/locations/a%2F%2E%2E%2Fb%3Fc%23d%20%C3%A9%25"]


def test_a_search_sends_only_what_was_asked() -> None:
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        empty = {"words": [], "phrases": []}
        return httpx.Response(200, json={"query": "a", "signals": {}, "hits": [], "understood": empty})

    client(answer).search("a", limit=5, signals=["visual"])
    client(answer).search(SearchRequest(q="a", storage_class=["cold"], year="1987"))
    assert sent == [b'{"q":"a","limit":5,"signals":["visual"]}', b'{"class":["cold"],"year":"1987","q":"a"}']
