"""Hits as they are handed to `basket add` and `timeline export`: by a search, a saved one, or a file."""

import inspect
import io
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from foundation.errors import InputError, ObjectUnreadable, SavedSearchNotFound
from scripts.commands import basket, saved, search, timeline
from scripts.commands.found_options import Found
from search_api.client import Client
from search_api.schemas import SearchRequest
from search_api.schemas_baskets import NewItems
from search_api.schemas_timelines import Moment, moment_of_hit
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive, direction


@pytest.fixture
def client(http: TestClient, archive: SmallArchive) -> Client:
    with archive.catalog.read() as reader:
        archive.index.cursor.save(reader.changes.last())
    return client_of(http)


def test_hits_of_a_search_and_of_a_file_are_the_same_moments(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = client.search("rabbit", limit=2)
    printed = json.dumps({"hits": [hit.model_dump(mode="json") for hit in reply.hits]})
    (tmp_path / "hits.json").write_text(printed)
    wanted = [moment_of_hit(hit) for hit in reply.hits]
    assert len(wanted) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(printed))
    for found in (
        Found("rabbit", None, None, 2),
        Found(None, None, tmp_path / "hits.json", 20),
        Found(None, None, Path("-"), 20),
    ):
        assert found.moments(client) == wanted
    filled = client.baskets.put("trailer", NewItems(moments=wanted))
    assert filled.added == len(wanted)
    assert [item.asset for item in client.baskets.get("trailer").contents] == [part.asset for part in wanted]


def test_what_is_heard_in_a_film_that_nobody_has_looked_at_is_the_whole_film(
    client: Client, archive: SmallArchive
) -> None:
    """Captions beside a cold master tell seconds; there are no frames yet to count them in."""
    (hit,) = client.search("rabbit", limit=1).hits
    ref = hit.asset.model_copy(update={"id": archive.cold.id})
    update = {"asset": ref, "in_frame": None, "out_frame": None, "start": 3.0, "end": 4.0}
    moment = moment_of_hit(hit.model_copy(update=update))
    assert moment == Moment(asset=archive.cold.id)
    assert client.baskets.put("trailer", NewItems(moments=[moment])).added == 1


def test_matches_of_a_saved_search_are_moments(client: Client, archive: SmallArchive) -> None:
    client.saved.add("Rabbits", SearchRequest(q="rabbit", signals=["visual"]))
    new = archive.add_video("new.mov", [(0, 200), (200, 400)], direction(meadow=1), direction(rabbit=1))
    with archive.catalog.read() as reader:
        archive.index.cursor.save(reader.changes.last())
    client.saved.run("Rabbits")
    (moment,) = Found(None, "Rabbits", None, 20).moments(client)
    assert (moment.asset, moment.first, moment.last) == (new.id, 200, 400)
    with pytest.raises(SavedSearchNotFound):
        Found(None, "Zebras", None, 20).moments(client)


@pytest.mark.parametrize("text", ["", "{}", '{"hits": 1}', '{"hits": [{}]}', "[]"])
def test_a_file_without_hits_is_refused(client: Client, tmp_path: Path, text: str) -> None:
    (tmp_path / "hits.json").write_text(text)
    with pytest.raises(InputError, match="does not hold hits"):
        Found(None, None, tmp_path / "hits.json", 20).moments(client)
    with pytest.raises(ObjectUnreadable):
        Found(None, None, tmp_path / "nothing.json", 20).moments(client)


def test_both_commands_take_hits_in_the_same_ways() -> None:
    shared = {"search", "saved", "hits", "limit"}
    options = [inspect.signature(command).parameters for command in (basket.add, timeline.export)]
    assert all(shared <= set(found) for found in options)
    assert all(options[0][name] == options[1][name] for name in shared)


def test_a_search_is_saved_with_every_filter_that_a_search_has() -> None:
    """All but pages and examples, which a saved search cannot keep."""
    asked, kept = (inspect.signature(command).parameters for command in (search.search, saved.add))
    assert set(asked) - set(kept) == {"limit", "cursor", "like", "unlike", "unlike_text"}
    assert set(kept) - set(asked) == {"name"}
