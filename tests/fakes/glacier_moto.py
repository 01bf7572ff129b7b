"""moto's S3 server with the restore semantics of S3 Glacier put right.

What moto gets wrong, and what this server does instead (S3 user guide, "Restoring an archived object";
API reference, RestoreObject):

- a second restore while one runs: 409 RestoreAlreadyInProgress, but a faster tier for the same days is taken
- restoring what is restored: 200, and Days count from now
- Expedited on DEEP_ARCHIVE, no Days, Days < 1: 400; a class that never sleeps: 403
- the copy is ready after the tier's time on a clock of our own, goes away at the UTC midnight after Days, and
  cannot be read any more then
- VersionId is honoured; an overwritten object sleeps
- ListObjectsV2 tells RestoreStatus when asked
- a copy of what is not what it should be (x-amz-copy-source-if-match): 412
- digests of parts, see :mod:`tests.fakes.part_checksums`
- lifecycle rules on tags are obeyed, when the test says so
- on demand: 503 for want of Expedited capacity, throttling, and replies that are lost after the work was done
"""

import random
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import boto3
import xmltodict
from moto.core.responses import ActionResult
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

from tests.fakes.clock import FakeClock
from tests.fakes.part_checksums import checksums_of_parts

HOURS = {
    "GLACIER": {"Expedited": 0.05, "Standard": 4.0, "Bulk": 10.0},
    "DEEP_ARCHIVE": {"Standard": 11.0, "Bulk": 40.0},
}
SPEED = ("Bulk", "Standard", "Expedited")
Reply = tuple[int, dict[str, str], str]


@dataclass
class Job:
    """A restore of one object version."""

    tier: str
    days: int
    ready: datetime
    expires: datetime


@dataclass
class Faults:
    """What goes wrong next; counts run down."""

    no_expedited_capacity: int = 0
    lose_restore_replies: int = 0
    lose_write_replies: int = 0
    throttle_share: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))


@dataclass
class Call:
    """One request as it came in; ``status`` is 0 where the reply was lost."""

    method: str
    path: str
    query: str
    status: int


def midnight_after(moment: datetime) -> datetime:
    floor = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment if floor == moment else floor + timedelta(days=1)


def problem(status: int, code: str, message: str) -> Reply:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return status, {"content-type": "application/xml"}, body


