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
- objects of INTELLIGENT_TIERING that :meth:`GlacierServer.archive` puts into an archive tier: HEAD tells
  x-amz-archive-status (a listing does not), GET and copies: 403, a restore without Days moves them back
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
from moto.s3 import notifications
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

from tests.fakes.clock import FakeClock
from tests.fakes.part_checksums import checksums_of_parts

HOURS = {
    "GLACIER": {"Expedited": 0.05, "Standard": 4.0, "Bulk": 10.0},
    "DEEP_ARCHIVE": {"Standard": 11.0, "Bulk": 40.0},
    "ARCHIVE_ACCESS": {"Expedited": 0.05, "Standard": 4.0, "Bulk": 10.0},
    "DEEP_ARCHIVE_ACCESS": {"Standard": 11.0, "Bulk": 40.0},
}
ARCHIVE_TIERS = ("ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")
SPEED = ("Bulk", "Standard", "Expedited")
Reply = tuple[int, dict[str, str], str]


@dataclass
class Job:
    """A restore of one object version; without days it moves back."""

    tier: str
    days: int | None
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
            if self._reads_archived(environ):
                call.status, headers, body = problem(403, "InvalidObjectState", "It is in an archive tier.")
                start_response("403 Forbidden", list(headers.items()))
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

    def archive(self, bucket: str, name: str, tier: str = "DEEP_ARCHIVE_ACCESS") -> None:
        """What Intelligent-Tiering does to an object that nobody read for months; the bucket tells of it."""
        backend, found = found_bucket(bucket)
        key = backend.get_object(bucket, name)
        assert key is not None
        assert key.storage_class == "INTELLIGENT_TIERING"
        assert tier in ARCHIVE_TIERS
        key.archive_tier, key.glacier_job = tier, None
        event = notifications.S3NotificationEvent.INTELLIGENT_TIERING_EVENT
        notifications.send_event(found.account_id, event, found, key)

    def archive_tier(self, key: FakeKey) -> str | None:
        """The archive tier that an object lies in; a restore that is over has moved it back."""
        tier: str | None = getattr(key, "archive_tier", None)
        job: Job | None = getattr(key, "glacier_job", None)
        if tier is not None and job is not None and self.clock() >= job.ready:
            key.archive_tier = key.glacier_job = tier = None
        return tier

    def _reads_archived(self, environ: dict[str, Any]) -> bool:
        path = environ["PATH_INFO"] if environ["REQUEST_METHOD"] == "GET" else ""
        path = environ.get("HTTP_X_AMZ_COPY_SOURCE", path)
        name, _, key = unquote(path).partition("?")[0].lstrip("/").partition("/")
        if not key or not is_bucket(name) or "tagging" in environ.get("QUERY_STRING", ""):
            return False
        found = found_bucket(name)[0].get_object(name, key)
        return found is not None and self.archive_tier(found) is not None

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
        archived = self.archive_tier(key)
        place, days = archived or key.storage_class, int(wish["Days"]) if "Days" in wish else None
        if place not in HOURS:
            return problem(403, "InvalidObjectState", "Restore is not allowed for this storage class.")
        # What moves back has no days; what is copied must have some.
        if tier not in HOURS[place] or (days is not None if archived else not days or days < 1):
            return problem(400, "InvalidArgument", "Days or Tier cannot be used.")
        job = self.job_of(key)
        if job is not None and self.clock() >= job.ready:
            job.expires = midnight_after(self.clock() + timedelta(days=days or 0))
            return 200, {}, ""
        if job is not None and not (days == job.days and SPEED.index(tier) > SPEED.index(job.tier)):
            return problem(409, "RestoreAlreadyInProgress", "Object restore is already in progress.")
        if tier == "Expedited" and self.faults.no_expedited_capacity:
            self.faults.no_expedited_capacity -= 1
            return problem(503, "GlacierExpeditedRetrievalNotAvailable", "No capacity at present.")
        ready = self.clock() + timedelta(hours=HOURS[place][tier])
        expires = ready if days is None else midnight_after(ready + timedelta(days=days))
        key.glacier_job = Job(tier, days, ready, expires)
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


def is_bucket(name: str) -> bool:
    """Whether the server keeps such a bucket."""
    return any(name in each.buckets for regions in s3_backends.values() for each in regions.values())


def obey_lifecycle(name: str) -> None:
    """Move a bucket's objects to the classes that its enabled rules on tags send them to."""
    backend, bucket = found_bucket(name)
    for rule in bucket.rules:
        for key in bucket.keys.values():
            tags = backend.tagger.get_tag_dict_for_resource(key.arn)
            if rule.status == "Enabled" and tags.get(rule.filter.tag_key) == rule.filter.tag_value:
                key.set_storage_class(rule.transitions[0].storage_class)


@contextmanager
def _events_of_tiers(server: GlacierServer) -> Iterator[None]:
    """Events of Intelligent-Tiering say where the object went."""
    event_of = notifications._get_s3_event

    def s3_event(name: str, bucket: FakeBucket, key: FakeKey, configuration: str) -> dict[str, Any]:
        event: dict[str, Any] = event_of(name, bucket, key, configuration)
        if name == notifications.S3NotificationEvent.INTELLIGENT_TIERING_EVENT:
            told = {"destinationAccessTier": server.archive_tier(key)}
            event["Records"][0]["intelligentTieringEventData"] = told
        return event

    notifications._get_s3_event = s3_event
    try:
        yield
    finally:
        notifications._get_s3_event = event_of


@contextmanager
def glacier_server() -> Iterator[GlacierServer]:
    """A running server; moto is put back as it was afterwards."""
    server = GlacierServer()
    kept = (FakeKey.response_dict, S3Response._key_response_post, S3Response.serialized)
    facts_of_key, post, serialized = kept

    def response_dict(key: FakeKey) -> dict[str, Any]:
        facts = facts_of_key.fget(key)
        told = {"x-amz-archive-status": server.archive_tier(key), "x-amz-restore": server.header(key)}
        return facts | {name: value for name, value in told.items() if value}

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
        with checksums_of_parts(), _events_of_tiers(server):
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
