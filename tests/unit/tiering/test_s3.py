from datetime import UTC, datetime

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.stub import Stubber

from archive_tiering.s3.errors import refusal_of, translated
from archive_tiering.s3.store import S3Store, restore_of, s3_client
from catalog.model import RestoreState
from foundation.errors import (
    NeedsRestore,
    ObjectMissing,
    ObjectUnreadable,
    StorageError,
    StorageUnreachable,
    Throttled,
    TierUnavailable,
)
from foundation.s3_settings import S3Settings


@pytest.mark.parametrize(
    ("header", "state", "expiry"),
    [
        (None, RestoreState.NEEDED, None),
        ("", RestoreState.NEEDED, None),
        ('ongoing-request="true"', RestoreState.IN_PROGRESS, None),
        (
            'ongoing-request="false", expiry-date="Fri, 21 Dec 2026 00:00:00 GMT"',
            RestoreState.RESTORED,
            datetime(2026, 12, 21, tzinfo=UTC),
        ),
        # IBM's dialect: never restored, or expired.
        ('ongoing-request="false"', RestoreState.NEEDED, None),
    ],
)
def test_the_restore_header(header: str | None, state: RestoreState, expiry: datetime | None) -> None:
    assert restore_of(header) == (state, expiry)


def client_error(code: str, status: int) -> ClientError:
    facts = {"Error": {"Code": code, "Message": "why"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(facts, "Operation")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "leaf", "retryable"),
    [
        (client_error("NoSuchKey", 404), ObjectMissing, False),
        (client_error("404", 404), ObjectMissing, False),
        (client_error("NoSuchBucket", 404), StorageUnreachable, True),
        (client_error("AccessDenied", 403), ObjectUnreadable, False),
        (client_error("403", 403), ObjectUnreadable, False),
        (client_error("InvalidObjectState", 403), NeedsRestore, False),
        (client_error("SlowDown", 503), Throttled, True),
        (client_error("ThrottlingException", 400), Throttled, True),
        (client_error("InternalError", 500), StorageUnreachable, True),
        (client_error("NobodyKnows", 418), ObjectUnreadable, False),
        (client_error("ExpiredToken", 400), StorageUnreachable, True),
        (EndpointConnectionError(endpoint_url="x"), StorageUnreachable, True),
        (ConnectTimeoutError(endpoint_url="x"), StorageUnreachable, True),
        (ReadTimeoutError(endpoint_url="x"), StorageUnreachable, True),
        (ResponseStreamingError(error="cut"), StorageUnreachable, True),
        (NoCredentialsError(), StorageUnreachable, True),
    ],
)
def test_errors_become_ours(error: Exception, leaf: type[StorageError], retryable: bool) -> None:
    with pytest.raises(leaf) as caught, translated("film.mov"):
        raise error
    assert type(caught.value) is leaf
    assert caught.value.retryable is retryable


def test_our_own_errors_pass_through() -> None:
    with pytest.raises(KeyError), translated("film.mov"):
        raise KeyError("x")


@pytest.mark.parametrize(
    ("code", "leaf", "temporary"),
    [
        ("GlacierExpeditedRetrievalNotAvailable", TierUnavailable, True),
        ("InvalidArgument", TierUnavailable, None),
        ("InvalidObjectState", TierUnavailable, None),
        ("NoSuchKey", ObjectMissing, None),
        ("SlowDown", Throttled, None),
    ],
)
def test_refused_restores(code: str, leaf: type[StorageError], temporary: bool | None) -> None:
    refusal = refusal_of(client_error(code, 400), "film.mov", "expedited")
    assert type(refusal) is leaf
    assert refusal.detail.get("temporary") is temporary


def test_a_dead_endpoint_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    store = S3Store(s3_client(S3Settings(endpoint_url="http://127.0.0.1:9", region="us-east-1")), "b", "p")
    with pytest.raises(StorageUnreachable):
        list(store.list())


def test_a_region_nobody_can_use_is_said_at_once() -> None:
    with pytest.raises(StorageUnreachable):
        s3_client(S3Settings(endpoint_url="not an address"))


def test_intelligent_tiering_is_restored_by_moving_back_without_days(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    client = s3_client(S3Settings(region="us-east-1"))
    named = {"Bucket": "masters", "Key": "films/a.mov"}
    asleep = {
        "StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "DEEP_ARCHIVE_ACCESS", "ContentLength": 7,
        "ETag": '"e"', "LastModified": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    awake = {key: value for key, value in asleep.items() if key != "ArchiveStatus"}
    with Stubber(client) as stub:
        stub.add_response("head_object", asleep, named)
        stub.add_response("head_object", asleep | {"Restore": 'ongoing-request="true"'}, named)
        stub.add_response("head_object", awake, named)
        wish = {"GlacierJobParameters": {"Tier": "Bulk"}}
        stub.add_response("restore_object", {}, {**named, "RestoreRequest": wish})
        store = S3Store(client, "masters", "films")
        found = [store.head("a.mov") for _ in range(3)]
        states = [item.restore for item in found]
        assert states == [RestoreState.NEEDED, RestoreState.IN_PROGRESS, RestoreState.NONE]
        assert [item.archive_tier for item in found] == ["DEEP_ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS", None]
        store.request_restore("a.mov", retrieval_tier="bulk", days=None)
        stub.assert_no_pending_responses()
