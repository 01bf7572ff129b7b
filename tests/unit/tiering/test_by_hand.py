"""Commands for a person: read back by a shell's rules, for names that no shell takes as they are."""

import shlex

import pytest

from archive_tiering.fixity.by_hand import Spot, by_hand
from foundation.s3_settings import S3Endpoint

HERE = S3Endpoint(endpoint_url="https://me:secret@s3.here", profile="ours", region="eu-1")
THERE = S3Endpoint(profile="theirs")
KEY = "it's; rm -rf $HOME `x`/a b.mov"
ASIDE = "fnd_1.copy"


def spot(
    uri: str, endpoint: S3Endpoint = HERE, *, version: str = "", storage_class: str = "STANDARD"
) -> Spot:
    return Spot(uri, version, storage_class, endpoint)


def words(bad: Spot, good: Spot) -> list[list[str]]:
    return [shlex.split(command) for command in by_hand(bad, good, ASIDE)]


@pytest.mark.parametrize("scheme", ["file://", "vault:"])
def test_a_file_goes_into_the_bucket_by_its_path_and_in_the_class_of_the_bad_one(scheme: str) -> None:
    bad = spot(f"s3://bucket/{KEY}", storage_class="DEEP_ARCHIVE")
    versioning, copy, index = words(bad, spot(f"{scheme}/nas/it%27s%20%2550.mov", S3Endpoint()))
    reach = ["--endpoint-url", "https://s3.here", "--profile", "ours", "--region", "eu-1"]
    assert versioning == ["aws", "s3api", "get-bucket-versioning", "--bucket", "bucket", *reach]
    assert copy[:5] == ["aws", "s3", "cp", "/nas/it's %50.mov", f"s3://bucket/{KEY}"]
    assert copy[5:] == ["--checksum-algorithm", "SHA256", "--storage-class", "DEEP_ARCHIVE", *reach]
    assert index == ["rekindle", "index"]


def test_a_store_copies_by_itself() -> None:
    _, copy, _ = words(spot("s3://bucket/a"), spot(f"s3://other/{KEY}"))
    assert copy[:6] == ["aws", "s3", "cp", "--source-region", "eu-1", f"s3://other/{KEY}"]


@pytest.mark.parametrize(("endpoint", "version"), [(THERE, ""), (THERE, "v1"), (HERE, "v1")])
def test_between_stores_and_of_one_version_a_file_is_made_first(endpoint: S3Endpoint, version: str) -> None:
    _, fetch, copy, _ = words(spot("s3://bucket/a"), spot(f"s3://other/{KEY}", endpoint, version=version))
    assert fetch[:7] == ["aws", "s3api", "get-object", "--bucket", "other", "--key", KEY]
    assert ("--version-id" in fetch) is bool(version)
    assert fetch[fetch.index("--profile") + 1] == endpoint.profile
    assert (fetch[-1], copy[3]) == (ASIDE, ASIDE)
    assert copy[copy.index("--profile") + 1] == "ours"


def test_no_commands_where_rekindle_writes_itself() -> None:
    assert by_hand(spot("file:///nas/a"), spot("s3://bucket/a"), ASIDE) == ()
