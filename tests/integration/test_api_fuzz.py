"""Generated requests against every operation: no 5xx, no undocumented status or shape."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from foundation.settings import ApiSettings, Settings
from search_api.app import create_app, openapi_document
from tests.fakes.small_archive import SmallArchive

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
METHODS = ("get", "post", "delete", "head")
OPERATIONS = [
    (path, method.upper())
    for path, item in openapi_document()["paths"].items()
    for method in item
    # Events are a stream without an end.
    if method in METHODS and path != "/v1/events"
]
NO_NUMBERS = ("inf", "-inf", "nan", "1e400", "-0", "0x10", "9" * 400, "\uff11\uff12", "", " ", "null", "%00")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("fuzz")
    # Any host name is served, as the test transport has one of its own.
    archive = SmallArchive(folder, Settings(home=folder / "home", api=ApiSettings(host="0.0.0.0")))
    yield create_app(archive.services())
    archive.catalog.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS]
)
def test_generated_requests_are_answered_as_described(app: Any, path: str, method: str) -> None:
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path][method]

    @given(case=operation.as_strategy())
    @settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def answered(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    answered()


@pytest.mark.parametrize(
    "name", ["limit", "year", "duration", "cursor", "kind", "class", "signals", "has_speech"]
)
def test_numbers_that_are_none_break_nothing(app: Any, name: str) -> None:
    with TestClient(app) as http:
        for value in NO_NUMBERS:
            for path in ("/v1/search?q=a", "/v1/assets?"):
                assert http.get(f"{path}&{name}={value}").status_code in (200, 422), (path, value)
