"""The API's description, kept: a change of the wire shows in review.

``python -m tests.golden.test_openapi`` writes the file anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from search_api.app import openapi_document

KEPT = Path(__file__).with_name("openapi.json")
METHODS = {"get", "post", "delete", "head", "put", "patch"}


def _text() -> str:
    return json.dumps(openapi_document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _operations() -> list[tuple[str, dict[str, Any]]]:
    paths = openapi_document()["paths"]
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_the_description_is_the_kept_one() -> None:
    assert _text() == KEPT.read_text(encoding="utf-8"), (
        "run `python -m tests.golden.test_openapi` if intended"
    )


@pytest.mark.parametrize(("name", "operation"), _operations(), ids=[name for name, _ in _operations()])
def test_every_operation_is_described(name: str, operation: dict[str, Any]) -> None:
    assert operation["description"], name
    assert operation["operationId"], name
    problems = operation["responses"]["default"]["content"]
    assert list(problems) == ["application/problem+json"]
    for parameter in operation.get("parameters", []):
        assert parameter.get("description") or parameter["schema"].get("description"), (
            name,
            parameter["name"],
        )


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in _references(part)]
    if isinstance(value, list):
        return [found for part in value for found in _references(part)]
    return []


if __name__ == "__main__":
    KEPT.write_text(_text(), encoding="utf-8")
