"""Judged queries asked of a real catalog through the API's client."""

import pytest
from fastapi.testclient import TestClient

from foundation.errors import BadKnownItems
from scripts.evaluation.asking import FUSED, ask, signals_on
from scripts.evaluation.known_items import KnownItem, Place, Shown, own_captions
from scripts.evaluation.report import report_of
from search_api.schemas import AssetFilters
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

RABBIT = KnownItem(q="rabbit", kind="visual", relevant=(Place(asset="films/meadow.mov", start=4, end=10),))
SAID = KnownItem(
    q='"your country"', kind="phrase", relevant=(Place(asset="films/meadow.mov", start=4, end=9),)
)
STILL = KnownItem(
    q="harbour",
    kind="filter",
    filters=AssetFilters(kind=["video"]),
    relevant=(Place(asset="stills/harbour.jpg"),),
)


def test_every_query_is_asked_of_all_signals_and_of_each(http: TestClient) -> None:
    client = client_of(http)
    channels = signals_on(client)
    assert {"visual", "speech", "name"} <= set(channels)
    answers = ask(client, [RABBIT, SAID], channels)
    assert [answer.channel for answer in answers] == [FUSED, *channels] * 2
    found = report_of("small", {}, answers)
    assert found.channels[FUSED].recall_1 == 1.0
    assert found.channels["visual"].recall_1 == 0.5
    assert not found.missed


def test_filters_of_a_known_item_hold(http: TestClient) -> None:
    (answer,) = ask(client_of(http), [STILL], [])
    assert not any(answer.gains)


def test_what_is_shown_as_an_example_does_not_count_itself(http: TestClient, archive: SmallArchive) -> None:
    """The moment that is shown is asked for: it comes first, and is left out; other places are judged."""
    archive.store_vectors()
    itself = Place(asset="films/meadow.mov", start=4.9, end=5.1)
    shown = KnownItem(like=(Shown(asset="films/meadow.mov", start=5),), relevant=(itself,))
    answers = ask(client_of(http), [shown], ["visual"])
    assert [answer.channel for answer in answers] == [FUSED, "visual"]
    assert all(answer.hits and not any(answer.gains) for answer in answers)
    assert report_of("small", {}, answers).missed[0].q == "like films/meadow.mov@5"


def test_an_example_steers_words(http: TestClient, archive: SmallArchive) -> None:
    """What is unlike moves down, and stays an answer."""
    archive.store_vectors()
    item = RABBIT.model_copy(update={"unlike": (Shown(asset="films/meadow.mov", start=1),)})
    (answer,) = ask(client_of(http), [item], [])
    assert answer.gains[0] == 1


def test_an_example_that_the_archive_lacks_is_refused(http: TestClient) -> None:
    with pytest.raises(BadKnownItems, match=r"nowhere\.mov"):
        ask(client_of(http), [KnownItem(like=(Shown(asset="nowhere.mov"),))], [])


def test_a_caption_is_asked_for_without_speech(http: TestClient) -> None:
    client = client_of(http)
    items = own_captions(client, 3)
    assert [(item.q, item.relevant) for item in items] == [
        ("Ask not what your", (Place(asset="films/meadow.mov", start=4.0, end=6.5),)),
        ("the torch has been passed", (Place(asset="sound/address.wav", start=4.0, end=8.0),)),
    ]
    assert all("speech" not in item.signals for item in items)
    answers = ask(client, items, signals_on(client))
    assert "speech" not in {answer.channel for answer in answers}
