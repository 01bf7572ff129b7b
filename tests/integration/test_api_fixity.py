"""Fixity over the API: how far places are, checking by hand, findings, repair, metrics."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from foundation.errors import FindingNotFound, LocationNotFound, NotAllowed, StateConflict
from foundation.settings import AccessSettings, Settings, TieringSettings
from search_api.app import create_app
from search_api.client import Client
from tests.fakes.app_client import client_of
from tests.fakes.clock import FakeClock
from tests.fakes.fixity_archive import FILM, Archive, flip
from tests.fakes.small_archive import SmallArchive

EVERYTHING = 1 << 40


@pytest.fixture
def masters(archive: SmallArchive, tmp_path: Path) -> Archive:
    return Archive(archive.settings, archive.catalog, FakeClock(), tmp_path)


@pytest.fixture
def client(archive: SmallArchive, masters: Archive) -> Iterator[Client]:
    services = replace(archive.services(), fixity=masters.desk)
    with TestClient(create_app(services), base_url="http://127.0.0.1") as http:
        yield client_of(http)


def test_from_a_flipped_bit_to_its_repair(client: Client, masters: Archive) -> None:
    asset = masters.master(masters.nas, "a.mov")
    masters.master(masters.copy, "a.mov", of=asset)
    flip(masters.path(masters.nas, "a.mov"))
    step = client.fixity.step("nas", EVERYTHING)
    assert (step.objects, step.outcomes, step.unreachable) == (1, {"wrong": 1}, None)
    report = client.fixity.report()
    (finding,) = report.findings
    assert (finding.place, finding.key, finding.state) == ("nas", "a.mov", "confirmed")
    assert finding.id in finding.advice
    assert [(offer.location, offer.billed) for offer in finding.offers] == [("copy", False)]
    assert client.status().fixity_findings == 1
    assert {place.name: place.open_findings for place in report.places}["nas"] == 1
    done = client.fixity.repair(finding.id)
    assert (done.state, done.advice, done.offers) == ("repaired", "", [])
    assert client.fixity.finding(finding.id) == done
    assert masters.path(masters.nas, "a.mov").read_bytes() == FILM
    assert client.fixity.report().findings == []
    assert client.fixity.report(every=True).findings == [done]
    with pytest.raises(StateConflict):
        client.fixity.repair(finding.id)


def test_how_far_places_are(client: Client, masters: Archive) -> None:
    masters.master(masters.nas, "a.mov")
    client.fixity.step("nas", EVERYTHING)
    places = {place.name: place for place in client.fixity.status()}
    assert {"catalog", "derived", "nas", "copy", "cellar"} <= set(places)
    nas = places["nas"]
    assert (nas.objects, nas.bytes, nas.read, nas.never, nas.days) == (1, len(FILM), 1, 0, 90)
    assert (nas.month_bytes, nas.month_bytes_limit, nas.round_cost) == (len(FILM), None, 0)
    assert nas.oldest_read_at is not None


def test_what_is_new_is_taken_in_when_somebody_begins(client: Client, masters: Archive) -> None:
    masters.master(masters.nas, "a.mov")
    assert client.fixity.step("nas", 0).objects == 0
    assert {place.name: place.objects for place in client.fixity.status()}["nas"] == 1
    masters.master(masters.nas, "b.mov")
    assert client.fixity.step("nas", EVERYTHING, begins=False).objects == 1
    assert client.fixity.step("nas", EVERYTHING).objects == 2


def test_what_is_not_there_is_said_so(client: Client) -> None:
    with pytest.raises(LocationNotFound):
        client.fixity.step("elsewhere", 1)
    with pytest.raises(FindingNotFound):
        client.fixity.repair("fnd_none")


def test_monitors_see_findings(client: Client, masters: Archive) -> None:
    masters.master(masters.nas, "a.mov")
    flip(masters.path(masters.nas, "a.mov"))
    client.fixity.step("nas", EVERYTHING)
    text = client.read("/metrics").decode()
    assert 'rekindle_fixity_findings{place="nas"} 1.0' in text
    assert 'rekindle_fixity_oldest_seconds{place="nas"} -1.0' in text


def test_only_who_may_approve_has_masters_read(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "home",
        tiering=TieringSettings(approvers=("prn_boss",)),
        access=AccessSettings(tokens={"prn_boss": "0123456789abcdef"}),  # type: ignore[dict-item]
    )
    archive = SmallArchive(tmp_path, settings)
    with TestClient(create_app(archive.services()), base_url="http://127.0.0.1") as http:
        with pytest.raises(NotAllowed):
            client_of(http).fixity.step("catalog", 1)
        http.headers["Authorization"] = "Bearer 0123456789abcdef"
        assert client_of(http).fixity.step("catalog", 1).outcomes == {"good": 1}
    archive.catalog.close()
