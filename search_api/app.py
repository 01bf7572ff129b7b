"""The application: routes, problems, guards and metrics around one set of services."""

import gc
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi

from search_api import problems
from search_api.bootstrap import Services
from search_api.metrics import Measured
from search_api.routes import (
    approvals,
    assets,
    audit,
    baskets,
    clusters,
    duplicates,
    events,
    fixity,
    keeps,
    knowledge,
    locations,
    me,
    media,
    packs,
    people,
    prohibitions,
    projects,
    restores,
    runs,
    saved,
    search,
    status,
    subclips,
    tiering,
    timelines,
)
from search_api.schemas import Problem
from search_api.security import Guarded, host_names, ui_origins

API_VERSION = "1"
_ABOUT = """Find moments in film and video in plain language, play them at once from a proxy, and bring their
masters back at a price agreed beforehand. Every error is a problem document (RFC 9457) with a code, a remedy
and whether trying again can help."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(services: Services) -> FastAPI:
    """Build the application; models are loaded in the background once it runs."""
    app = _routed(_warming(services))
    app.state.services = services
    origins = ui_origins(services.settings.api)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "HEAD"],
        allow_headers=["Range"],
        expose_headers=["Accept-Ranges", "Content-Range", "Content-Length", "ETag"],
    )
    app.add_middleware(Guarded, hosts=host_names(services.settings.api), origins=origins)
    app.add_middleware(Measured, metrics=services.metrics)
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI description, without opening a home."""
    return _routed(None).openapi()


def _routed(lifespan: Lifespan | None) -> FastAPI:
    app = FastAPI(
        title="Rekindle",
        description=_ABOUT,
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False},
    )
    who = (me, people, clusters, prohibitions, knowledge)
    # FastAPI makes routes ready when a request passes by: first what short commands ask.
    first = (status, runs, locations)
    money = (restores, approvals, baskets, events)
    work = (*money, packs, duplicates, saved, timelines, subclips, projects, keeps, tiering, fixity, audit)
    for part in (*first, search, assets, media, *work, *who):
        app.include_router(part.router)
    problems.install(app)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with our problem document where it would put its own."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for name, example in _kept_examples().items():
            schemas[name].setdefault("examples", [example])
        app.openapi_schema = document
    return app.openapi_schema


def _kept_examples() -> dict[str, Any]:
    """Requests and replies as a small archive had them, for schemas without an example of their own."""
    text = (resources.files("search_api") / "data" / "examples.json").read_text("utf-8")
    kept: dict[str, Any] = json.loads(text)
    return kept


def _warming(services: Services) -> Lifespan:
    def warm() -> None:
        services.encoders.warm()
        # What is loaded by now stays; a search must not wait while Python looks through it for garbage.
        gc.collect()
        gc.freeze()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=warm, name="warm-encoders", daemon=True).start()
        yield

    return lifespan
