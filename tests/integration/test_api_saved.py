"""Saved searches, their feed of new footage, and unmet demand, over the API."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from catalog import model as m
from foundation.errors import BadFilter, BadQuery, NameTaken, SavedSearchNotFound
from foundation.settings import DemandSettings, Settings
from search_api.app import create_app
from search_api.client import Client
from search_api.schemas import SearchRequest
from search_api.services import standing
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive, direction

CITIZENS = SearchRequest(q='"fellow citizens"')


@pytest.fixture
def client(http: TestClient, archive: SmallArchive) -> Client:
    follow(archive)
    return client_of(http)


def follow(archive: SmallArchive) -> None:
    """What the follower does: the index knows everything that the catalog does."""
    with archive.catalog.read() as reader:
        archive.index.cursor.save(reader.changes.last())


def arrive(archive: SmallArchive, name: str, *words: str, indexed: bool = True) -> m.Asset:
    """A film arrives; the words are said in it, one line after the other."""
    asset = archive.add_video(name, [(0, 200), (200, 400)], direction(meadow=1), direction(rabbit=1))
    lines = [(2000 * n, 2000 * n + 1900, line) for n, line in enumerate(words)]
    archive.tell(asset, lines)
    if indexed:
        follow(archive)
    return asset


def test_a_saved_search_reports_new_footage_once(client: Client, archive: SmallArchive) -> None:
    saved = client.saved.add("Citizens", CITIZENS)
    assert (saved.query, saved.waiting, saved.matches, saved.ran_at) == (CITIZENS, 0, 0, None)
    assert client.saved.matches().matches == []
    new = arrive(archive, "new.mov", "Hello there.", "My fellow citizens of the world.")
    arrive(archive, "other.mov", "Nothing of the kind.")
    assert client.saved.all()[0].waiting == 2
    ran = client.saved.run("citizens")
    assert (ran.waiting, ran.matches) == (0, 1)
    feed = client.saved.matches("Citizens")
    assert [(item.name, item.hit.asset.id, item.hit.start) for item in feed.matches] == [
        ("Citizens", new.id, 2.0)
    ]
    assert client.saved.run("citizens").matches == 1
    again = client.saved.matches("Citizens", cursor=feed.next_cursor)
    assert (again.matches, again.next_cursor) == ([], feed.next_cursor)
    later = arrive(archive, "later.mov", "Fellow citizens, once more.")
    client.saved.run("citizens")
    newer = client.saved.matches("Citizens", cursor=feed.next_cursor)
    assert [item.hit.asset.id for item in newer.matches] == [later.id]


def test_a_picture_matches_and_the_merely_nearest_does_not(client: Client, archive: SmallArchive) -> None:
    client.saved.add("Rabbits", SearchRequest(q="rabbit", signals=["visual"]))
    client.saved.add("Zebras", SearchRequest(q="zebra snowfall", signals=["visual"]))
    new = arrive(archive, "new.mov")
    assert client.saved.run("Rabbits").matches == 1
    assert client.saved.matches("Rabbits").matches[0].hit.asset.id == new.id
    assert client.saved.run("Zebras").matches == 0


def test_filters_are_kept_with_the_question(client: Client, archive: SmallArchive) -> None:
    client.saved.add("Cold citizens", CITIZENS.model_copy(update={"storage_class": ["cold"]}))
    arrive(archive, "new.mov", "My fellow citizens.")
    assert client.saved.run("Cold citizens").matches == 0


def test_footage_waits_until_the_index_knows_it(
    client: Client, archive: SmallArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "PATIENCE_SECONDS", 0.0)
    client.saved.add("Citizens", CITIZENS)
    arrive(archive, "new.mov", "My fellow citizens.", indexed=False)
    ran = client.saved.run("Citizens")
    assert (ran.waiting, ran.matches) == (1, 0)
    follow(archive)
    assert client.saved.run("Citizens").matches == 1


def test_much_footage_is_searched_in_bounded_steps(
    client: Client, archive: SmallArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "BATCH", 2)
    client.saved.add("Citizens", CITIZENS)
    client.saved.add("Worlds", SearchRequest(q='"new world"'))
    for number in range(5):
        arrive(archive, f"{number}.mov", "My fellow citizens.", "A new world.")
    steps = archive.services().standing
    taken = 0
    while steps.step():
        taken += 1
        # A process that is killed after any step goes on where it stopped.
        steps = archive.services().standing
    assert taken == 6
    assert [saved.matches for saved in client.saved.all()] == [5, 5]
    names = [item.hit.asset.name for item in client.saved.matches("Worlds", limit=3).matches]
    assert names == ["0.mov", "1.mov", "2.mov"]


def test_a_question_nobody_can_ask_any_more_holds_up_no_other(client: Client, archive: SmallArchive) -> None:
    with archive.catalog.write() as writer:
        writer.people.add("Ada Lovelace")
    client.saved.add("Ada", SearchRequest(q="citizens", person=["Ada Lovelace"]))
    client.saved.add("Citizens", CITIZENS)
    client.people.remove("Ada Lovelace")
    arrive(archive, "new.mov", "My fellow citizens.")
    attending(archive, lambda: client.saved.all()[1].matches == 1)
    assert [saved.waiting for saved in client.saved.all()] == [0, 0]


def attending(archive: SmallArchive, enough: Callable[[], bool]) -> None:
    """Let the owner's background work run until it has done what it should."""
    stop = threading.Event()
    thread = threading.Thread(target=archive.services().attend, args=(stop,))
    thread.start()
    waited = threading.Event()
    for _ in range(400):
        if enough():
            break
        waited.wait(0.05)
    stop.set()
    thread.join()
    assert enough()


