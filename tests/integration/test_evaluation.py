"""Judged queries asked of a real catalog through the API's client."""

from fastapi.testclient import TestClient

from scripts.evaluation.asking import FUSED, ask, signals_on
from scripts.evaluation.known_items import KnownItem, Place, own_captions
from scripts.evaluation.report import report_of
from search_api.schemas import AssetFilters
from tests.fakes.app_client import client_of

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
