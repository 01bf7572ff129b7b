"""Prometheus metrics of one API process."""

import time
from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive_tiering.fixity.desk import PlaceReport
from archive_tiering.fixity.keeper import Step
from embeddings.vector_index import SpaceStats

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters and histograms with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "rekindle_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._latency = Histogram(
            "rekindle_request_seconds", "Seconds to the end of an answer.", ("route",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._signals = Histogram(
            "rekindle_signal_seconds", "Seconds a search waited for a signal.", ("signal",),
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._fixity_bytes = Counter(
            "rekindle_fixity_bytes", "Bytes that fixity checks read.", registry=self.registry
        )
        self._fixity_objects = Counter(
            "rekindle_fixity_objects", "Objects checked, by outcome.", ("outcome",), registry=self.registry
        )
        self._findings = Gauge(
            "rekindle_fixity_findings", "Open findings.", ("place",), registry=self.registry
        )
        self._oldest = Gauge(
            "rekindle_fixity_oldest_seconds",
            "Age of the oldest last full read; -1 while something was never read.",
            ("place",),
            registry=self.registry,
        )
        self._points = Gauge(
            "rekindle_index_points", "Vectors in the index.", ("space", "state"), registry=self.registry
        )

    def observe_signal(self, signal: str, seconds: float) -> None:
        """Take note of how long one signal took."""
        self._signals.labels(signal).observe(seconds)

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take note of one answered request; ``route`` is the template, never the path."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def observe_fixity(self, step: Step) -> None:
        """Take note of what a step of the fixity checks did."""
        self._fixity_bytes.inc(step.size)
        for outcome, number in step.outcomes.items():
            self._fixity_objects.labels(outcome.value).inc(number)

    def show_fixity(self, reports: Iterable[PlaceReport], now: datetime) -> None:
        """Take note of how far places are checked."""
        for report in reports:
            oldest = report.totals.oldest
            self._findings.labels(report.name).set(report.open)
            age = -1.0 if oldest is None else (now - oldest).total_seconds()
            self._oldest.labels(report.name).set(age)

    def exposition(self, spaces: Iterable[SpaceStats]) -> bytes:
        """Everything in Prometheus's text format, with the index's current size."""
        for space in spaces:
            self._points.labels(space.space, "all").set(space.points)
            self._points.labels(space.space, "indexed").set(space.indexed)
        return generate_latest(self.registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})


class Measured:
    """ASGI middleware that counts and times requests by route template, and tells clients their time."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and take note of its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), [500]

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                MutableHeaders(scope=message)["server-timing"] = _timing(time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.observe_request(method, route, status[0], time.perf_counter() - began)


def _timing(seconds: float) -> str:
    """``Server-Timing`` (W3C): milliseconds until the answer began, without its way over the network."""
    return f"total;dur={seconds * 1000:.1f}"
