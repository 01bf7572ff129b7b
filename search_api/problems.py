"""Errors on the wire: RFC 9457 problem documents, and what OpenAPI says of them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from foundation import logging
from foundation.errors import BadFilter, InputError, RekindleError
from search_api.schemas import Problem, SearchRequest

MEDIA_TYPE = "application/problem+json"
_FILTERED = ("/v1/search", "/v1/assets", "/v1/search/by-example")
_HTTP_REMEDIES = {
    404: "See /openapi.json for the addresses there are.",
    405: "Use one of the methods in the Allow header.",
    413: "Send a smaller body.",
    415: "Send JSON, with the header Content-Type: application/json.",
}


def problem_of(error: RekindleError) -> Problem:
    """The document of one of our own errors."""
    return Problem(
        type=f"urn:rekindle:problem:{error.code}",
        title=_title(type(error)),
        status=error.http_status,
        detail=error.message,
        code=error.code,
        remedy=error.remedy,
        retryable=error.retryable,
        exit_code=error.exit_code,
        facts={name: _plain(value) for name, value in error.detail.items()},
    )


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A response that carries the document."""
    more = (
        {"Retry-After": "2"} if problem.retryable and problem.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    )
    return JSONResponse(
        problem.model_dump(mode="json"), problem.status, {**(headers or {}), **more}, media_type=MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Let every error, ours or not, leave as a problem document."""
    app.add_exception_handler(RekindleError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI ``responses`` for these statuses; any other is a problem document too."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses
    }
    return found | {"default": {"description": "Any other problem", "content": content}}


async def _ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RekindleError):
        return await _unexpected(request, error)
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logging.get(__name__).warning("request_failed", path=request.url.path, code=error.code)
    return answer(problem_of(error))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    errors: Sequence[Mapping[str, Any]] = error.errors() if isinstance(error, RequestValidationError) else ()
    kind = BadFilter if request.url.path.rstrip("/") in _FILTERED else InputError
    return answer(problem_of(_first_of(errors, kind)))


def _first_of(errors: Sequence[Mapping[str, Any]], kind: type[InputError]) -> InputError:
    """The first complaint in words, all of them (without the values) as facts."""
    facts = {"errors": [{"field": _field(item), "message": item["msg"]} for item in errors[:10]]}
    first = errors[0] if errors else {"loc": ("body",), "msg": "cannot be read", "type": ""}
    if first["type"] == "extra_forbidden":
        remedy = f"There are: {', '.join(_search_parameters())}." if kind is BadFilter else None
        return kind(f"There is no parameter {_field(first)!r}.", remedy=remedy, detail=facts)
    return kind(f"{_field(first)}: {first['msg']}.", detail=facts)


def _field(item: Mapping[str, Any]) -> str:
    """Name of the field, without where it was sent and without what does not print."""
    parts = [str(part) for part in item["loc"] if part not in ("query", "body", "path", "header")]
    return ".".join(parts).encode("ascii", "replace").decode()[:100] or "body"


def _search_parameters() -> list[str]:
    return [field.alias or name for name, field in SearchRequest.model_fields.items()]


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return await _unexpected(request, error)
    phrase = HTTPStatus(error.status_code).phrase
    problem = Problem(
        type=f"urn:rekindle:problem:{phrase.lower().replace(' ', '-')}",
        title=phrase,
        status=error.status_code,
        detail=f"{request.method} {request.url.path}: {phrase.lower()}.",
        code=phrase.lower().replace(" ", "-"),
        remedy=_HTTP_REMEDIES.get(error.status_code, InputError.default_remedy),
        retryable=False,
        exit_code=InputError.exit_code,
    )
    return answer(problem, error.headers)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """A bug: the log has the whole story, the answer has none of it."""
    logging.get(__name__).error("request_crashed", path=request.url.path, exc_info=error)
    return answer(problem_of(RekindleError("Something went wrong inside Rekindle.")))


def _title(kind: type[RekindleError]) -> str:
    return (kind.__doc__ or kind.__name__).strip().partition("\n")[0].rstrip(".")


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | bool | None | list | dict) else str(value)
