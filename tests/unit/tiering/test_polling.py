import json
import threading
import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.factory import open_restorer, open_store
from archive_tiering.prices.terms import Terms
from archive_tiering.stores.object_store import ObjectInfo
from archive_tiering.vault.store import CONFIG
from catalog.factory import open_catalog
from catalog.model import Location, LocationKind, RestoreState, RestoreStatus
from foundation.settings import Settings, TieringSettings
from tests.contract.archive import LOCATION, Archive, catalogue, make_archive, prices
from tests.contract.places import Place, vault_place

DATA = b"essence" * 1000


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
    return make_archive(vault_place(tmp_path / "masters"), terms, LocationKind.VAULT, tmp_path / "home")


def test_looks_are_rare_at_first_and_frequent_near_the_end(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    assert restorer.due() is None
    (restore,) = restorer.request(restorer.quote([asset]).id)
    assert restore.eta is not None
    pauses = []
    while restorer.poll() == []:
        wait = restorer.due()
        assert wait is not None
        pauses.append(wait)
        archive.place.clock.advance(seconds=wait)
    assert pauses == sorted(pauses, reverse=True)
    assert pauses[0] == 450
    assert len(pauses) < 90
    assert archive.place.clock() - restore.eta < timedelta(seconds=2)


def test_a_store_that_is_late_is_noted_and_looked_at_ever_less(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    late = archive.restorer(Sleepy(archive.place))
    late.request(late.quote([asset]).id)
    archive.place.clock.advance(hours=9)
    (noted,) = late.poll()
    assert noted.status is RestoreStatus.IN_PROGRESS
    assert noted.error is not None
    assert "twice as long" in noted.error
    assert late.due() == 900
    archive.place.clock.advance(minutes=15)
    arrived = archive.restorer()
    (done,) = arrived.poll()
    assert (done.status, done.error) == (RestoreStatus.VERIFIED, None)


class Sleepy:
    """A store that says "in progress" for ever."""

    def __init__(self, place: Place) -> None:
        self._store = place.store
        self.request_restore = place.store.request_restore

    def head(self, key: str, version: str = "") -> ObjectInfo:
        found = self._store.head(key, version)
        if found.restore is RestoreState.RESTORED:
            return replace(found, restore=RestoreState.IN_PROGRESS, restore_expiry=None)
        return found


def test_a_keeper_brings_a_vaults_master_back_in_real_time(tmp_path: Path) -> None:
    root = tmp_path / "vault"
    root.mkdir()
    terms = {"retrieval": {"standard": 0.6}, "prices": {"standard": "5000"}}
    (root / CONFIG).write_text(json.dumps(terms))
    settings = Settings(home=tmp_path / "home", tiering=TieringSettings(budget_usd=Decimal(100)))
    catalog = open_catalog(settings.layout)
    location = Location(LOCATION, "masters", f"vault:{root}", LocationKind.VAULT)
    with catalog.write() as tx:
        tx.locations.add(location)
    (root / "film.mov").write_bytes(DATA)
    store = open_store(location, settings)
    asset = catalogue(catalog, store.head("film.mov"))
    restorer = open_restorer(catalog, settings)
    with catalog.read() as view:
        assert restorer.estimate(view.assets.instances(asset)[0])[1] == 1
    quote = restorer.quote([asset])
    assert quote.cost == Decimal("0.04")
    stop = threading.Event()
    keeper = threading.Thread(target=restorer.keep, args=(stop,))
    keeper.start()
    try:
        (restore,) = restorer.request(quote.id)
        deadline = time.monotonic() + 20
        while restore.status is not RestoreStatus.VERIFIED and time.monotonic() < deadline:
            time.sleep(0.1)
            with catalog.read() as view:
                restore = view.restores.get(restore.id)
    finally:
        stop.set()
        keeper.join(20)
    assert restore.status is RestoreStatus.VERIFIED
    assert b"".join(store.read("film.mov")) == DATA
    catalog.close()
