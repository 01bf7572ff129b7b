"""The other routes through the typed client and over plain HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from catalog.model import DRAFT, DeadLetter, Statement
from foundation import errors as e
from foundation.ids import RunId, StatementId, mint
from search_api import schemas as s
from search_api.client import Client
from tests.fakes.small_archive import SmallArchive


class _InProcess(httpx.BaseTransport):
    """Hands the client's requests to the application without a socket."""

    def __init__(self, http: TestClient) -> None:
        self._http = http

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._http.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


@pytest.fixture
def client(http: TestClient) -> Iterator[Client]:
    with Client("http://127.0.0.1", transport=_InProcess(http)) as client:
        yield client


def test_an_asset_with_its_copies_and_links(client: Client, archive: SmallArchive) -> None:
    film = client.asset(archive.film.id)
    assert (film.name, film.location, film.year, film.duration) == ("films/meadow.mov", "footage", 1987, 20.0)
    assert (film.technical.rate, film.technical.frames) == ("25/1", 500)
    assert film.links.proxy == f"/v1/assets/{film.id}/proxy"
    assert [copy.uri for copy in film.instances] == [f"{archive.root}/films/meadow.mov"]
    cold = client.asset(archive.cold.id)
    assert (cold.master.restore, cold.links.proxy, cold.location) == ("needed", None, "vault")


