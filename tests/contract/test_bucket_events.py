"""Events hasten a look and decide nothing: repeated, reordered, foreign and lost ones do no harm."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

import boto3
import pytest

from archive_tiering.prices.terms import Terms
from archive_tiering.s3.bucket_events import BucketEvents, hints_of, sqs_client
from catalog.model import LocationKind, RestoreStatus
from catalog.repository import CatalogWriter
from foundation.errors import CatalogBusy, StorageUnreachable
from foundation.s3_settings import S3Settings
from tests.contract.archive import Archive, make_archive, open_empty, prices
from tests.contract.places import s3_place
from tests.fakes.glacier_moto import GlacierServer, raw_client

DATA = b"essence" * 100


@pytest.fixture
def s3(glacier: GlacierServer, tmp_path: Path) -> Iterator[Archive]:
    made = make_archive(
        s3_place(glacier, "GLACIER"), Terms(prices("GLACIER")), LocationKind.S3, tmp_path / "home"
    )
    yield made
    made.catalog.close()


@pytest.fixture
def queue(glacier: GlacierServer) -> tuple[Any, str]:
    client = boto3.client("sqs", endpoint_url=glacier.url, region_name="us-east-1")
    url = client.create_queue(QueueName=f"events-{random.randrange(10**9)}")["QueueUrl"]
    return client, url


def record(uri: str, name: str) -> dict[str, Any]:
    parts = urlsplit(uri)
    key = quote_plus(parts.path[1:])
    return {"eventName": name, "s3": {"bucket": {"name": parts.netloc}, "object": {"key": key, "size": 1}}}


def events_of(archive: Archive, glacier: GlacierServer, url: str) -> BucketEvents:
    client = sqs_client(S3Settings(region="us-east-1"), url)
    return BucketEvents(archive.catalog, client, url, archive.place.clock)


def test_messages_come_in_three_wrappings() -> None:
    plain = {"Records": [record("s3://b/films/a b+ü.mov", "ObjectRestore:Completed")]}
    assert [h.uri for h in hints_of(json.dumps(plain))] == ["s3://b/films/a b+ü.mov"]
    assert [h.uri for h in hints_of(json.dumps({"Message": json.dumps(plain)}))] == ["s3://b/films/a b+ü.mov"]
    bridge = {
        "detail-type": "Object Restore Completed",
        "detail": {"bucket": {"name": "b"}, "object": {"key": "a b"}},
    }
    assert [h.uri for h in hints_of(json.dumps(bridge))] == ["s3://b/a b"]
    for junk in (
        "",
        "x",
        "[]",
        "{}",
        "null",
        '{"Records":[{}]}',
        '{"Records":7}',
        '{"Event":"s3:TestEvent"}',
    ):
        assert hints_of(junk) == []


@pytest.mark.parametrize(
    ("name", "is_change"),
    [
        ("ObjectCreated:Put", True),
        ("ObjectCreated:CompleteMultipartUpload", True),
        ("ObjectRemoved:DeleteMarkerCreated", True),
        ("LifecycleExpiration:Delete", True),
        ("LifecycleTransition", True),
        ("IntelligentTiering", True),
        ("ObjectRestore:Completed", False),
    ],
)
def test_what_happened_says_whether_the_object_may_be_another(name: str, *, is_change: bool) -> None:
    (hint,) = hints_of(json.dumps({"Records": [record("s3://b/a", name)]}))
    assert hint.is_change is is_change


@pytest.mark.parametrize(
    ("kind", "is_change"),
    [
        ("Object Created", True),
        ("Object Deleted", True),
        ("Object Access Tier Changed", True),
        ("Object Restore Completed", False),
    ],
)
def test_event_bridge_has_names_of_its_own(kind: str, *, is_change: bool) -> None:
    detail = {"bucket": {"name": "b"}, "object": {"key": "a b"}}
    (hint,) = hints_of(json.dumps({"detail-type": kind, "detail": detail}))
    assert (hint.uri, hint.is_change) == ("s3://b/a b", is_change)


def test_changes_are_passed_on_before_a_message_is_deleted(s3: Archive, queue: tuple[Any, str]) -> None:
    client, url = queue
    told: list[str] = []

    def changed(_: CatalogWriter, uris: Iterable[str]) -> int:
        told.extend(uris)
        if len(told) == 1:
            raise CatalogBusy("busy")
        return len(told)

    body = {
        "Records": [record("s3://b/a.mov", "ObjectCreated:Put"), record("s3://b/a.mov", "ObjectTagging:Put")]
    }
    client.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    client.send_message(QueueUrl=url, MessageBody=json.dumps(body))
    events = BucketEvents(s3.catalog, client, url, s3.place.clock, changed)
    with pytest.raises(CatalogBusy):
        events.take()
    events.take()
    assert told == ["s3://b/a.mov", "s3://b/a.mov"], "what was not taken note of comes again"
    events.take()
    assert len(told) == 2


def test_a_completed_restore_is_seen_long_before_the_next_look(
    s3: Archive, glacier: GlacierServer, queue: tuple[Any, str]
) -> None:
    client, url = queue
    asset = s3.add("film ü.mov", DATA)
    restorer = s3.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    restorer.poll()
    s3.place.clock.advance(hours=4, minutes=1)
    events = events_of(s3, glacier, url)
    names = ["ObjectRestore:Post", "ObjectRestore:Completed", "ObjectRestore:Completed"]
    random.Random(5).shuffle(names)
    for name in [*names, "ObjectRestore:Delete", "LifecycleTransition"]:
        client.send_message(QueueUrl=url, MessageBody=json.dumps({"Records": [record(restore.uri, name)]}))
    client.send_message(QueueUrl=url, MessageBody="nonsense")
    assert events.take() > 0
    (seen,) = restorer.poll()
    assert seen.status is RestoreStatus.VERIFIED
    assert events.take() == 0
    assert restorer.poll() == []
    assert s3.spent() == restore.cost


def test_an_event_that_lies_changes_nothing(
    s3: Archive, glacier: GlacierServer, queue: tuple[Any, str]
) -> None:
    client, url = queue
    asset = s3.add("film.mov", DATA)
    restorer = s3.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    for name in ("ObjectRestore:Completed", "ObjectRestore:Delete"):
        client.send_message(QueueUrl=url, MessageBody=json.dumps({"Records": [record(restore.uri, name)]}))
    events_of(s3, glacier, url).take()
    assert restorer.poll() == []
    with s3.catalog.read() as view:
        assert view.restores.get(restore.id).status is RestoreStatus.IN_PROGRESS


def test_lost_events_are_made_up_for_by_looking(s3: Archive) -> None:
    asset = s3.add("film.mov", DATA)
    restorer = s3.restorer()
    restorer.request(restorer.quote([asset]).id)
    s3.place.wake()
    (seen,) = restorer.poll()
    assert seen.status is RestoreStatus.VERIFIED


def test_a_queue_that_is_away_is_said_so(s3: Archive, glacier: GlacierServer) -> None:
    with pytest.raises(StorageUnreachable):
        events_of(s3, glacier, f"{glacier.url}/000/none").take()


def _put(client: Any, bucket: str, key: str) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=DATA)


def _copy(client: Any, bucket: str, key: str) -> None:
    client.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": "films/2024/old.mov"})


def _put_parts(client: Any, bucket: str, key: str) -> None:
    upload = {"Bucket": bucket, "Key": key, "UploadId": ""}
    upload["UploadId"] = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    tag = client.upload_part(**upload, PartNumber=1, Body=DATA)["ETag"]
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})


def _tag(client: Any, bucket: str, key: str) -> None:
    del key
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    client.put_object_tagging(Bucket=bucket, Key="films/2024/old.mov", Tagging=tags)


def _delete(client: Any, bucket: str, key: str) -> None:
    del key
    client.delete_object(Bucket=bucket, Key="films/2024/old.mov")


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (_put, "a b+ü%.mov"),
        (_copy, "a b+ü%.mov"),
        (_put_parts, "a b+ü%.mov"),
        (_tag, None),
        (_delete, "old.mov"),
    ],
)
def test_what_a_bucket_sends_by_itself_is_understood(
    glacier: GlacierServer,
    queue: tuple[Any, str],
    tmp_path: Path,
    act: Callable[[Any, str, str], None],
    told: str | None,
) -> None:
    sqs, url = queue
    place = s3_place(glacier, "STANDARD")
    place.put("old.mov", DATA)
    bucket = urlsplit(place.listing()[0].uri).netloc
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    wanted = {"QueueArn": arn, "Events": [f"s3:{name}:*" for name in ("ObjectCreated", "ObjectRemoved")]}
    client = raw_client(glacier.url)
    client.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )
    act(client, bucket, "films/2024/a b+ü%.mov")
    found: list[str] = []

    def changed(_: CatalogWriter, uris: Iterable[str]) -> int:
        found.extend(uris)
        return len(found)

    with closing(open_empty(tmp_path / "home", place.clock)) as catalog:
        BucketEvents(catalog, sqs, url, place.clock, changed).take()
    assert found == ([] if told is None else [f"s3://{bucket}/films/2024/{told}"])
    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []
