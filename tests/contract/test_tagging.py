"""A bucket that moves objects by itself: Rekindle tags, waits, and believes what the store shows."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive_tiering.moves.mover import ATTEMPTS
from archive_tiering.writers.master_writer import BY_CLASS
from catalog.model import Move, MoveState
from foundation.ids import AssetId
from tests.contract.removal import SOURCE, Removal
from tests.contract.removals import LIFECYCLE, removal
from tests.fakes.glacier_moto import GlacierServer, found_bucket, raw_client

DATA = bytes(range(256)) * 1024
OWN = {"owner": "post"}
WANTED = OWN | {"rekindle-tier": "DEEP_ARCHIVE"}
TO_GLACIER = {"Transitions": [{"Days": 0, "StorageClass": "GLACIER"}]}


@dataclass
class Tagged:
    """One wrapped master with a tag of its owner's, in a bucket with a lifecycle rule; its move has begun."""

    archive: Removal
    server: GlacierServer
    asset: AssetId
    object: dict[str, str]
    client: Any

    def look(self) -> Move:
        """A fresh process's look at what is due."""
        self.archive.mover().run(threading.Event())
        (move,) = self.archive.moves()
        return move

    def obey(self) -> None:
        assert self.archive.rule is not None
        self.archive.rule()

    def tags(self) -> dict[str, str]:
        """As the server keeps them: unlike S3, moto tells none of an object that sleeps."""
        backend, bucket = found_bucket(self.object["Bucket"])
        return backend.tagger.get_tag_dict_for_resource(bucket.keys[self.object["Key"]].arn)

    def has_rule(self, **changed: object) -> None:
        rules = {"Rules": [LIFECYCLE | changed]}
        self.client.put_bucket_lifecycle_configuration(
            Bucket=self.object["Bucket"], LifecycleConfiguration=rules
        )

    @property
    def storage_class(self) -> str:
        """As the catalog has it."""
        return self.archive.copy_of(self.asset).essence.storage_class


@pytest.fixture
def tagged(glacier: GlacierServer, tmp_path: Path) -> Iterator[Tagged]:
    archive = removal("s3 tagged", tmp_path, glacier)
    asset = archive.add("a.mov", DATA)
    bucket, _, key = archive.copy_of(asset).essence.uri.removeprefix("s3://").partition("/")
    client = raw_client(glacier.url)
    own = [{"Key": name, "Value": value} for name, value in OWN.items()]
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": own})
    archive.wrap(asset)
    archive.begin()
    glacier.calls.clear()
    yield Tagged(archive, glacier, asset, {"Bucket": bucket, "Key": key}, client)
    archive.catalog.close()


def writes(server: GlacierServer) -> list[tuple[str, str]]:
    return [(call.method, call.query) for call in server.calls if call.method not in ("GET", "HEAD")]


def test_a_tag_is_all_that_is_ever_written(tagged: Tagged) -> None:
    move = tagged.look()
    assert (move.state, tagged.storage_class) == (MoveState.VERIFYING_COPY, "STANDARD")
    assert "has not moved" in (move.error or "")
    tagged.obey()
    tagged.archive.clock.advance(minutes=16)
    move = tagged.look()
    assert (move.state, tagged.storage_class) == (MoveState.DONE, "DEEP_ARCHIVE")
    assert [item.verified for item in move.objects] == [BY_CLASS]
    assert (tagged.tags(), tagged.archive.read("a.mov")) == (WANTED, DATA)
    assert writes(tagged.server) == [("PUT", "tagging")]


@pytest.mark.parametrize("rule", [{"Status": "Disabled"}, TO_GLACIER], ids=["disabled", "another class"])
def test_a_bucket_that_never_does_it_is_waited_for(tagged: Tagged, rule: dict[str, object]) -> None:
    tagged.has_rule(**rule)
    for _ in range(ATTEMPTS + 1):
        tagged.look()
        tagged.obey()
        tagged.archive.clock.advance(hours=12)
    move = tagged.look()
    assert (move.state, tagged.storage_class, tagged.tags()) == (MoveState.VERIFYING_COPY, "STANDARD", WANTED)
    assert move.not_before is not None
    assert move.not_before > tagged.archive.clock()
    assert writes(tagged.server) == [("PUT", "tagging"), ("PUT", "lifecycle")][::-1]


def test_looks_in_vain_are_no_failed_tries(tagged: Tagged) -> None:
    for _ in range(ATTEMPTS + 1):
        tagged.look()
        tagged.archive.clock.advance(minutes=16)
    tagged.server.faults.throttle_share = 1.0
    move = tagged.look()
    tagged.server.faults.throttle_share = 0.0
    assert (move.state, tagged.tags()) == (MoveState.VERIFYING_COPY, WANTED), move.error
    tagged.obey()
    tagged.archive.clock.advance(hours=2)
    assert tagged.look().state is MoveState.DONE


def test_work_goes_on_while_it_waits_and_the_tag_goes(tagged: Tagged) -> None:
    tagged.look()
    tagged.archive.unwrap()
    tagged.archive.clock.advance(minutes=16)
    move = tagged.look()
    assert (move.state, tagged.tags()) == (MoveState.CANCELLED, OWN)
    tagged.obey()
    assert tagged.archive.listing(SOURCE)["a.mov"].storage_class == "STANDARD"


def test_a_new_object_of_the_name_is_left_alone(tagged: Tagged) -> None:
    tagged.look()
    tagged.archive.put("a.mov", b"a new cut")
    tagged.archive.clock.advance(minutes=16)
    move = tagged.look()
    assert (move.state, "changed" in (move.error or "")) == (MoveState.FAILED, True)
    assert (tagged.tags(), tagged.archive.read("a.mov"), tagged.storage_class) == (
        {},
        b"a new cut",
        "STANDARD",
    )
