"""The Glacier-like server does what AWS documents, where moto by itself does not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from tests.fakes.clock import FakeClock
from tests.fakes.glacier_moto import Faults, GlacierServer, raw_client


class Bucket:
    """A bucket with one cold object, spoken to through plain boto3."""

    def __init__(self, server: GlacierServer, storage_class: str) -> None:
        server.clock, server.faults = FakeClock(), Faults()
        server.calls.clear()
        self.server = server
        self.clock = server.clock
        self.client = raw_client(server.url)
        self.where: dict[str, Any] = {"Bucket": f"b-{uuid4().hex[:12]}", "Key": "film.mov"}
        self.client.create_bucket(Bucket=self.where["Bucket"])
        self.client.put_object(**self.where, Body=b"essence", StorageClass=storage_class)

    def restore(self, tier: str = "Standard", days: int | None = 1, **more: str) -> int:
        wish: dict[str, Any] = {"GlacierJobParameters": {"Tier": tier}}
        if days is not None:
            wish["Days"] = days
        reply = self.client.restore_object(**self.where, **more, RestoreRequest=wish)
        return int(reply["ResponseMetadata"]["HTTPStatusCode"])

    def header(self, **more: str) -> str | None:
        header: str | None = self.client.head_object(**self.where, **more).get("Restore")
        return header


@pytest.fixture
def glacier_bucket(glacier: GlacierServer) -> Bucket:
    return Bucket(glacier, "GLACIER")


def refused(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        act()
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_202_then_409_then_200(glacier_bucket: Bucket) -> None:
    assert glacier_bucket.restore() == 202
    assert refused(glacier_bucket.restore) == (409, "RestoreAlreadyInProgress")
    glacier_bucket.clock.advance(hours=5)
    assert glacier_bucket.restore(days=9) == 200


def test_a_faster_tier_for_the_same_days_is_accepted_while_running(glacier_bucket: Bucket) -> None:
    glacier_bucket.restore("Bulk", 3)
    assert refused(lambda: glacier_bucket.restore("Standard", 4)) == (409, "RestoreAlreadyInProgress")
    assert glacier_bucket.restore("Standard", 3) == 202
    glacier_bucket.clock.advance(hours=5)
    assert 'ongoing-request="false"' in (glacier_bucket.header() or "")


@pytest.mark.parametrize(
    ("storage_class", "tier", "days", "answer"),
    [
        ("DEEP_ARCHIVE", "Expedited", 1, (400, "InvalidArgument")),
        ("GLACIER", "Standard", 0, (400, "InvalidArgument")),
        ("STANDARD", "Standard", 1, (403, "InvalidObjectState")),
        ("GLACIER_IR", "Standard", 1, (403, "InvalidObjectState")),
    ],
)
def test_what_is_refused(
    glacier: GlacierServer, storage_class: str, tier: str, days: int, answer: tuple[int, str]
) -> None:
    bucket = Bucket(glacier, storage_class)
    assert refused(lambda: bucket.restore(tier, days)) == answer
    assert bucket.header() is None


def test_the_copy_goes_away_at_midnight_and_cannot_be_read_then(glacier_bucket: Bucket) -> None:
    read = lambda: glacier_bucket.client.get_object(**glacier_bucket.where)["Body"].read()  # noqa: E731
    assert refused(read) == (403, "InvalidObjectState")
    glacier_bucket.restore(days=1)
    assert glacier_bucket.header() == 'ongoing-request="true"'
    assert refused(read) == (403, "InvalidObjectState")
    glacier_bucket.clock.advance(hours=5)
    assert glacier_bucket.header() == 'ongoing-request="false", expiry-date="Thu, 12 Mar 2026 00:00:00 GMT"'
    assert read() == b"essence"
    glacier_bucket.clock.moment = datetime(2026, 3, 12, tzinfo=UTC)
    assert glacier_bucket.header() is None
    assert refused(read) == (403, "InvalidObjectState")


def test_days_count_from_now_when_it_is_there_already(glacier_bucket: Bucket) -> None:
    glacier_bucket.restore(days=1)
    glacier_bucket.clock.advance(hours=5)
    glacier_bucket.restore(days=10)
    assert "Sat, 21 Mar 2026" in (glacier_bucket.header() or "")


def test_versions_are_restored_one_by_one_and_overwriting_sleeps(glacier: GlacierServer) -> None:
    bucket = Bucket(glacier, "GLACIER")
    name = bucket.where["Bucket"]
    bucket.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    old = bucket.client.put_object(**bucket.where, Body=b"1", StorageClass="GLACIER")["VersionId"]
    new = bucket.client.put_object(**bucket.where, Body=b"2", StorageClass="GLACIER")["VersionId"]
    assert bucket.restore(VersionId=old) == 202
    assert bucket.header(VersionId=old) == 'ongoing-request="true"'
    assert bucket.header(VersionId=new) is None
    assert bucket.header() is None
    assert refused(lambda: bucket.restore(VersionId="none"))[0] == 404


def test_listings_tell_restores_when_asked(glacier_bucket: Bucket) -> None:
    def listed() -> dict[str, Any] | None:
        page = glacier_bucket.client.list_objects_v2(
            Bucket=glacier_bucket.where["Bucket"], OptionalObjectAttributes=["RestoreStatus"]
        )
        status: dict[str, Any] | None = page["Contents"][0].get("RestoreStatus")
        return status

    assert listed() is None
    glacier_bucket.restore()
    assert listed() == {"IsRestoreInProgress": True}
    ready = glacier_bucket.clock.advance(hours=5)
    status = listed()
    assert status is not None
    assert status["IsRestoreInProgress"] is False
    assert status["RestoreExpiryDate"] > ready + timedelta(days=1)


def test_a_lost_reply_has_done_its_work(glacier_bucket: Bucket) -> None:
    glacier_bucket.server.faults.lose_restore_replies = 1
    assert refused(glacier_bucket.restore) == (409, "RestoreAlreadyInProgress")
    assert glacier_bucket.server.restores_posted() == [0, 409]


@pytest.mark.parametrize(
    ("place", "tier", "hours"),
    [
        ("ARCHIVE_ACCESS", "Expedited", 0.1),
        ("ARCHIVE_ACCESS", "Standard", 5),
        ("ARCHIVE_ACCESS", "Bulk", 12),
        ("DEEP_ARCHIVE_ACCESS", "Standard", 12),
        ("DEEP_ARCHIVE_ACCESS", "Bulk", 48),
    ],
)
def test_what_intelligent_tiering_archived_moves_back(
    glacier: GlacierServer, place: str, tier: str, hours: float
) -> None:
    bucket = Bucket(glacier, "INTELLIGENT_TIERING")
    assert refused(lambda: bucket.restore(days=None)) == (403, "InvalidObjectState")
    glacier.archive(**_named(bucket), tier=place)
    assert bucket.client.head_object(**bucket.where)["ArchiveStatus"] == place
    assert refused(lambda: bucket.client.get_object(**bucket.where)) == (403, "InvalidObjectState")
    copied = {"Bucket": bucket.where["Bucket"], "Key": "copy.mov", "CopySource": dict(bucket.where)}
    assert refused(lambda: bucket.client.copy_object(**copied))[0] == 403
    assert refused(lambda: bucket.restore(tier, days=1)) == (400, "InvalidArgument")
    assert bucket.restore(tier, days=None) == 202
    assert refused(lambda: bucket.restore(tier, days=None)) == (409, "RestoreAlreadyInProgress")
    assert bucket.header() == 'ongoing-request="true"'
    bucket.clock.advance(hours=hours)
    found = bucket.client.head_object(**bucket.where)
    assert "ArchiveStatus" not in found
    assert "Restore" not in found
    bucket.clock.advance(days=400)
    assert bucket.client.get_object(**bucket.where)["Body"].read() == b"essence", "it stays"


def test_deep_archive_access_has_no_expedited_retrieval(glacier: GlacierServer) -> None:
    bucket = Bucket(glacier, "INTELLIGENT_TIERING")
    glacier.archive(**_named(bucket))
    assert refused(lambda: bucket.restore("Expedited", days=None)) == (400, "InvalidArgument")


def test_listings_do_not_tell_of_archive_tiers(glacier: GlacierServer) -> None:
    bucket = Bucket(glacier, "INTELLIGENT_TIERING")
    name, wanted = bucket.where["Bucket"], ["RestoreStatus"]
    list_all = lambda: bucket.client.list_objects_v2(Bucket=name, OptionalObjectAttributes=wanted)  # noqa: E731
    before = list_all()["Contents"]
    glacier.archive(**_named(bucket))
    assert list_all()["Contents"] == before


def _named(bucket: Bucket) -> dict[str, str]:
    return {"bucket": bucket.where["Bucket"], "name": bucket.where["Key"]}
