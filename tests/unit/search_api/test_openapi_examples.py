"""Every request and every reply of the API has an example, and each is one that its model takes."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

import search_api
from search_api.app import openapi_document

DOCUMENT = openapi_document()
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
PREFIX = "#/components/schemas/"


def named(schema: dict[str, Any]) -> Iterator[str]:
    for part in (schema, *schema.get("anyOf", [])):
        if "$ref" in part:
            yield part["$ref"].removeprefix(PREFIX)


def on_the_wire() -> list[str]:
    """Schemas of bodies and answers; what lies inside them is in their examples."""
    operations = [operation for item in DOCUMENT["paths"].values() for operation in item.values()]
    parts = [part for one in operations for part in (one.get("requestBody", {}), *one["responses"].values())]
    contents = [content for part in parts for content in part.get("content", {}).values()]
    return sorted({name for content in contents for name in named(content.get("schema") or {})})


def models() -> dict[str, type[BaseModel]]:
    found = [m.name for m in pkgutil.iter_modules(search_api.__path__) if m.name.startswith("schemas")]
    modules = [importlib.import_module(f"search_api.{name}") for name in found]
    return {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    }


@pytest.mark.parametrize("name", on_the_wire())
def test_every_body_and_every_answer_has_an_example(name: str) -> None:
    """One of its own, or one for each of its fields."""
    fields = SCHEMAS[name].get("properties", {})
    has_all = bool(fields) and all(field.get("examples") for field in fields.values())
    assert SCHEMAS[name].get("examples") or has_all


@pytest.mark.parametrize("name", [name for name in SCHEMAS if SCHEMAS[name].get("examples")])
def test_every_example_is_what_its_schema_and_its_model_take(name: str) -> None:
    whole = {"$ref": f"{PREFIX}{name}", "components": DOCUMENT["components"]}
    for example in SCHEMAS[name]["examples"]:
        Draft202012Validator(whole).validate(example)
        models()[name].model_validate(example)
