"""Proxies over a real socket: Range, validators, and nothing but what the catalog names."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from catalog.model import Rendition, RenditionRole
from search_api.app import create_app
from tests.fakes.small_archive import SmallArchive, content_of


@pytest.fixture
def player(archive: SmallArchive) -> Iterator[httpx.Client]:
    """A client of the application behind a real server on loopback."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(archive.services()), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False
        ) as client:
            yield client
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def url(archive: SmallArchive) -> str:
    return f"/v1/assets/{archive.film.id}/proxy"


@pytest.fixture
def body(archive: SmallArchive) -> bytes:
    return content_of(archive.film.id, RenditionRole.PROXY)


def test_the_whole_file_carries_what_players_need(player: httpx.Client, url: str, body: bytes) -> None:
    answer = player.get(url)
    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(len(body))
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=1000-", 1000, 4000),
        ("bytes=3999-3999", 3999, 4000),
        ("bytes=-100", 3900, 4000),
        ("bytes=-9999", 0, 4000),
        ("bytes=100-999999", 100, 4000),
        ("BYTES = 5 - 9", 5, 10),
    ],
)
def test_a_range_gives_exactly_its_bytes(
    player: httpx.Client, url: str, body: bytes, asked: str, start: int, end: int
) -> None:
    answer = player.get(url, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == body[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/4000"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,5-9",
        "bytes=5-1",
        "bytes=a-b",
        "chunks=0-5",
        "bytes=-",
        "bytes=",
        "bytes=" + "9" * 400 + "-",
    ],
)
def test_what_is_no_single_range_gives_the_whole(
    player: httpx.Client, url: str, body: bytes, asked: str
) -> None:
    answer = player.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, body)


@pytest.mark.parametrize("asked", ["bytes=4000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_past_the_end_is_refused(player: httpx.Client, url: str, asked: str) -> None:
    answer = player.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */4000")


def test_validators(player: httpx.Client, url: str, body: bytes) -> None:
    etag = player.get(url).headers["etag"]
    assert player.get(url, headers={"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    part = {"Range": "bytes=1-2"}
    assert player.get(url, headers={**part, "If-Range": etag}).content == body[1:3]
    assert player.get(url, headers={**part, "If-Range": '"other"'}).status_code == 200
    assert player.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_the_same_without_the_bytes(player: httpx.Client, url: str) -> None:
    answer = player.head(url, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (206, "10", b"")
    assert player.head(url).headers["content-length"] == "4000"


def test_poster_and_nearest_keyframe(player: httpx.Client, archive: SmallArchive) -> None:
    base = f"/v1/assets/{archive.film.id}"
    assert player.get(f"{base}/poster").content == content_of(archive.film.id, RenditionRole.POSTER)
    shown = {
        frame: player.get(f"{base}/keyframes/{frame}").content[2:] for frame in (0, 99, 100, 249, 499, 10_000)
    }
    assert shown == {0: b"50", 99: b"50", 100: b"175", 249: b"175", 499: b"375", 10_000: b"375"}
    assert player.get(f"{base}/keyframes/50").headers["content-type"] == "image/jpeg"


def test_captions_are_text_whatever_they_hold(player: httpx.Client, archive: SmallArchive) -> None:
    shown = player.get(f"/v1/assets/{archive.film.id}/captions.vtt")
    assert shown.headers["content-type"].startswith("text/vtt")
    assert shown.text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:03.000\nGood morning everyone.\n")
    assert player.get(f"/v1/assets/{archive.cold.id}/captions.vtt").json()["code"] == "rendition-not-found"


@pytest.mark.parametrize(
    "path", ["../../../../etc/passwd", "/etc/passwd", "keyframes/../../x", "nothing.mp4", ".", ""]
)
def test_a_path_that_leads_out_of_the_asset_is_not_served(
    player: httpx.Client, archive: SmallArchive, url: str, path: str
) -> None:
    with archive.catalog.write() as writer:
        writer.facts_writer.put_rendition(
            archive.film.id, Rendition(RenditionRole.PROXY, path, 4000, "0" * 64, "video/mp4")
        )
    answer = player.get(url)
    assert (answer.status_code, answer.json()["code"]) == (404, "rendition-not-found")


def test_a_link_out_of_the_asset_is_not_followed(
    player: httpx.Client, archive: SmallArchive, url: str
) -> None:
    secret = archive.root / "secret.txt"
    secret.write_text("secret")
    file = archive.home.asset(archive.film.id) / "proxy.mp4"
    file.unlink()
    file.symlink_to(secret)
    assert player.get(url).status_code == 404


@pytest.mark.parametrize(
    "asset_id", ["..", "ast_none", "%2e%2e%2fcatalog.db", "ast_'; drop table assets", "a" * 65]
)
def test_a_strange_id_finds_nothing(player: httpx.Client, asset_id: str) -> None:
    answer = player.get(f"/v1/assets/{asset_id}/proxy")
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_asset_without_a_proxy_says_what_to_do(player: httpx.Client, archive: SmallArchive) -> None:
    problem = player.get(f"/v1/assets/{archive.cold.id}/proxy").json()
    assert (problem["code"], "restore" in problem["remedy"]) == ("rendition-not-found", True)
