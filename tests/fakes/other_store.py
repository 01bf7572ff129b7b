"""A second S3 store beside the Glacier-like one: it knows its own buckets, and none of the other's.

moto keeps all buckets of a process together, and would copy from one server's to another's.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from tests.fakes.glacier_moto import GlacierServer, problem


class OtherStore(GlacierServer):
    """Start it with :func:`other_store`, while a Glacier-like server runs."""

    def __init__(self) -> None:
        super().__init__()
        self._own: set[str] = set()

    def _faulty(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        handle = super()._faulty(app)

        def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            bucket, _, key = environ["PATH_INFO"].strip("/").partition("/")
            origin = unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")).strip("/").partition("/")[0]
            if environ["REQUEST_METHOD"] == "PUT" and not key and not environ.get("QUERY_STRING"):
                self._own.add(bucket)
            if {bucket, origin} - {""} <= self._own:
                return handle(environ, start_response)
            _, headers, body = problem(404, "NoSuchBucket", "The specified bucket does not exist.")
            start_response("404 Not Found", list(headers.items()))
            return [body.encode()]

        return guarded


@contextmanager
def other_store() -> Iterator[OtherStore]:
    """A running second store."""
    server = OtherStore()
    server.start()
    try:
        yield server
    finally:
        server.stop()
