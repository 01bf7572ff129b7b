"""A bucket with hot and cold masters, from the listing to verified bytes, through the command line alone.

The server is moto over HTTP with Glacier's rules corrected; its clock is turned by the test.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from tests import material
from tests.e2e.command import QUICK, Rekindle
from tests.fakes.clock import FakeClock
from tests.fakes.glacier_moto import Faults, GlacierServer, raw_client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@contextmanager
def hours_pass(glacier: GlacierServer) -> Iterator[None]:
    """Half a day passes at the server each time a restore was asked for."""
    over = threading.Event()

    def turn() -> None:
        seen = len(glacier.restores_posted())
        while not over.wait(0.2):
            if len(glacier.restores_posted()) > seen:
                seen = len(glacier.restores_posted())
                glacier.clock.advance(hours=49)

    turning = threading.Thread(target=turn)
    turning.start()
    try:
        yield
    finally:
        over.set()
        turning.join()


def test_a_bucket_is_found_brought_in_and_restored(glacier: GlacierServer, tmp_path: Path) -> None:
    glacier.clock, glacier.faults = FakeClock(datetime.now(UTC)), Faults()
    glacier.calls.clear()
    hot = material.clip(tmp_path / "hot.mp4", 2)
    cold = material.clip(tmp_path / "cold.mov", 3, timecode="10:00:00:00")
    client, bucket = raw_client(glacier.url), f"masters-{uuid4().hex[:12]}"
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key="films/meadow.mp4", Body=hot.read_bytes())
    client.put_object(
        Bucket=bucket, Key="films/harbour.mov", Body=cold.read_bytes(), StorageClass="DEEP_ARCHIVE"
    )
    rekindle = Rekindle(
        tmp_path / "home",
        (
            *QUICK,
            ("REKINDLE_S3__ENDPOINT_URL", glacier.url),
            ("REKINDLE_S3__REGION", "us-east-1"),
            ("REKINDLE_TIERING__POLL_SECONDS", "0.5"),
        ),
        own_interpreter=True,  # index workers need the credentials of this test's environment
    )
    rekindle.json("location", "add", "masters", f"s3://{bucket}/films")

    first = rekindle.json("index", "masters")
    assert (first["done"], first["cold"], first["failed"]) == (1, 1, 0)
    assert glacier.restores_posted() == [], "nothing is spent unasked"
    sleeping = rekindle.search("harbour")[0]
    assert sleeping["master"]["storage_class"] == "DEEP_ARCHIVE"
    assert sleeping["master"]["restore"] == "needed"
    assert sleeping["master"]["eta_seconds"] > 3600
    assert sleeping["master"]["cost_usd"] >= 0
    assert sleeping["playback"]["url"] is None

    with hours_pass(glacier):
        brought = rekindle.json("index", "masters", "--cold", "--budget", "1.00")
    assert (brought["done"], brought["failed"]) == (2, 0)
    assert glacier.restores_posted() == [202]
    found = rekindle.search("harbour")[0]
    assert found["playback"]["url"]
    assert found["timecode"] == "10:00:00:00"

    # What is readable already costs nothing, and nobody asks the store again.
    quote = rekindle.json("restore", "quote", found["asset"]["id"])
    assert (quote["objects"], quote["cost"]) == (0, 0.0)
    restored = rekindle.json("restore", "request", quote["id"], "--wait")[0]
    assert restored["status"] == "verified"
    assert restored["sha256"] == hashlib.sha256(cold.read_bytes()).hexdigest()
    assert glacier.restores_posted() == [202]


def test_a_list_of_locations_tells_their_stores(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "rekindle.toml").write_text(
        "[s3.locations.wasabi]\n"
        'endpoint_url = "https://ada:hush@s3.example.org"\n'
        "count_egress = true\n"
        "[s3.locations.wasbi]\n"
        'region = "eu-central-1"\n'
    )
    rekindle = Rekindle(tmp_path / "home")
    rekindle.json("location", "add", "aws", "s3://masters/films")
    rekindle.json("location", "add", "wasabi", "s3://attic/films")
    listed = {
        item["name"]: (item["endpoint"], item["counts_egress"]) for item in rekindle.json("location", "list")
    }
    assert listed == {"aws": (None, False), "wasabi": ("https://s3.example.org", True)}
    told = rekindle.run("location", "list")
    assert "'wasbi'" in told.stderr
    assert "hush" not in told.stdout + told.stderr
