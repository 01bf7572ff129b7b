"""Fixtures: one Glacier-like S3 server per test session, one of another store, and credentials for both."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fakes.glacier_moto import GlacierServer
    from tests.fakes.other_store import OtherStore


@pytest.fixture(scope="session")
def _glacier_session() -> Iterator["GlacierServer"]:
    # moto takes seconds to import: only tests that ask for it pay.
    from tests.fakes.glacier_moto import glacier_server

    with glacier_server() as server:
        yield server


@pytest.fixture
def glacier(_glacier_session: "GlacierServer", monkeypatch: pytest.MonkeyPatch) -> "GlacierServer":
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return _glacier_session


@pytest.fixture(scope="session")
def _other_session(_glacier_session: "GlacierServer") -> Iterator["OtherStore"]:
    from tests.fakes.other_store import other_store

    with other_store() as server:
        yield server


@pytest.fixture
def elsewhere(_other_session: "OtherStore", glacier: "GlacierServer") -> "OtherStore":
    """A store that knows nothing of the buckets of ``glacier``."""
    del glacier
    return _other_session
