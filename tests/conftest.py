"""Fixtures every test may use. A logged error fails a test unless it asks for ``expected_errors``."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ("tests.fakes.glacier_fixture",)

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says how busy the machine is; speed is measured in benchmarks.
hypothesis.settings.register_profile("rekindle", deadline=None)
hypothesis.settings.load_profile("rekindle")


def _testdata() -> Path | None:
    named = os.environ.get("REKINDLE_TESTDATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "testdata"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The shared test data; fails instead of skipping where REKINDLE_TESTDATA promised it."""
    folder = _testdata()
    if folder is None:
        if "REKINDLE_TESTDATA" in os.environ:
            pytest.fail(f"REKINDLE_TESTDATA={os.environ['REKINDLE_TESTDATA']} is not a folder")
        pytest.skip("the shared test data is absent (set REKINDLE_TESTDATA)")
    return folder


@pytest.fixture
def expected_errors() -> None:
    """Ask for this where the test provokes logged errors."""


@pytest.fixture(autouse=True)
def _no_logged_errors(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    if "expected_errors" in request.fixturenames:
        return
    errors = [
        r.getMessage()
        for phase in ("setup", "call")
        for r in caplog.get_records(phase)
        if r.levelno >= logging.ERROR
    ]
    assert not errors, f"errors were logged: {errors}"
