"""Fixtures every test may use. A logged error fails a test unless it asks for ``expected_errors``."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = (
    "tests.fakes.exported_packs",
    "tests.fakes.glacier_fixture",
    "tests.fakes.warm_workers",
)

# As many workers as cores: threads of one computation would only wait for each other.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says how busy the machine is; speed is measured in benchmarks.
hypothesis.settings.register_profile("rekindle", deadline=None, max_examples=50)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.load_profile(os.environ.get("REKINDLE_TEST_PROFILE", "rekindle"))

LONGEST = (
    "tests/e2e/test_acceptance.py",
    "tests/e2e/test_interruptions.py",
    "tests/e2e/test_acceptance_stills.py",
    "tests/e2e/test_duplicates_of_real_clips.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_full_disk.py",
    "tests/e2e/test_flow.py",
    "tests/faults/indexer/test_interruptions.py",
    "tests/unit/embeddings/test_export.py",
    "tests/unit/media/test_subclips.py",
    "tests/e2e/test_browser.py",
    "tests/e2e/test_people.py",
    "tests/e2e/test_bad_requests.py",
    "tests/e2e/test_repair.py",
    "tests/unit/media/test_probe_and_proxy.py",
    "tests/e2e/test_bad_archive.py",
    "tests/contract/test_recognisers.py",
    "tests/unit/indexer/test_renewal.py",
    "tests/unit/embeddings/test_speech.py",
)
"""Files that take longest, about in order: the last one to begin must not be one that others wait for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; what is left is short enough to end about together on all workers."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


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
