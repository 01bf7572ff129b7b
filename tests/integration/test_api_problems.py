"""Every error is a problem document; strangers are kept out."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from foundation.settings import ApiSettings, Settings
from search_api.app import create_app
from search_api.services.encoders import Encoders, Slot
from tests.fakes.small_archive import TEXT, SmallArchive, ToyEncoder

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("PUT", "/v1/search", 405, "method-not-allowed"),
        ("DELETE", "/v1/assets/ast_x", 405, "method-not-allowed"),
        ("GET", "/v1/assets/ast_x", 404, "asset-not-found"),
        ("GET", "/v1/assets?colour=red", 422, "bad-filter"),
        ("GET", "/v1/people/unnamed?limit=nan", 422, "bad-input"),
        ("GET", "/docs", 404, "not-found"),
    ],
)
def test_errors_are_problems(http: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = http.request(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["remedy"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"uri": 5}',
        b'{"uri": ""}',
        b'{"nothing": 1}',
        b'{"uri": NaN}',
        b"\xff\xfe",
    ],
)
def test_a_body_that_cannot_be_read(http: TestClient, body: bytes) -> None:
    answer = http.post("/v1/locations", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-input")


def test_a_body_nested_beyond_reason(http: TestClient) -> None:
    answer = http.post("/v1/locations", content=b"[" * 50_000, headers=JSON)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/v1/search", "/nowhere"])
def test_a_body_of_unknown_length(http: TestClient, path: str) -> None:
    answer = http.post(path, content=iter([b"{", b"}"]), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_body_that_is_too_large(http: TestClient) -> None:
    answer = http.post("/v1/search", content=b'{"q": "' + b"a" * (1 << 21) + b'"}', headers=JSON)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_405_says_what_is_allowed(http: TestClient) -> None:
    assert http.put("/v1/locations").headers["allow"]


@pytest.mark.usefixtures("expected_errors")
def test_a_bug_tells_nothing_of_itself(archive: SmallArchive) -> None:
    class Broken(ToyEncoder):
        def encode_texts(self, texts: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError("secret detail")

    services = archive.services()
    choice = archive.home.packs / "active.json"
    broken = Encoders(services.encoders.visual, Slot(lambda: Broken(TEXT), choice))  # type: ignore[arg-type]
    app = create_app(replace(services, encoders=broken))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as http:
        answer = http.get("/v1/search", params={"q": "a rabbit"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text


def test_every_answer_is_guarded(http: TestClient) -> None:
    for path in ("/v1/health", "/nowhere", "/metrics"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]:80", "localhost.evil:8765"]
)
def test_a_rebound_host_name_is_refused(http: TestClient, host: str) -> None:
    answer = http.get("/v1/status", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "untrusted-request")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8765", "[::1]:8765", "LOCALHOST:1"])
def test_loopback_names_are_served(http: TestClient, host: str) -> None:
    assert http.get("/v1/health", headers={"Host": host}).status_code == 200


def test_on_a_network_any_name_is_served(archive: SmallArchive) -> None:
    settings = Settings(home=archive.settings.home, api=ApiSettings(host="0.0.0.0"))
    app = create_app(replace(archive.services(), settings=settings))
    with TestClient(app, base_url="http://archive.example") as http:
        assert http.get("/v1/health").status_code == 200


def test_pages_of_other_sites_change_nothing_and_read_nothing(
    http: TestClient, archive: SmallArchive
) -> None:
    foreign = {"Origin": "https://evil.example"}
    refused = http.post("/v1/locations", json={"uri": str(archive.root.parent)}, headers=foreign)
    assert (refused.status_code, refused.json()["code"]) == (403, "untrusted-request")
    assert "access-control-allow-origin" not in http.get("/v1/status", headers=foreign).headers
    preflight = http.options("/v1/runs", headers={**foreign, "Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in preflight.headers


def test_our_own_ui_may_read(http: TestClient) -> None:
    headers = http.get("/v1/health", headers={"Origin": "http://127.0.0.1:8501"}).headers
    assert headers["access-control-allow-origin"] == "http://127.0.0.1:8501"


def test_json_is_asked_for_by_name(http: TestClient) -> None:
    answer = http.post("/v1/locations", content=b'{"uri": "/tmp"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 422
