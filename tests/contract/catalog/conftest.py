"""The catalogs that the catalog's contract is checked on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import Location
from catalog.repository import Catalog
from foundation.home import Home
from tests.contract.catalog.examples import location
from tests.fakes.clock import FakeClock
from tests.fakes.migrated import with_catalog


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def catalog(tmp_path: Path, clock: FakeClock) -> Iterator[Catalog]:
    opened = open_catalog(with_catalog(Home(tmp_path / "home")), clock=clock)
    yield opened
    assert opened.check() == []
    opened.close()


@pytest.fixture
def films(catalog: Catalog) -> Location:
    place = location()
    with catalog.write() as writer:
        writer.locations.add(place)
    return place