class GlacierServer(ThreadedMotoServer):  # type: ignore[misc]
    """Start it with :func:`glacier_server`; clock and faults may be replaced between tests."""

    def __init__(self) -> None:
        super().__init__(ip_address="127.0.0.1", port=0, verbose=False)
        self.clock = FakeClock()
        self.faults = Faults()
        self.calls: list[Call] = []

    @property
    def url(self) -> str:
        host, port = self.get_host_and_port()
        return f"http://{host}:{port}"

    def restores_posted(self) -> list[int]:
        """Statuses of all restore requests so far."""
        return [call.status for call in self.calls if call.method == "POST" and "restore" in call.query]

    def _server_entry(self) -> None:
        app = DomainDispatcherApplication(create_backend_app)
        wrapped = self._faulty(app)
        self._server = make_server("127.0.0.1", 0, wrapped, threaded=True, request_handler=MotoRequestHandler)
        self._server_ready_event.set()
        self._server.serve_forever()

    def _faulty(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        def handle(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            call = Call(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), 0)
            self.calls.append(call)
            if self.faults.dice.random() < self.faults.throttle_share:
                call.status, headers, body = problem(503, "SlowDown", "Please reduce your request rate.")
                start_response("503 Slow Down", list(headers.items()))
                return [body.encode()]
            if _source_is_another(environ):
                call.status, headers, body = problem(412, "PreconditionFailed", "It is another object.")
                start_response("412 Precondition Failed", list(headers.items()))
                return [body.encode()]

            def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                call.status = int(status.split()[0])
                return start_response(status, headers, *rest)

            restoring = call.method == "POST" and "restore" in call.query
            if self._loses(call, restoring=restoring):
                list(app(environ, lambda *_: None))
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                start_response("200 OK", [])
                return [b"lost"]
            return app(environ, start)

        return handle

    def _loses(self, call: Call, *, restoring: bool) -> bool:
        """Whether the reply to a call goes astray after the work was done."""
        if restoring and self.faults.lose_restore_replies:
            self.faults.lose_restore_replies -= 1
            return True
        writing = call.method in ("PUT", "DELETE") and call.path.count("/") > 1
        if writing and self.faults.lose_write_replies:
            self.faults.lose_write_replies -= 1
            return True
        return False

    def job_of(self, key: FakeKey) -> Job | None:
        """The key's restore, unless its copy went away."""
        job: Job | None = getattr(key, "glacier_job", None)
        return job if job is not None and self.clock() < job.expires else None

    def header(self, key: FakeKey) -> str | None:
        job = self.job_of(key)
        if job is None:
            return None
        if self.clock() < job.ready:
            return 'ongoing-request="true"'
        return f'ongoing-request="false", expiry-date="{job.expires:%a, %d %b %Y %H:%M:%S} GMT"'

    def restore(self, key: FakeKey, wish: dict[str, Any]) -> Reply:
        """RestoreObject."""
        tier = (wish.get("GlacierJobParameters") or {}).get("Tier", "Standard")
        days = int(wish.get("Days") or 0)
        if key.storage_class not in HOURS:
            return problem(403, "InvalidObjectState", "Restore is not allowed for this storage class.")
        if days < 1 or tier not in HOURS[key.storage_class]:
            return problem(400, "InvalidArgument", "Days or Tier cannot be used.")
        job = self.job_of(key)
        if job is not None and self.clock() >= job.ready:
            job.expires = midnight_after(self.clock() + timedelta(days=days))
            return 200, {}, ""
        if job is not None and not (days == job.days and SPEED.index(tier) > SPEED.index(job.tier)):
            return problem(409, "RestoreAlreadyInProgress", "Object restore is already in progress.")
        if tier == "Expedited" and self.faults.no_expedited_capacity:
            self.faults.no_expedited_capacity -= 1
            return problem(503, "GlacierExpeditedRetrievalNotAvailable", "No capacity at present.")
        ready = self.clock() + timedelta(hours=HOURS[key.storage_class][tier])
        key.glacier_job = Job(tier, days, ready, midnight_after(ready + timedelta(days=days)))
        return 202, {}, ""


def _source_is_another(environ: dict[str, Any]) -> bool:
    wanted = environ.get("HTTP_X_AMZ_COPY_SOURCE_IF_MATCH")
    if wanted is None:
        return False
    path, _, version = environ["HTTP_X_AMZ_COPY_SOURCE"].partition("?versionId=")
    name, _, key = unquote(path).lstrip("/").partition("/")
    backend, _ = found_bucket(name)
    found = backend.get_object(name, key, version_id=version or None)
    return found is not None and found.etag.strip('"') != wanted.strip('"')


def found_bucket(name: str) -> tuple[S3Backend, FakeBucket]:
    """A bucket as the server keeps it."""
    backends = (backend for regions in s3_backends.values() for backend in regions.values())
    return next((backend, backend.buckets[name]) for backend in backends if name in backend.buckets)


def obey_lifecycle(name: str) -> None:
    """Move a bucket's objects to the classes that its enabled rules on tags send them to."""
    backend, bucket = found_bucket(name)
    for rule in bucket.rules:
        for key in bucket.keys.values():
            tags = backend.tagger.get_tag_dict_for_resource(key.arn)
            if rule.status == "Enabled" and tags.get(rule.filter.tag_key) == rule.filter.tag_value:
                key.set_storage_class(rule.transitions[0].storage_class)


@contextmanager
def glacier_server() -> Iterator[GlacierServer]:
    """A running server; moto is put back as it was afterwards."""
    server = GlacierServer()
    kept = (FakeKey.response_dict, S3Response._key_response_post, S3Response.serialized)
    facts_of_key, post, serialized = kept

    def response_dict(key: FakeKey) -> dict[str, Any]:
        facts = facts_of_key.fget(key)
        header = server.header(key)
        return facts | ({"x-amz-restore": header} if header else {})

    def key_response_post(
        self: S3Response, request: Any, body: bytes, bucket: str, query: dict[str, Any], name: str
    ) -> Any:
        if "restore" not in query:
            return post(self, request, body, bucket, query, name)
        version = query.get("versionId", [None])[0]
        key = self.backend.get_object(bucket, name, version_id=version)
        if key is None:
            return problem(404, "NoSuchVersion" if version else "NoSuchKey", "It does not exist.")
        return server.restore(key, xmltodict.parse(body)["RestoreRequest"])

    def with_restore_status(self: S3Response, result: ActionResult) -> Any:
        wanted = self.headers.get("x-amz-optional-object-attributes", "")
        if isinstance(result.result, dict) and "Contents" in result.result and "RestoreStatus" in wanted:
            for entry in result.result["Contents"]:
                _tell_restore(server, self.backend.get_object(self.bucket_name, entry["Key"]), entry)
        return serialized(self, result)

    FakeKey.response_dict = property(response_dict)
    S3Response._key_response_post = key_response_post
    S3Response.serialized = with_restore_status
    server.start()
    try:
        with checksums_of_parts():
            yield server
    finally:
        server.stop()
        FakeKey.response_dict, S3Response._key_response_post, S3Response.serialized = kept


def _tell_restore(server: GlacierServer, key: FakeKey | None, entry: dict[str, Any]) -> None:
    job = server.job_of(key) if key is not None else None
    if job is None:
        return
    running = server.clock() < job.ready
    entry["RestoreStatus"] = {"IsRestoreInProgress": running}
    if not running:
        entry["RestoreStatus"]["RestoreExpiryDate"] = job.expires


def raw_client(url: str) -> Any:
    """boto3 as anybody else would use it."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
