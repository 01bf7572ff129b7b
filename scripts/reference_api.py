"""The API's reference page, from its OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any

from search_api.app import openapi_document


def api_page() -> str:
    """Return the page of routes."""
    document: Mapping[str, Any] = openapi_document()
    lines = [
        "# HTTP API",
        "",
        "Everything lies under `/v1`. The full description with schemas and examples is served at",
        "`/openapi.json`. Errors are problem documents (RFC 9457) with the codes in [Errors](errors.md).",
        "",
    ]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            lines += list(_operation(method, path, operation))
    return "\n".join(lines).rstrip() + "\n"


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {method.upper()} {path}"
    yield ""
    yield operation.get("summary", "") + "."
    yield ""
    if about := operation.get("description"):
        yield from (about.strip(), "")
    rows = [_parameter(item) for item in operation.get("parameters", [])]
    if rows:
        yield from ("| parameter | in | meaning |", "| --- | --- | --- |", *rows, "")
    if body := operation.get("requestBody"):
        yield from (f"Body: {_schema_name(body)}.", "")
    answers = ", ".join(f"{code} {answer['description']}" for code, answer in operation["responses"].items())
    yield from (f"Answers: {answers}.", "")


def _parameter(item: Mapping[str, Any]) -> str:
    about = item.get("description") or item.get("schema", {}).get("description", "")
    needed = " (required)" if item.get("required") else ""
    return f"| `{item['name']}`{needed} | {item['in']} | {about} |"


def _schema_name(body: Mapping[str, Any]) -> str:
    content = next(iter(body["content"].values()))
    reference = str(content["schema"].get("$ref", "")).rsplit("/", 1)[-1]
    return f"`{reference}`" if reference else "JSON"
