"""The catalogs that the catalog's contract is checked on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.factory import open_catalog
from catalog.model import Location
from catalog.repository import Catalog
from foundation.home import Home
from tests.contract.catalog.examples import location
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalog file: migrating takes longer than most tests."""
    home = Home(tmp_path_factory.mktemp("migrated"))
    open_catalog(home).close()
    return home.catalog


@pytest.fixture
def catalog(migrated: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Catalog]:
    home = Home(tmp_path / "home").create()
    shutil.copy(migrated, home.catalog)
    opened = open_catalog(home, clock=clock)
    yield opened
    assert opened.check() == []
    opened.close()


@pytest.fixture
def films(catalog: Catalog) -> Location:
    place = location()
    with catalog.write() as writer:
        writer.locations.add(place)
    return place
