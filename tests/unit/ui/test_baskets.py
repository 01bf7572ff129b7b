"""Baskets on the pages: filled from a hit, an asset, a timeline; priced by when needed; agreed to."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from archive_tiering.factory import open_restorer, open_store
from catalog.model import RestoreState
from foundation.settings import Settings, TieringSettings
from search_api.app import create_app
from search_api.client import Client
from search_api.schemas_baskets import NewItems
from search_api.schemas_timelines import Moment
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

pytestmark = pytest.mark.slow

EDL = """TITLE: CUT
001  MEADOW   V     C        10:00:01:00 10:00:02:00 01:00:00:00 01:00:01:00
* FROM CLIP NAME: meadow.mov
002  NOREEL   V     C        01:00:00:00 01:00:01:00 01:00:01:00 01:00:02:00
* FROM CLIP NAME: nowhere.mov
"""


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SmallArchive]:
    tiering = TieringSettings(budget_usd=Decimal(1))
    made = SmallArchive(tmp_path, Settings(home=tmp_path / "home", tiering=tiering))
    _let_sleep(made)
    yield made
    made.catalog.close()


def _let_sleep(archive: SmallArchive) -> None:
    """Put the cold film into a vault that takes ten minutes, or an hour for less."""
    terms = {"retrieval": {"standard": 600, "bulk": 3600}, "prices": {"standard": "5000000", "bulk": "100"}}
    root = Path(archive.vault.uri.removeprefix("vault:"))
    (root / archive.cold.name).parent.mkdir(parents=True)
    (root / archive.cold.name).write_bytes(bytes(1 << 20))
    (root / ".vault.json").write_text(json.dumps(terms))
    found = open_store(archive.vault, archive.settings).head(archive.cold.name)
    with archive.catalog.write() as tx:
        (copy,) = tx.assets.instances(archive.cold.id)
        asleep = replace(copy.essence, restore=RestoreState.NEEDED, size=found.size, etag=found.etag)
        tx.assets_writer.replace_instance(replace(copy, objects=(asleep,)))


@pytest.fixture
def client(archive: SmallArchive) -> Iterator[Client]:
    services = replace(archive.services(), restorer=open_restorer(archive.catalog, archive.settings))
    with TestClient(create_app(services), base_url="http://127.0.0.1") as http:
        yield client_of(http)


def draw_baskets(client: "Client") -> None:
    from ui.views import baskets

    baskets.draw(client)


def draw_search(client: "Client") -> None:
    import streamlit as st

    from ui.views import search

    search.draw(client, st.Page(lambda: None, title="Asset", url_path="asset"))


def draw_asset(client: "Client") -> None:
    from ui.views import asset

    asset.draw(client)


def page_of(draw: Callable[[Client], None], client: Client) -> AppTest:
    return AppTest.from_function(draw, kwargs={"client": client})


def shown(page: AppTest) -> str:
    """All markup of a page."""
    return "\n".join(item.proto.body for item in page.get("html"))


def press(page: AppTest, label: str) -> AppTest:
    """Press the first button whose label begins so."""
    return next(button for button in page.button if button.label.startswith(label)).click().run()


def test_a_hit_is_put_in_with_its_range(client: Client, archive: SmallArchive) -> None:
    page = page_of(draw_search, client).run()
    page.text_input(key="words").set_value("a red meadow").run()
    page.button(key="play-0").click().run()
    press(page, "Put it in")
    assert not page.exception
    (item,) = client.baskets.get("My basket").contents
    assert (item.asset, item.in_frame, item.out_frame) == (archive.film.id, 0, 100)
    assert item.label == "a red meadow"


def test_an_asset_is_put_into_a_basket_of_a_new_name_and_taken_out(
    client: Client, archive: SmallArchive
) -> None:
    page = page_of(draw_asset, client)
    page.query_params["id"] = archive.cold.id
    page.run()
    press(page, "Put it in")
    assert not page.exception
    baskets = page_of(draw_baskets, client).run()
    assert not baskets.exception
    assert "1.0 MB" in shown(baskets)
    assert "1 masters" in shown(baskets)
    assert "0 can be read now" in shown(baskets)
    next(box for box in baskets.multiselect if box.label == "What").select(
        f"{archive.cold.name}, whole"
    ).run()
    press(baskets, "Take out")
    assert not baskets.exception
    assert client.baskets.get("My basket").contents == []
    press(baskets, "Forget the basket")
    assert client.baskets.all() == []
    assert "No basket yet" in shown(baskets)


def test_the_basket_that_is_shown_is_the_one_that_is_forgotten(client: Client, archive: SmallArchive) -> None:
    film, cold = Moment(asset=archive.film.id), Moment(asset=archive.cold.id)
    client.baskets.put("a", NewItems(moments=[film]))
    client.baskets.put("b", NewItems(moments=[film, cold]))
    page = page_of(draw_baskets, client).run()
    # The browser finds its choice by these; with a count in them it lost it.
    assert page.selectbox(key="basket").options == ["a", "b"]
    page.selectbox(key="basket").select("b").run()
    next(box for box in page.multiselect if box.label == "What").select(f"{archive.cold.name}, whole").run()
    press(page, "Take out")
    press(page, "Forget the basket")
    assert not page.exception
    assert [basket.name for basket in client.baskets.all()] == ["a"]


def test_of_two_that_look_alike_the_chosen_one_is_taken_out(client: Client, archive: SmallArchive) -> None:
    # Both begin at 0.2 seconds, as pages say it.
    ranges = [{"asset": archive.film.id, "in": first, "out": 20} for first in (5, 6)]
    client.baskets.put("b", NewItems(moments=[Moment.model_validate(each) for each in ranges]))
    first, second = client.baskets.get("b").contents
    page = page_of(draw_baskets, client).run()
    (what,) = [box for box in page.multiselect if box.label == "What"]
    what.select(next(label for label in what.options if second.id in label)).run()
    press(page, "Take out")
    assert [item.id for item in client.baskets.get("b").contents] == [first.id]


def test_a_basket_comes_back_by_the_cheapest_tier_in_time(client: Client, archive: SmallArchive) -> None:
    client.baskets.put("b", NewItems(moments=[Moment(asset=archive.cold.id), Moment(asset=archive.film.id)]))
    page = page_of(draw_baskets, client).run()
    assert "1 can be read now" in shown(page)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    next(box for box in page.date_input).set_value(tomorrow.date())
    page.number_input(key="kept-b").set_value(9).run()
    press(page, "What does it cost?")
    assert not page.exception
    assert "standard" in shown(page)
    assert "retrieval" in shown(page)
    assert "9 days" in shown(page)
    (agree,) = [button.label for button in page.button if button.label.startswith("Agree")]
    assert agree.startswith("Agree: bulk")
    page.selectbox(key="tier-b").select("standard").run()
    assert not [button for button in page.button if button.label.startswith("Agree")], "another wish"
    page.selectbox(key="tier-b").select("the cheapest in time").run()
    press(page, "Agree: bulk")
    assert not page.exception
    (restore,) = client.restores()
    assert (restore.retrieval_tier, restore.days, restore.status) == ("bulk", 9, "in progress")


def test_a_price_is_of_what_was_in_the_basket(client: Client, archive: SmallArchive) -> None:
    client.baskets.put("b", NewItems(moments=[Moment(asset=archive.cold.id), Moment(asset=archive.film.id)]))
    page = page_of(draw_baskets, client).run()
    press(page, "What does it cost?")
    assert [button for button in page.button if button.label.startswith("Agree")]
    client.baskets.take("b", [i.id for i in client.baskets.get("b").contents if i.asset == archive.cold.id])
    page.run()
    assert not page.exception
    assert not [button for button in page.button if button.label.startswith("Agree")]


def test_what_is_under_way_can_be_waited_for(client: Client, archive: SmallArchive) -> None:
    cold = archive.cold.id
    client.request_restore(client.quote([cold], retrieval_tier="bulk").id)
    client.baskets.put("b", NewItems(moments=[Moment(asset=cold)]))
    page = page_of(draw_baskets, client).run()
    press(page, "What does it cost?")
    press(page, "Agree")
    assert not page.exception
    assert "1 masters" in shown(page)
    assert "See Restores" in shown(page)


def test_what_no_budget_allows_waits_for_an_approver(client: Client, archive: SmallArchive) -> None:
    client.baskets.put("b", NewItems(moments=[Moment(asset=archive.cold.id)]))
    page = page_of(draw_baskets, client).run()
    page.selectbox(key="tier-b").select("standard").run()
    press(page, "What does it cost?")
    assert "an approver is asked" in shown(page)
    assert "of 1.00 USD" in shown(page)
    press(page, "Agree: standard")
    assert not page.exception
    assert "1 wait for an approver" in shown(page)
    assert len(client.money.approvals("open")) == 1


def test_a_timeline_is_put_in_and_what_was_not_found_is_told(client: Client, archive: SmallArchive) -> None:
    page = page_of(draw_baskets, client).run()
    page.file_uploader[0].upload("cut.edl", EDL.encode(), "text/plain").run()
    press(page, "Put all of it in")
    assert not page.exception
    assert "Not found: " in shown(page)
    assert "nowhere.mov" in shown(page)
    assert [item.asset for item in client.baskets.get("My basket").contents] == [archive.film.id]


def test_a_timeline_that_is_too_long_is_a_sentence(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.views.baskets.MOST_TEXT", 50)
    page = page_of(draw_baskets, client).run()
    page.file_uploader[0].upload("cut.edl", EDL.encode(), "text/plain").run()
    press(page, "Put all of it in")
    assert not page.exception
    assert "at most 50 characters" in shown(page)
