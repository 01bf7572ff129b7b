"""Masters that Intelligent-Tiering archived: discovered, brought in, followed when they fall asleep."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from archive_tiering.archived import Standing, note
from archive_tiering.clock import utc_now
from archive_tiering.factory import open_backfill, open_restorer, open_store, open_tolls
from archive_tiering.s3.bucket_events import BucketEvents, sqs_client
from catalog.model import IndexRun, Location, LocationKind, RestoreState
from foundation.ids import LocationId, RestoreId, mint
from foundation.settings import S3Settings, Settings, TieringSettings
from indexer.noticing import order_looks
from indexer.sleepers import Sleepers
from tests import material
from tests.fakes.clock import FakeClock
from tests.fakes.glacier_moto import Faults, GlacierServer, raw_client
from tests.fakes.inventory_report import report_files
from tests.indexing import Archive

NEEDED, AWAKE = RestoreState.NEEDED, RestoreState.NONE


@dataclass
class Tiered:
    """A bucket of class INTELLIGENT_TIERING and a home over it."""

    glacier: GlacierServer
    archive: Archive
    client: Any
    bucket: str
    folder: Path

    def put(self, name: str) -> None:
        data = material.still(self.folder / name, text=name).read_bytes()
        data += b"\0" * 0x20000  # smaller objects are never archived
        self.client.put_object(
            Bucket=self.bucket,
            Key=f"films/{name}",
            Body=data,
            StorageClass="INTELLIGENT_TIERING",
        )

    def fall_asleep(self, name: str, tier: str = "DEEP_ARCHIVE_ACCESS") -> None:
        self.glacier.archive(self.bucket, f"films/{name}", tier)

    def state(self, name: str) -> RestoreState:
        with self.archive.read() as reader:
            (copy,) = reader.assets.instances(self.archive.assets()[name].id)
        return copy.essence.restore

    def heads(self) -> int:
        return sum(call.method == "HEAD" for call in self.glacier.calls)

    def quote(self, name: str) -> int:
        services = self.archive.services
        return (
            open_restorer(services.catalog, services.settings).quote([self.archive.assets()[name].id]).objects
        )


@pytest.fixture
def tiered(glacier: GlacierServer, tmp_path: Path) -> Iterator[Tiered]:
    glacier.clock, glacier.faults = FakeClock(datetime.now(UTC)), Faults()
    glacier.calls.clear()
    client, bucket = raw_client(glacier.url), f"masters-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    made = Archive.open(tmp_path, tiering=TieringSettings(poll_seconds=0.25))
    s3 = S3Settings(endpoint_url=glacier.url, region="us-east-1")
    settings = made.services.settings.model_copy(update={"s3": s3})
    made.services = replace(
        made.services, settings=settings, open_store=lambda location: open_store(location, settings)
    )
    made.location = Location(LocationId(mint("loc")), "films", f"s3://{bucket}/films", LocationKind.S3)
    with made.services.catalog.write() as writer:
        writer.locations.add(made.location)
    yield Tiered(glacier, made, client, bucket, tmp_path)
    made.services.close()


@contextmanager
def hours_pass(glacier: GlacierServer) -> Iterator[None]:
    over = threading.Event()

    def turn() -> None:
        while not over.wait(0.05):
            if glacier.restores_posted():
                glacier.clock.advance(hours=49)

    turning = threading.Thread(target=turn)
    turning.start()
    try:
        yield
    finally:
        over.set()
        turning.join()


def facts(run: IndexRun) -> tuple[int, int, int]:
    return run.done, run.cold, run.failed


def test_a_new_one_that_sleeps_is_catalogued_quoted_and_brought_in(tiered: Tiered) -> None:
    tiered.put("awake.png")
    tiered.put("asleep.png")
    tiered.fall_asleep("asleep.png")
    assert facts(tiered.archive.index()) == (1, 1, 0)
    assert tiered.archive.letters() == {}
    assert (tiered.state("awake.png"), tiered.state("asleep.png")) == (AWAKE, NEEDED)
    assert tiered.quote("asleep.png") == 1
    assert facts(tiered.archive.index()) == (0, 1, 0), "it is no walk's business"
    assert tiered.glacier.restores_posted() == []
    with hours_pass(tiered.glacier):
        run = tiered.archive.index(cold=True, budget="1.00")
    assert (run.cold, run.failed) == (1, 0)
    assert tiered.archive.assets()["asleep.png"].sha256 is not None
    assert (tiered.state("asleep.png"), tiered.quote("asleep.png")) == (AWAKE, 0)
    assert tiered.glacier.restores_posted() == [202]
    tiered.glacier.calls.clear()
    assert tiered.archive.index().unchanged == 2
    assert tiered.heads() == 0, "what is complete is not asked about in every listing"


def test_a_survey_catalogues_it(tiered: Tiered) -> None:
    tiered.put("asleep.png")
    tiered.fall_asleep("asleep.png")
    tiered.archive.index(survey=True, cold=True)
    assert tiered.state("asleep.png") is NEEDED


def test_a_walk_that_is_refused_registers_what_sleeps(
    tiered: Tiered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sleepers.__init__, "__defaults__", (0,))
    tiered.put("asleep.png")
    tiered.fall_asleep("asleep.png")
    assert facts(tiered.archive.index()) == (0, 0, 1)
    letter = tiered.archive.letters()["asleep.png"]
    assert (letter.code, letter.asset_id) == ("needs-restore", tiered.archive.assets()["asleep.png"].id)
    assert (tiered.state("asleep.png"), tiered.quote("asleep.png")) == (NEEDED, 1)
    assert facts(tiered.archive.index()) == (0, 0, 1)


def test_an_event_tells_that_a_known_one_fell_asleep(tiered: Tiered) -> None:
    tiered.put("film.png")
    tiered.archive.index()
    sqs = boto3.client("sqs", endpoint_url=tiered.glacier.url, region_name="us-east-1")
    url = sqs.create_queue(QueueName=f"events-{uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    wanted = {"QueueArn": arn, "Events": ["s3:IntelligentTiering"]}
    tiered.client.put_bucket_notification_configuration(
        Bucket=tiered.bucket, NotificationConfiguration={"QueueConfigurations": [wanted]}
    )
    tiered.fall_asleep("film.png")
    found = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MaxNumberOfMessages=10)["Messages"]
    (told,) = [json.loads(each["Body"])["Records"][0] for each in found if "Records" in each["Body"]]
    assert told["intelligentTieringEventData"] == {"destinationAccessTier": "DEEP_ARCHIVE_ACCESS"}
    catalog = tiered.archive.services.catalog
    queue = sqs_client(S3Settings(region="us-east-1"), url)
    BucketEvents(catalog, queue, url, utc_now, order_looks).take()
    with tiered.archive.read() as reader:
        run = next(iter(reader.runs.open()))
    assert facts(tiered.archive.finish(run)) == (0, 0, 0)
    assert tiered.state("film.png") is NEEDED
    assert tiered.archive.index().unchanged == 1
    assert tiered.state("film.png") is NEEDED, "a listing that does not tell changes nothing"


def test_an_event_tells_in_which_archive_tier_it_sleeps(tiered: Tiered) -> None:
    tiered.put("film.png")
    tiered.archive.index()
    asset = tiered.archive.assets()["film.png"].id
    for tier in ("ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"):
        tiered.fall_asleep("film.png", tier)
        with tiered.archive.services.catalog.write() as writer:
            order_looks(writer, [f"s3://{tiered.bucket}/films/film.png"])
            run = next(iter(writer.runs.open()))
        tiered.archive.finish(run)
        with tiered.archive.read() as reader:
            (copy,) = reader.assets.instances(asset)
        assert (copy.essence.restore, copy.essence.archive_tier) == (NEEDED, tier)


def test_an_event_that_comes_late_finds_it_awake(tiered: Tiered) -> None:
    tiered.put("film.png")
    tiered.archive.index()
    asset = tiered.archive.assets()["film.png"].id
    uri = f"s3://{tiered.bucket}/films/film.png"
    for recorded in (NEEDED, AWAKE):
        with tiered.archive.services.catalog.write() as writer:
            note(writer, asset, {uri: Standing(recorded)})
            order_looks(writer, [uri])
            run = next(iter(writer.runs.open()))
        tiered.archive.finish(run)
        assert tiered.state("film.png") is AWAKE


@pytest.mark.parametrize("is_old", [False, True])
def test_an_inventory_tells_and_is_not_believed_unasked(tiered: Tiered, *, is_old: bool) -> None:
    tiered.put("film.png")
    tiered.archive.index()
    if not is_old:
        tiered.fall_asleep("film.png")
    inventory_says_archived(tiered)
    run = tiered.archive.index()
    assert (run.unchanged, tiered.state("film.png")) == ((1, AWAKE) if is_old else (0, NEEDED))
    assert tiered.archive.index().unchanged == 1


@pytest.mark.parametrize("asked", [0, 100])
@pytest.mark.parametrize("is_old", [False, True])
def test_an_inventory_puts_nothing_to_sleep_that_was_not_read_yet(
    tiered: Tiered, monkeypatch: pytest.MonkeyPatch, *, is_old: bool, asked: int
) -> None:
    monkeypatch.setattr(Sleepers.__init__, "__defaults__", (asked,))
    count_egress(tiered)
    tiered.put("film.png")
    tiered.archive.index()
    if not is_old:
        tiered.fall_asleep("film.png")
    inventory_says_archived(tiered)
    tiered.archive.index()
    assert tiered.archive.assets()["film.png"].sha256 is None, "its read is billed"
    assert tiered.state("film.png") is (NEEDED if asked and not is_old else AWAKE)


def count_egress(tiered: Tiered) -> Settings:
    services = tiered.archive.services
    counted = services.settings.tiering.model_copy(update={"count_egress": True})
    settings = services.settings.model_copy(update={"tiering": counted})
    tolls = open_tolls(services.catalog, settings)
    tiered.archive.services = replace(services, settings=settings, tolls=tolls)
    return settings


def inventory_says_archived(tiered: Tiered) -> None:
    (found,) = tiered.client.list_objects_v2(Bucket=tiered.bucket)["Contents"]
    row = {
        "bucket": tiered.bucket, "key": found["Key"], "version_id": "", "is_latest": True,
        "is_delete_marker": False, "size": found["Size"], "last_modified_date": found["LastModified"],
        "e_tag": found["ETag"].strip('"'), "storage_class": found["StorageClass"],
        "intelligent_tiering_access_tier": "DEEP_ARCHIVE_ACCESS",
    }  # fmt: skip
    tiered.client.create_bucket(Bucket=f"{tiered.bucket}-inv")
    for key, data in report_files("2026-01-03T00-00Z", "CSV", ([row],), tiered.bucket).items():
        tiered.client.put_object(Bucket=f"{tiered.bucket}-inv", Key=key, Body=data)
    services = tiered.archive.services
    told = services.settings.s3.model_copy(update={"inventories": {"films": f"s3://{tiered.bucket}-inv/inv"}})
    settings = services.settings.model_copy(update={"s3": told})
    tiered.archive.services = replace(services, open_store=lambda location: open_store(location, settings))


@pytest.mark.parametrize("budget", [None, "forecast"])
def test_its_read_is_paid_for_with_the_quote(tiered: Tiered, budget: str | None) -> None:
    settings, services = count_egress(tiered), tiered.archive.services
    tiered.put("asleep.png")
    tiered.fall_asleep("asleep.png")
    tiered.archive.index(survey=True, cold=True)
    ids = [asset.id for asset in tiered.archive.assets().values()]
    forecast = open_backfill(services.catalog, settings).forecast(ids, None)
    assert forecast.dear == ()
    with hours_pass(tiered.glacier):
        run = tiered.archive.index(cold=True, budget=None if budget is None else str(forecast.plan.cost))
    assert (run.failed, tiered.archive.letters()) == (0, {})
    assert tiered.archive.assets()["asleep.png"].sha256 is not None
    with tiered.archive.read() as reader:
        assert reader.spending.charged_to(RestoreId(run.id)) == 0


def test_a_caption_beside_what_sleeps_again_ends_the_restore_that_is_over(tiered: Tiered) -> None:
    tiered.put("film.png")
    tiered.fall_asleep("film.png")
    with hours_pass(tiered.glacier):
        tiered.archive.index(cold=True, budget="1.00")
    tiered.fall_asleep("film.png")
    tiered.client.put_object(Bucket=tiered.bucket, Key="films/film.en.srt", Body=b"1\n00:00 --> 00:01\nHi\n")
    tiered.archive.index()
    assert tiered.state("film.png") is NEEDED
    asset = tiered.archive.assets()["film.png"].id
    with tiered.archive.read() as reader:
        assert reader.restores.active_of([asset]) == {}
