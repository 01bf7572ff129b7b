"""The small archive behind the application."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from search_api.app import create_app
from tests.fakes.small_archive import SmallArchive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SmallArchive]:
    """A film, a still, a sound and a cold film."""
    archive = SmallArchive(tmp_path)
    yield archive
    archive.catalog.close()


@pytest.fixture
def http(archive: SmallArchive) -> Iterator[TestClient]:
    """HTTP against the application in this process."""
    with TestClient(
        create_app(archive.services()), base_url="http://127.0.0.1", raise_server_exceptions=False
    ) as client:
        yield client