def test_facts_of_an_asset(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    assert [(shot.in_frame, shot.out_frame, shot.start) for shot in client.shots(film)] == [
        (0, 100, 0.0), (100, 250, 4.0), (250, 500, 10.0)
    ]  # fmt: skip
    assert [(key.frame, key.timecode) for key in client.keyframes(film)] == [
        (50, "10:00:02:00"), (175, "10:00:07:00"), (375, "10:00:15:00")
    ]  # fmt: skip
    cue = client.transcript(film)[1]
    assert (cue.text, cue.start, cue.end, cue.in_frame) == ("Ask not what your", 4.0, 6.5, 100)
    assert [text.text for text in client.screen_text(film)] == ["PLATFORM NINE"]
    assert [(known.field, known.value) for known in client.statements(film)] == [
        ("subject", "lighthouse keeper")
    ]
    assert {item.role: item.url for item in client.renditions(film)} == {
        "proxy": f"/v1/assets/{film}/proxy", "poster": f"/v1/assets/{film}/poster"
    }  # fmt: skip
    assert client.faces(film) == []


def test_assets_come_in_pages_and_pass_filters(client: Client, archive: SmallArchive) -> None:
    first = client.assets(limit=3)
    rest = client.assets(limit=3, cursor=first.next_cursor)
    assert [asset.id for asset in (*first.assets, *rest.assets)] == sorted(
        (archive.film.id, archive.still.id, archive.sound.id, archive.cold.id)
    )
    assert rest.next_cursor is None
    assert [asset.name for asset in client.assets(filters={"class": "cold"}).assets] == ["reels/night.mxf"]
    with pytest.raises(e.BadCursor):
        client.assets(limit=3, cursor=first.next_cursor, filters={"kind": "video"})


def test_a_part_of_a_file(client: Client, archive: SmallArchive) -> None:
    url = f"/v1/assets/{archive.film.id}/proxy"
    assert client.read(url, first=5, last=9) == client.read(url)[5:10]


def test_locations(client: Client, archive: SmallArchive) -> None:
    folder = archive.root.parent / "other footage"
    folder.mkdir()
    added = client.add_location(str(folder))
    assert (added.name, added.kind, added.uri) == ("other-footage", "folder", str(folder))
    assert [location.name for location in client.locations()] == ["footage", "other-footage", "vault"]
    with pytest.raises(e.NameTaken):
        client.add_location(str(folder), name="again")
    with pytest.raises(e.LocationNotFound):
        client.add_location(str(folder / "nothing"))
    client.remove_location("other-footage")
    with pytest.raises(e.LocationNotFound):
        client.remove_location("other-footage")


def _payloads(archive: SmallArchive, run: str) -> list[dict[str, Any]]:
    found = []
    with archive.catalog.write() as writer:
        while job := writer.jobs.lease("test", run=RunId(run), seconds=60):
            found.append(dict(job.payload))
    return found


def test_a_run_over_names_paths_and_new_folders(client: Client, archive: SmallArchive) -> None:
    (archive.root / "films").mkdir()
    (archive.root / "films" / "a.mov").write_bytes(b"x")
    twin = archive.root.parent / "twin" / "footage"
    twin.mkdir(parents=True)
    (twin.parent / "clip.mov").write_bytes(b"x")
    targets = ["footage", str(archive.root / "films"), str(archive.root / "films" / "a.mov"), str(twin)]
    run = client.start_run(
        [*targets, str(twin.parent / "clip.mov"), "footage"], cold=False, budget_usd="2.50"
    )
    assert run.state == "discovering"
    names = {location.name: location.id for location in client.locations()}
    assert set(names) == {"footage", "footage-2", "twin", "vault"}
    rest = {"cold": False, "budget_usd": "2.50", "survey": False, "accept_losses": False}
    assert _payloads(archive, run.id) == [
        {"location": names["footage"], "prefix": None, **rest},
        {"location": names["footage"], "prefix": "films/", **rest},
        {"location": names["footage"], "prefix": "films/a.mov", **rest},
        {"location": names["footage-2"], "prefix": None, **rest},
        {"location": names["twin"], "prefix": "clip.mov", **rest},
    ]


def test_a_run_without_targets_takes_every_location(client: Client, archive: SmallArchive) -> None:
    run = client.start_run()
    assert [payload["location"] for payload in _payloads(archive, run.id)] == [
        archive.footage.id,
        archive.vault.id,
    ]


@pytest.mark.parametrize(
    "target", ["nowhere", "relative/path", "/no/such/folder", "", "http://example.org/x", "a\x00b"]
)
def test_a_run_over_nothing_is_refused_whole(client: Client, archive: SmallArchive, target: str) -> None:
    with pytest.raises((e.LocationNotFound, e.BadSettings)):
        client.start_run(["footage", target])
    assert client.status().latest_run is None


@pytest.mark.parametrize("budget", ["nan", "inf", "-1", "1e400", "much", "10000000"])
def test_a_budget_is_a_sum(client: Client, budget: str) -> None:
    with pytest.raises(e.InputError):
        client.start_run(["footage"], budget_usd=budget)


def test_a_run_is_watched_and_stopped(client: Client, archive: SmallArchive) -> None:
    run = client.start_run(["footage"])
    with archive.catalog.write() as writer:
        job = writer.jobs.lease("worker", run=RunId(run.id), seconds=60)
        assert job is not None
        writer.jobs.renew(job.id, "worker", seconds=60, stage="listing", progress=0.5)
    (active,) = client.run(run.id).active
    assert (active.kind, active.stage, active.progress) == ("discover", "listing", 0.5)
    assert client.cancel_run(run.id).state == "cancelled"
    with pytest.raises(e.StateConflict):
        client.cancel_run(run.id)
    with pytest.raises(e.RunNotFound):
        client.run("run_none")


def test_dead_letters(client: Client, archive: SmallArchive) -> None:
    with archive.catalog.write() as writer:
        letter = DeadLetter(
            "/f/a.mov", "probe", "empty-file", "a.mov is empty.", "Copy it again.", False, writer.now
        )
        writer.runs.put_dead_letter(letter)
    (shown,) = client.dead_letters()
    assert (shown.uri, shown.code, shown.remedy) == ("/f/a.mov", "empty-file", "Copy it again.")


def test_a_restore_from_quote_to_cancel(client: Client, archive: SmallArchive) -> None:
    quote = client.quote([archive.cold.id], retrieval_tier="bulk")
    assert (quote.assets, quote.cost, quote.currency) == ([archive.cold.id], 1, "USD")
    (started,) = client.request_restore(quote.id, idempotency_key="k1")
    assert client.request_restore(quote.id, idempotency_key="k1") == [started]
    assert client.cancel_restore(started.id).status == "cancelled"
    with pytest.raises(e.StateConflict):
        client.cancel_restore(started.id)
    with pytest.raises(e.QuoteExpired):
        client.request_restore("quo_none")
    with pytest.raises(e.AssetNotFound):
        client.quote(["ast_none"])
    with pytest.raises(e.RestoreNotFound):
        client.restore("rst_none")
    assert client.restores(asset=archive.cold.id) == []


def test_people(client: Client, archive: SmallArchive) -> None:
    archive.name_a_face("Ada Lovelace")
    (ada,) = client.people.all()
    assert (ada.name, ada.faces) == ("Ada Lovelace", 1)
    (face,) = client.faces(archive.film.id)
    assert (face.person, face.start, face.picture) == (
        ada.id,
        10.0,
        f"/v1/assets/{archive.film.id}/keyframes/300",
    )
    with pytest.raises(e.NameTaken):
        client.people.add("ada lovelace")
    client.people.remove(ada.id)
    assert [face.asset for face in client.people.unnamed()] == [archive.film.id]
    grace = client.people.add("Grace Hopper")
    assert client.people.confirm(grace.id, archive.film.id, [0]).faces == 1


def test_what_descriptors_say_that_are_often_wrong_is_a_draft(client: Client, archive: SmallArchive) -> None:
    film = archive.film.id
    source = f"stage:descriptors@1{DRAFT}"
    night = Statement(StatementId(mint("stm")), film, "time_of_day", "night", source, 0.9)
    with archive.catalog.write() as writer:
        writer.facts_writer.replace_statements(film, source, [night])
    drafts = {known.field: known.draft for known in client.statements(film)}
    assert drafts == {"subject": False, "time_of_day": True}


def test_status_and_health(client: Client, archive: SmallArchive) -> None:
    status = client.status()
    assert status.counts == {"assets": 4, "video": 2, "still": 1, "sound": 1, "cold": 1}
    assert {space.space: space.points for space in status.index} == {
        "visual:toy@" + "a" * 12: 4,
        "text:toy-text@" + "b" * 12: 1,
    }
    assert status.behind > 0
    archive.index.cursor.save(status.behind)
    assert client.status().behind == 0
    assert client.health().status == "ok"


def test_pages_of_a_search(client: Client) -> None:
    pages = list(client.pages(s.SearchRequest(q="meadow", limit=2)))
    assert len(pages) > 1
    ids = [(hit.asset.id, hit.in_frame) for page in pages for hit in page.hits]
    assert len(ids) == len(set(ids))


def test_metrics_name_routes_and_not_paths(http: TestClient, archive: SmallArchive) -> None:
    http.get("/v1/search", params={"q": "rabbit"})
    http.get(f"/v1/assets/{archive.film.id}")
    http.get("/nowhere/secret")
    shown = http.get("/metrics").text
    assert 'rekindle_requests_total{method="GET",route="/v1/assets/{asset_id}",status="200"} 1.0' in shown
    assert 'route="unmatched",status="404"' in shown
    assert 'rekindle_signal_seconds_count{signal="visual"} 1.0' in shown
    assert 'rekindle_index_points{space="visual:toy@aaaaaaaaaaaa",state="all"} 4.0' in shown
    assert archive.film.id not in shown
    assert "secret" not in shown


def test_every_answer_says_how_long_it_took(http: TestClient) -> None:
    for path in ("/v1/search?q=rabbit", "/v1/health", "/v1/assets/ast_nothing"):
        name, _, duration = http.get(path).headers["server-timing"].partition(";dur=")
        assert name == "total"
        assert float(duration) >= 0