@pytest.mark.parametrize(
    ("query", "error"),
    [(SearchRequest(q=""), BadQuery), (SearchRequest(q="x", year="soon"), BadFilter)],
)
def test_what_cannot_be_asked_is_not_kept(
    client: Client, query: SearchRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.saved.add("bad", query)
    assert client.saved.all() == []


def test_names_are_unique_and_removal_takes_the_feed_along(client: Client, archive: SmallArchive) -> None:
    client.saved.add("Citizens", CITIZENS)
    with pytest.raises(NameTaken):
        client.saved.add("CITIZENS", CITIZENS)
    arrive(archive, "new.mov", "My fellow citizens.")
    client.saved.run("Citizens")
    client.saved.remove("citizens")
    assert client.saved.matches().matches == []
    with pytest.raises(SavedSearchNotFound):
        client.saved.run("Citizens")


def test_queries_without_a_good_hit_are_counted(client: Client) -> None:
    for query in ("zebra snowfall", "Zebra  snowfall", "rabbit", "okapi"):
        client.search(query)
    client.search(SearchRequest(q="zebra snowfall", storage_class=["cold"]))
    client.search(SearchRequest(q="gnu", demand=False))
    client.search('"my fellow citizens"')
    found = client.saved.demand()
    assert found.kept
    counted = [(item.text.lower(), item.filters, item.count) for item in found.demand]
    assert counted[0] == ("zebra snowfall", "", 2)
    assert set(counted[1:]) == {
        ("okapi", "", 1),
        ("zebra snowfall", "class=cold", 1),
    }
    assert client.saved.forget_demand("ZEBRA snowfall") == 2
    assert client.saved.forget_demand() == 1
    assert client.saved.demand().demand == []


def test_demand_that_is_switched_off_is_not_kept(archive: SmallArchive) -> None:
    off = Settings(home=archive.settings.home, demand=DemandSettings(keep=False))
    services = replace(archive.services(), settings=off)
    with TestClient(create_app(services), base_url="http://127.0.0.1") as http:
        client = client_of(http)
        client.search("zebra snowfall")
        found = client.saved.demand()
    assert (found.demand, found.kept) == ([], False)


def test_the_owner_writes_demand_when_it_ends(archive: SmallArchive) -> None:
    follow(archive)
    services = archive.services()
    request = SearchRequest(q="zebra snowfall")
    services.demand.note(request, services.search.run(request))
    stop = threading.Event()
    stop.set()
    services.attend(stop)
    with archive.catalog.read() as reader:
        assert [item.text for item in reader.demands.top(9)] == ["zebra snowfall"]
